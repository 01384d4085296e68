// A small world that the tests of the road share: systems, a Suture, and the truth to compare with.
import { inconsistencies } from '../../../demo/consistent.mjs';
import { admin, must, paths, setUp, startSandbox, states, suture, writeCalls } from '../../../demo/systems.mjs';

export { admin, must, paths, states, suture, writeCalls };

/** Starts a world of `patients`; `use(w)` gets it; everything is taken down afterwards, whatever happens. */
export async function withWorld({ patients = 300, seed = 7, sandbox = [], extra = {} }, use) {
  const systems = await startSandbox(['--seed', String(seed), ...(sandbox.includes('--data') ? [] : ['--patients', String(patients)]), '--pace', '-1', ...sandbox]);
  let home;
  try {
    home = await setUp(systems, { ...extra, practice: { pace: '0', ...extra.practice } });
    const world = await admin(systems.hint, 'world');
    const before = await states(systems);
    const wrong = async (options) => inconsistencies(world, before, await states(systems), options);
    return await use({ systems, dir: home.dir, world, before, wrong });
  } finally {
    home?.remove();
    await systems.stop();
  }
}

/** For suture()'s `kill`: Ctrl-C as soon as the command's run has read something, however fast the machine is. A daemon's deltas are no such run. */
export const interruptAtWork = (dir) => async (child) => {
  const ended = new Promise((done) => child.once('exit', () => done(true)));
  const atWork = async () => (await suture(dir, ['runs', '--json'])).json?.some((run) => run.kind !== 'delta' && run.state === 'active' && run.read > 0);
  while (!(await atWork()) && !(await Promise.race([ended, new Promise((done) => setTimeout(done, 10))])));
  child.kill('SIGINT');
};

/** import until it ends by itself, then drain; for runs that faults or signals cut short. */
export async function importToTheEnd(dir, most = 30) {
  for (let n = 0; n < most; n++) {
    const result = await suture(dir, ['import', '--json', '--quiet']);
    if (result.code === 0 || result.code === 3) {
      await must(dir, ['drain', '--quiet']);
      return result;
    }
    if (result.code !== 1) throw new Error(`import ended with ${result.code}: ${result.stderr}`);
  }
  throw new Error(`the import did not come to an end in ${most} calls`);
}

/** Does a text hold what a terminal obeys, such as an escape sequence or a carriage return? */
export const hasControls = (text) => [...text].some((c) => (c < ' ' || c === '\u007f') && c !== '\n');

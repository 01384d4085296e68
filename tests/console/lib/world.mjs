// A world to look at: stand-in systems, a daemon, people who may sign in. Taken down afterwards, whatever happens.
import { must, setUp, setUpBare, startSandbox } from '../../../demo/systems.mjs';
import { lastingPort } from '../../node/live/live.mjs';
import { eventually, isReady, secret, serve } from '../../node/serve/daemon.mjs';

export const password = 'a rather long password of the tests';
/** One of each role; they sign in by the name of the role. */
export const roles = ['admin', 'operator', 'viewer', 'auditor'];

export async function addPeople(dir, names) {
  await Promise.all(names.map((role) => must(dir, ['account', 'add', role, '--role', role, '--display', `Test ${role}`, '--stdin'], { input: `${password}\n` })));
}

/**
 * use({ systems, dir, daemon, url }): a daemon between two systems with `patients` people; `imported`: after a first import; `bare`: nothing is configured yet. `people`: who has an account.
 * `extra`: settings of the demo's configuration (demo/systems.mjs).
 */
export async function startWorld({ patients = 20, imported = false, bare = false, people = roles, args = [], extra = {} } = {}) {
  const systems = await startSandbox(['--seed', '7', '--patients', String(patients), '--pace', '-1']);
  let home;
  let daemon;
  const stop = async () => {
    await daemon?.stop('SIGKILL');
    home?.remove();
    await systems.stop();
  };
  try {
    home = bare ? await setUpBare() : await setUp(systems, { ...extra, practice: { pace: '0', webhook_secret: secret, ...extra.practice } });
    if (imported) await must(home.dir, ['import', '--quiet']);
    await addPeople(home.dir, people);
    daemon = await serve(home.dir, ['--listen', `127.0.0.1:${await lastingPort()}`, ...args]);
    await eventually(() => isReady(daemon), 'readiness');
  } catch (error) {
    await stop();
    throw error;
  }
  const world = {
    systems,
    dir: home.dir,
    daemon,
    url: daemon.address,
    stop,
    /** The daemon ends and comes back at the same address. */
    async restart() {
      await world.daemon.stop();
      await world.comeBack();
    },
    async comeBack() {
      daemon = await serve(home.dir, ['--listen', new URL(world.url).host, ...args]);
      world.daemon = daemon;
      await eventually(() => isReady(daemon), 'readiness');
    },
  };
  return world;
}

// bench/start: from the start of the process to serving (the address is printed then, and a request is answered), with an empty store and with one of many links
// (--links); what the daemon holds in memory by then; how long the command line takes for a question. Beside it: the jsforce webhook receiver,
// which keeps nothing, and a process that does nothing at all. Goal: 100 ms.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { table, whole, withLinks } from './import_lib.mjs';

const { paths, secrets } = await import('../demo/systems.mjs');

const { values } = parseArgs({ options: { links: { type: 'string', default: '50000' }, rounds: { type: 'string', default: '9' } } });
const rounds = Number(values.rounds);

const residentMb = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

/* Milliseconds until `address` finds one in the first line and it answers; then the process is ended. */
async function serving(command, env, address) {
  const started = process.hrtime.bigint();
  const child = spawn(command[0], command.slice(1), { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((done) => child.once('close', done));
  try {
    const line = await new Promise((done, fail) => {
      createInterface({ input: child.stdout }).once('line', done);
      child.once('error', fail).once('close', (code) => fail(new Error(`${command[0]} ended with ${code}`)));
    });
    const printed = Number(process.hrtime.bigint() - started) / 1e6;
    await (await fetch(address(line), { method: 'HEAD' })).arrayBuffer();
    return { ms: printed, answered_ms: Number(process.hrtime.bigint() - started) / 1e6, mb: residentMb(child.pid) };
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

async function best(run) {
  const ret = await run();
  for (let i = 1; i < rounds; i++) {
    const next = await run();
    for (const key of ['ms', 'answered_ms']) if (next[key]) ret[key] = Math.min(ret[key], next[key]);
    if (next.mb) ret.mb = Math.max(ret.mb, next.mb);
  }
  return ret;
}

/* A process from its start to its end. */
async function ranThrough(command, env = {}) {
  const started = process.hrtime.bigint();
  const child = spawn(command[0], command.slice(1), { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit'] });
  const code = await new Promise((done, fail) => child.once('error', fail).once('close', done));
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}`);
  return { ms: Number(process.hrtime.bigint() - started) / 1e6 };
}

const suture = (dir) => best(() => serving([paths.suture, 'serve', '--json', '--listen', '127.0.0.1:0', '--no-stream'], { SUTURE_DIR: dir }, (line) => `${JSON.parse(line).address}/ready`));
const question = (dir) => best(() => ranThrough([paths.suture, 'links', '--limit', '1'], { SUTURE_DIR: dir }));
const receiver = new URL('webhook_jsforce.mjs', import.meta.url).pathname;

const measure = async (systems, dir) => ({ serve: await suture(dir), question: await question(dir) });
let script;
let nothing;
const { small, large, links } = await withLinks(Number(values.links), {
  before: measure,
  use: async (systems, dir) => {
    script = await best(() => serving([process.execPath, receiver, systems.salesforce, secrets.webhook], {}, (line) => line));
    nothing = await best(() => ranThrough(['/bin/true']));
    return measure(systems, dir);
  },
});

const goal = 100;
const row = (what, r) => [what, r.ms.toFixed(1), r.answered_ms?.toFixed(1) ?? '', r.mb?.toFixed(0) ?? '', r.answered_ms ? (r.ms / script.ms).toFixed(2) : '', (r.ms / nothing.ms).toFixed(1)];
console.log(table([
  ['', 'ms', 'answered, ms', 'resident MB', 'of the script', 'of a process alone'],
  row(`serve, ${whole(976)} links`, small.serve),
  row(`serve, ${whole(links)} links`, large.serve),
  row('jsforce receiver', script),
  row(`\`suture links\`, ${whole(976)} links`, small.question),
  row(`\`suture links\`, ${whole(links)} links`, large.question),
  row('a process that does nothing', nothing),
]));
console.log(`\nThe best of ${rounds}, memory the most. serve: until it says its address; answered: until /ready was. Goal: ${goal} ms.`);

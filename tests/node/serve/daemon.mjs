// A Suture that serves, between two stand-in systems; taken down afterwards, whatever happens.
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { eventually } from '../live/live.mjs';
import { admin, apiKey, must, paths, setUp, startSandbox } from '../../../demo/systems.mjs';

export { eventually };
export const secret = 'hint-webhook-secret';

/** Starts `suture serve` on a free port; resolves once it says where it is. `log` grows line by line. */
export async function serve(dir, args = [], env = {}) {
  const began = performance.now();
  const child = spawn(paths.suture, ['serve', '--listen', '127.0.0.1:0', '--json', ...args], {
    env: { ...process.env, SUTURE_DIR: dir, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = [];
  createInterface({ input: child.stderr }).on('line', (line) => log.push(line));
  const ended = new Promise((done) => child.once('close', (code, signal) => done({ code, signal, log })));
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([
    once(lines, 'line').then(([line]) => line),
    ended.then(({ code }) => {
      throw new Error(`suture serve ended with ${code}: ${log.join(' ')}`);
    }),
  ]);
  const tookMs = performance.now() - began;
  const said = JSON.parse(first);
  if (said.error) throw new Error(said.error.text);
  return {
    ...said,
    tookMs,
    log,
    pid: child.pid,
    ended,
    get: (path, headers = {}) => fetch(said.address + path, { headers }),
    signal: (name) => child.kill(name),
    async stop(name = 'SIGTERM') {
      child.kill(name);
      return ended;
    },
  };
}

export const isReady = async (daemon) => (await daemon.get('/ready')).status === 200;

/**
 * A small world with its daemon, ready: use({ systems, dir, daemon }). `imported`: after a first import, without which nothing new is matched, since
 * it is not known who is there (R8).
 */
export async function withDaemon({ patients = 20, imported = false, args = [], practice = {} }, use) {
  const systems = await startSandbox(['--seed', '7', '--patients', String(patients), '--pace', '-1']);
  let home;
  let daemon;
  try {
    home = await setUp(systems, { practice: { pace: '0', webhook_secret: secret, ...practice } });
    if (imported) await must(home.dir, ['import', '--quiet']);
    daemon = await serve(home.dir, args);
    await eventually(() => isReady(daemon), 'readiness');
    return await use({ systems, dir: home.dir, daemon });
  } finally {
    await daemon?.stop('SIGKILL');
    home?.remove();
    await systems.stop();
  }
}

export const signed = (body, key = secret) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', 'x-hint-signature': `sha256=${createHmac('sha256', key).update(body).digest('hex')}` },
  body,
});

let events = 0;
/** What Hint would send about this patient. */
export function event(patient, type = 'patient.updated', practice = patient.practice_id ?? 'pra-1') {
  events += 1;
  return JSON.stringify({ id: `evt-${events}`, type, practice_id: practice, created_at: new Date().toISOString(), object: patient });
}

/** A person at the practice makes a patient; the whole record. */
export async function makePatient(systems, fields) {
  const { id } = await admin(systems.hint, 'create', { object: 'patient', fields });
  const answer = await fetch(`${systems.hint}/api/provider/patients/${id}`, { headers: { authorization: `Bearer ${apiKey}` } });
  return answer.json();
}

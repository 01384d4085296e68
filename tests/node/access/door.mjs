// What stands at the door: single requests with exactly the headers that a test says, and nothing remembered.
import { after, before } from 'node:test';
import { spawn } from 'node:child_process';
import { paths, setUp, startSandbox } from '../../../demo/systems.mjs';
import { serve } from '../serve/daemon.mjs';
import { password } from '../api/lib.mjs';

/** One request; `said` is the body of the answer, as JSON where it is some. */
export async function knock(address, method, path, { body, headers = {} } = {}) {
  const answer = await fetch(`${address}${path.startsWith('/api') ? path : `/api/v1${path}`}`, {
    method,
    redirect: 'manual',
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  const cookies = answer.headers.getSetCookie();
  return {
    status: answer.status,
    headers: answer.headers,
    setCookie: cookies[0] ?? '',
    cookie: cookies[0]?.split(';')[0] ?? '',
    said: answer.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text,
  };
}

/** A session: its cookie, its token against forgery, and the headers of a well-behaved browser. */
export async function signIn(address, name, { secret = password, headers } = {}) {
  const answer = await knock(address, 'POST', '/session', { body: { name, password: secret }, headers });
  return { ...answer, csrf: answer.said.csrf, headers: { cookie: answer.cookie, 'x-csrf-token': answer.said.csrf ?? '' } };
}

/** `suture ...` with --json: the object that it prints. */
export function suture(dir, args, input = '') {
  const child = spawn(paths.suture, [...args, '--json'], { env: { ...process.env, SUTURE_DIR: dir }, stdio: ['pipe', 'pipe', 'pipe'] });
  let out = '';
  let complaint = '';
  child.stdout.on('data', (bytes) => (out += bytes));
  child.stderr.on('data', (bytes) => (complaint += bytes));
  child.stdin.on('error', () => {}); /* it ended before it read what it does not need */
  child.stdin.end(input);
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (code) => (code === 0 ? done(JSON.parse(out)) : fail(new Error(`suture ${args.join(' ')}: ${out}${complaint}`))));
  });
}

/** A daemon for all tests of a file: { address, dir, setup_code }, filled before the first of them. */
export function withDoor(people = [], args = []) {
  const door = {};
  let systems;
  let home;
  let daemon;
  before(async () => {
    systems = await startSandbox(['--seed', '7', '--patients', '2', '--pace', '-1']);
    home = await setUp(systems, { practice: { pace: '0' } });
    for (const [name, role] of people) await suture(home.dir, ['account', 'add', name, '--role', role, '--stdin'], `${password}\n`);
    daemon = await serve(home.dir, args);
    Object.assign(door, { address: daemon.address, dir: home.dir, setup_code: daemon.setup_code, daemon });
  });
  after(async () => {
    await daemon?.stop('SIGKILL');
    home?.remove();
    await systems?.stop();
  });
  return door;
}

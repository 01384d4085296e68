// A stand-in NikoHealth for one test file, and the ways to talk to it.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../live/live.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const program = process.env.SUTURE_SANDBOX ?? join(root, 'build/sandbox/suture-sandbox');
const basic = (id, secret) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;

async function exchange(url, method, headers, body) {
  const answer = await fetch(url, { method, headers, body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body) });
  const text = await answer.text();
  let json;
  try {
    json = text ? JSON.parse(text) : undefined;
  } catch {
    json = undefined;
  }
  return { status: answer.status, headers: answer.headers, text, json };
}

/** Starts systems with these arguments; resolves to { urls, stop() }. */
export async function startSystems(...args) {
  const child = spawn(program, ['--salesforce-port', '-1', '--hint-port', '-1', '--with-parent', ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const first = await new Promise((done, fail) => {
    createInterface({ input: child.stdout }).once('line', done);
    child.once('error', fail);
    child.once('exit', (code) => fail(new Error(`suture-sandbox ended with ${code}`)));
  });
  const ended = new Promise((done) => child.once('exit', done));
  return {
    urls: JSON.parse(first),
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

/** Starts a company. Stop it in `after`. `api` asks for a token by itself, once. */
export async function startCompany(...args) {
  const systems = await startSystems('--nikohealth-port', '0', ...args);
  const base = systems.urls.nikohealth;
  const json = { 'content-type': 'application/json' };
  const company = {
    base,
    stop: systems.stop,
    /** The answer of the token route. */
    askToken: (form = 'grant_type=client_credentials&scope=external', headers = { authorization: basic('niko-client', 'niko-secret') }) =>
      exchange(`${base}/api/identity/connect/token`, 'POST', { 'content-type': 'application/x-www-form-urlencoded', ...headers }, form),
    token: async () => (company.kept ??= (await company.askToken()).json.access_token),
    async api(method, path, body, headers = {}) {
      return exchange(`${base}/api/external/v1${path}`, method, { authorization: `Bearer ${await company.token()}`, ...json, ...headers }, body);
    },
    admin: (method, path, body) => exchange(`${base}/__admin/${path}`, method, json, body),
    async set(settings) {
      const answer = await company.admin('POST', 'settings', settings);
      if (answer.status !== 200) throw new Error(answer.text);
    },
    /** A new patient through the API; resolves to the full model. */
    async create(changes = {}) {
      const answer = await company.api('POST', '/patients', body(changes));
      if (answer.status !== 201) throw new Error(`create: ${answer.status} ${answer.text}`);
      return answer.json;
    },
    settle: () => eventually(async () => (await company.admin('GET', 'settings')).json.hooks_waiting === 0, 'every webhook is delivered'),
  };
  return company;
}

/** The smallest body that is accepted, with more laid over it. */
export const body = (changes = {}) => ({
  General: { Name: { FirstName: 'Ada', LastName: 'Test' }, DateOfBirth: '1958-09-04', Gender: 'Female' },
  LocationId: '12',
  ...changes,
});

/** What a careful client sends back: everything that was read, with Id and DisplayId dropped and Location turned into its id. */
export function whole({ Id: _id, DisplayId: _number, Location, ...rest }) {
  return { ...structuredClone(rest), LocationId: Location.Id };
}

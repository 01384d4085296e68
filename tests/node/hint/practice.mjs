// A stand-in practice for one test file, and the ways to talk to it.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const program = process.env.SUTURE_SANDBOX ?? join(root, 'build/sandbox/suture-sandbox');

export const practiceKey = 'hint-practice-key';
export const partnerKey = 'hint-partner-key';
export const secret = 'hint-webhook-secret';

async function call(base, key, method, path, body, headers = {}) {
  const answer = await fetch(base + path, {
    method,
    headers: { ...(key ? { authorization: `Bearer ${key}` } : {}), 'content-type': 'application/json', ...headers },
    body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
  });
  const bytes = Buffer.from(await answer.arrayBuffer());
  const text = bytes.toString('utf8');
  let json;
  try {
    json = text ? JSON.parse(text) : undefined;
  } catch {
    json = undefined;
  }
  return { status: answer.status, headers: answer.headers, text, bytes, json };
}

/** Starts a practice without a limit of pace (pass `--pace N` for one). Stop it in `after`. */
export async function startPractice(...args) {
  const pace = args.includes('--pace') ? [] : ['--pace', '-1'];
  const child = spawn(program, ['--salesforce-port', '-1', '--with-parent', ...pace, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const first = await new Promise((done, fail) => {
    createInterface({ input: child.stdout }).once('line', done);
    child.once('error', fail);
    child.once('exit', (code) => fail(new Error(`suture-sandbox ended with ${code}`)));
  });
  const base = JSON.parse(first).hint;
  const ended = new Promise((done) => child.once('exit', done));
  return {
    base,
    call: (key, method, path, body, headers) => call(base, key, method, path, body, headers),
    api: (method, path, body) => call(base, practiceKey, method, `/api/provider${path}`, body),
    partner: (method, path, body) => call(base, partnerKey, method, `/api${path}`, body),
    admin: (method, path, body) => call(base, null, method, `/__admin/${path}`, body),
    async create(fields) {
      const answer = await call(base, practiceKey, 'POST', '/api/provider/patients', { first_name: 'Ada', last_name: 'Test', ...fields });
      if (answer.status !== 200) throw new Error(`create: ${answer.status} ${answer.text}`);
      return answer.json;
    },
    async stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

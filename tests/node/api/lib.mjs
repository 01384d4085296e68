// A daemon with accounts of every role, and clients that speak its API as the console does. Answers are held against the description that the daemon serves.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { paths } from '../../../demo/systems.mjs';
import { withDaemon } from '../serve/daemon.mjs';

export const password = 'correct horse battery staple';
export const roles = ['admin', 'operator', 'viewer', 'auditor'];

/** Makes an account by the command line; its name is that of its role unless another is given. */
export function addAccount(dir, role, name = role) {
  const child = spawn(paths.suture, ['account', 'add', name, '--role', role, '--stdin'], {
    env: { ...process.env, SUTURE_DIR: dir },
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (bytes) => (stderr += bytes));
  child.stdin.on('error', () => {}); /* what it says of why it ended is told below */
  child.stdin.end(`${password}\n`);
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (code) => (code === 0 ? done() : fail(new Error(`suture account add: ${stderr.trim()}`))));
  });
}

/** "/runs/{run}" of the description that a path without its query belongs to; literal segments go before names. */
function templateOf(description, method, path) {
  const asked = path.split('?')[0].split('/');
  const fits = (template) => {
    const parts = template.split('/');
    return parts.length === asked.length && parts.every((part, i) => part.startsWith('{') || part === asked[i]);
  };
  const found = Object.keys(description.paths).filter((template) => description.paths[template][method] && fits(template));
  found.sort((a, b) => (a.match(/\{/g) ?? []).length - (b.match(/\{/g) ?? []).length);
  return found[0];
}

/** Says what is wrong with an answer; it is held against the schema that the description has for it. */
function validator(description) {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats(ajv);
  ajv.addSchema({ $id: 'suture', ...description });
  const compiled = new Map();
  return (method, path, status, body) => {
    const template = templateOf(description, method, path);
    assert.ok(template, `${method} ${path} is not described`);
    const pointer = (text) => text.replaceAll('~', '~0').replaceAll('/', '~1');
    const responses = description.paths[template][method].responses;
    const key = responses[status] ? String(status) : 'default';
    assert.ok(responses[key], `${method} ${template} does not say that it answers ${status}`);
    const response = responses[key].$ref ? description.components.responses[responses[key].$ref.split('/').at(-1)] : responses[key];
    if (!response.content?.['application/json']) return;
    const where = responses[key].$ref ? `/components/responses/${pointer(responses[key].$ref.split('/').at(-1))}` : `/paths/${pointer(template)}/${method}/responses/${key}`;
    const ref = `suture#${encodeURI(where)}/content/application~1json/schema`;
    if (!compiled.has(ref)) compiled.set(ref, ajv.compile({ $ref: ref }));
    const check = compiled.get(ref);
    assert.ok(check(body), `${method} ${path}: ${ajv.errorsText(check.errors)}`);
  };
}

/** Speaks the API: get, post, put, patch, del resolve to { status, body, headers }. `ok` variants are in `must`. */
export class Client {
  #cookie = '';
  #csrf = '';

  constructor(address, validate) {
    this.address = address;
    this.validate = validate;
  }

  async call(method, path, body, headers = {}) {
    const json = body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array);
    const answer = await fetch(`${this.address}/api/v1${path}`, {
      method,
      headers: {
        ...(this.#cookie && { cookie: this.#cookie }),
        ...(this.#csrf && { 'x-csrf-token': this.#csrf }),
        ...(json && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: json ? JSON.stringify(body) : body,
    });
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.includes('json');
    const parsed = isJson ? JSON.parse(text) : text;
    if (isJson) this.validate?.(method.toLowerCase(), path, answer.status, parsed);
    this.#remember(answer, parsed);
    return { status: answer.status, body: parsed, headers: answer.headers };
  }

  /** An answer whose body is read as it comes. */
  stream(path, signal) {
    return fetch(`${this.address}/api/v1${path}`, { headers: { cookie: this.#cookie }, signal });
  }

  #remember(answer, body) {
    const [cookie] = (answer.headers.get('set-cookie') ?? '').split(';');
    if (cookie) this.#cookie = cookie;
    if (body?.csrf) this.#csrf = body.csrf;
  }

  get = (path) => this.call('GET', path);
  post = (path, body) => this.call('POST', path, body ?? {});
  put = (path, body) => this.call('PUT', path, body ?? {});
  patch = (path, body) => this.call('PATCH', path, body ?? {});
  del = (path, body) => this.call('DELETE', path, body);

  /** The body, or an Error with what was said. */
  async must(method, path, body) {
    const answer = await this[method](path, body);
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }
}

export async function signIn(daemon, name, validate) {
  const client = new Client(daemon.address, validate);
  await client.must('post', '/session', { name, password });
  return client;
}

/** Holds answers against what this daemon says of itself. */
export async function describedBy(daemon) {
  return validator(await (await fetch(`${daemon.address}/api/v1/openapi.json`)).json());
}

/** withDaemon, and a signed-in client of each role that is asked for: use({ systems, dir, daemon, admin, viewer, ... }). */
export async function withApi({ as = ['admin'], ...options }, use) {
  await withDaemon(options, async (world) => {
    const validate = await describedBy(world.daemon);
    const clients = {};
    for (const role of as) {
      await addAccount(world.dir, role);
      clients[role] = await signIn(world.daemon, role, validate);
    }
    return use({ ...world, ...clients });
  });
}

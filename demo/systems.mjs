// Starts the stand-in systems and runs the suture program against them. Used by the demo and by the node tests.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
export const paths = {
  root,
  sandbox: process.env.SUTURE_SANDBOX ?? join(root, 'build/sandbox/suture-sandbox'),
  suture: process.env.SUTURE ?? join(root, 'build/src/app/suture'),
};
export const apiKey = 'practice-key-of-the-demo';
/** What Hint signs its webhooks with, and the package in the org its calls. */
export const secrets = { webhook: 'hint-webhook-secret', button: 'secret-of-the-package' };
const partnerKey = 'hint-partner-key';

/** What runs and what was made by us, so that an interrupted story can end it all. */
const running = new Set();
const homes = new Set();

function started(child) {
  running.add(child);
  child.once('close', () => running.delete(child));
  child.once('error', () => running.delete(child));
  return child;
}

/** Ends every process that we started (an import stops after the chunk in hand), then removes every folder that we made. */
export async function endEverything(patienceMs = 3000) {
  const children = [...running];
  const closed = Promise.all(children.map((child) => new Promise((done) => child.once('close', done))));
  for (const child of children) child.kill('SIGTERM');
  const late = setTimeout(() => children.forEach((child) => child.kill('SIGKILL')), patienceMs);
  await closed;
  clearTimeout(late);
  for (const home of homes) rmSync(home, { recursive: true, force: true });
  homes.clear();
}

/** Starts suture-sandbox; resolves to { hint, salesforce, stop() } once both answer. */
export async function startSandbox(args = []) {
  const child = started(spawn(paths.sandbox, ['--with-parent', '--api-key', apiKey, ...args], { stdio: ['pipe', 'pipe', 'inherit'] }));
  const lines = createInterface({ input: child.stdout });
  const first = await new Promise((done, fail) => {
    lines.once('line', done);
    child.once('exit', (code) => fail(new Error(`suture-sandbox ended with ${code} before it was ready`)));
    child.once('error', fail);
  });
  const { hint, salesforce } = JSON.parse(first);
  const integrations = hint && (await fetch(`${hint}/api/integrations`, { headers: { authorization: `Bearer ${partnerKey}` } }));
  const integration = integrations && (await integrations.json())[0].id;
  const ended = new Promise((done) => child.once('exit', done));
  const stop = async () => {
    child.stdin.end();
    child.kill('SIGTERM');
    await ended;
  };
  return { hint, salesforce, integration, stop, pid: child.pid };
}

/** GET or POST an admin route of a stand-in system. */
export async function admin(base, path, body, method = body === undefined ? 'GET' : 'POST') {
  const answer = await fetch(`${base}/__admin/${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 200)}`);
  return text ? JSON.parse(text) : null;
}

/** The Contacts of the org and the patients of the practice, as they are now. */
export async function states(systems) {
  const [salesforce, hint] = await Promise.all([admin(systems.salesforce, 'state'), admin(systems.hint, 'state')]);
  return { contacts: salesforce.Contact, accounts: salesforce.Account, patients: Array.isArray(hint) ? hint : hint.patients };
}

/**
 * Runs suture; resolves to { code, stdout, stderr, json }. `show` lets people see it on our stderr as it comes: 'all' of it, or 'progress' (and
 * errors); what is shown is not in the answer. `kill` gets the process, to end it. `input` is what it reads.
 */
export function suture(dir, args, { show, kill, input, env = {} } = {}) {
  const stdio = [input === undefined ? 'ignore' : 'pipe', show === 'all' ? 2 : 'pipe', show ? 2 : 'pipe'];
  const child = started(spawn(paths.suture, [...args], { env: { ...process.env, SUTURE_DIR: dir, ...env }, stdio }));
  child.stdin?.on('error', () => {}); /* it may end before it has read what it does not need */
  child.stdin?.end(input);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (bytes) => (stdout += bytes));
  child.stderr?.on('data', (bytes) => (stderr += bytes));
  kill?.(child);
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (code, signal) => {
      let json;
      try {
        json = JSON.parse(stdout);
      } catch {
        json = undefined;
      }
      done({ code, signal, stdout, stderr, json });
    });
  });
}

/** suture, or an Error with what it said. Exit code 3 (some records failed) is no error here. */
export async function must(dir, args, options) {
  const result = await suture(dir, args, options);
  if (result.code !== 0 && result.code !== 3) throw new Error(`suture ${args.join(' ')}: ${(result.stderr || result.stdout).trim() || `ended with ${result.code ?? result.signal}`}`);
  return result;
}

export function configuration(systems, extra = {}) {
  return {
    connections: {
      practice: {
        kind: 'hint',
        url: `${systems.hint}/api`,
        token: { file: 'hint.token' },
        partner_key: partnerKey,
        integration: systems.integration,
        webhook_secret: secrets.webhook,
        ...extra.practice,
      },
      org: {
        kind: 'salesforce',
        login_url: systems.salesforce,
        auth: 'client_credentials',
        client_id: 'suture-client',
        client_secret: { file: 'salesforce.secret' },
        hook_secret: secrets.button,
        ...extra.org,
      },
    },
    integration: { name: 'practice-org', emr: 'practice', crm: 'org', default_account: 'Hint Patients' },
    syncs: {
      patients: {
        emr_object: 'patient',
        crm_object: 'Contact',
        mapping: 'hint-contact',
        create: true,
        back_reference: true,
        crm_id_field: 'Hint_Patient_Id__c',
        crm_synced_field: 'Synced_to_Hint__c',
        crm_last_sync_field: 'Last_Hint_Sync__c',
        crm_run_field: 'Last_Batch_Sync_Id__c',
        crm_parent_field: 'AccountId',
        ...extra.patients,
      },
    },
  };
}

/** The url of a schema of the server that SUTURE_TEST_STORE names; undefined where it names none. */
export function serverStore(schema) {
  const server = process.env.SUTURE_TEST_STORE;
  return server && `${server}${server.includes('?') ? '&' : '?'}schema=${schema}`;
}

/** On a server, a schema for each folder. */
function ownStore(name) {
  const url = serverStore(`${name.toLowerCase().replace(/[^a-z0-9]/g, '_')}_${randomBytes(4).toString('hex')}`);
  return url ? ['--store', url] : [];
}

/** A fresh Suture folder in which nothing is configured. */
export async function setUpBare(env = {}) {
  const home = mkdtempSync(join(tmpdir(), 'suture-'));
  homes.add(home);
  const dir = join(home, 'suture');
  await must(dir, ['init', dir, ...ownStore(basename(home))], { env });
  const remove = () => {
    homes.delete(home);
    rmSync(home, { recursive: true, force: true });
  };
  return { dir, remove };
}

/** The same, configured for these systems. */
export async function setUp(systems, extra) {
  const { dir, remove } = await setUpBare();
  writeFileSync(join(dir, 'hint.token'), `${apiKey}\n`, { mode: 0o600 });
  writeFileSync(join(dir, 'salesforce.secret'), 'suture-secret\n', { mode: 0o600 });
  writeFileSync(join(dir, 'suture.yaml'), JSON.stringify(configuration(systems, extra), null, 2));
  await must(dir, ['apply', join(dir, 'suture.yaml'), '--why', 'first set-up']);
  return { dir, remove };
}

/** Calls that change something at a stand-in system. */
export async function writeCalls(base) {
  const counters = await admin(base, 'counters');
  const routes = Array.isArray(counters.routes) ? counters.routes : Object.entries(counters.routes).map(([route, row]) => ({ route, ...row }));
  return routes
    .filter((row) => !/token|oauth|cometd|webhook_endpoints|matching|revoke|composite\/sobjects\/[^/]*$|search/i.test(row.route) && /^(POST|PATCH|PUT|DELETE) /.test(row.route))
    .reduce((sum, row) => sum + (row.calls ?? row.count ?? 0), 0);
}

/**
 * `suture serve` on a free port; resolves once it serves. hooks: addresses by connection. log(): what it said so far. stop(): gracefully, to its
 * exit code; kill(): as a power cut. `listen`: another address, to come back where one was before.
 */
export async function startDaemon(dir, { args = [], listen = '127.0.0.1:0', env = {}, show = false } = {}) {
  const child = started(spawn(paths.suture, ['serve', '--json', '--listen', listen, ...args], { env: { ...process.env, SUTURE_DIR: dir, ...env }, stdio: ['ignore', 'pipe', 'pipe'] }));
  const ended = new Promise((done) => child.once('close', (code, signal) => done(code ?? signal)));
  let log = '';
  child.stderr.on('data', (bytes) => {
    log += bytes;
    if (show) process.stderr.write(bytes);
  });
  const first = await new Promise((done, fail) => {
    createInterface({ input: child.stdout }).once('line', done);
    child.once('error', fail);
    ended.then((code) => fail(new Error(`suture serve ended with ${code} before it served: ${log.trim()}`)));
  });
  const { address, webhooks } = JSON.parse(first);
  if (!address) throw new Error(`suture serve: ${first}`);
  const end = (signal) => () => (child.kill(signal), ended);
  return { url: address, hooks: webhooks, pid: child.pid, ended, log: () => log, stop: end('SIGTERM'), kill: end('SIGKILL') };
}

/** Asks until /ready says that every sync is at work and its streams are connected. */
export async function untilReady(daemon, ms = 60_000) {
  const until = Date.now() + ms;
  for (;;) {
    const answer = await fetch(`${daemon.url}/ready`).catch(() => null);
    if (answer?.ok) return;
    if (Date.now() > until) throw new Error(`the daemon is not ready: ${answer ? await answer.text() : 'no answer'}`);
    await new Promise((done) => setTimeout(done, 25));
  }
}

/** Both far systems learn where the daemon listens: Hint by a call of ours, the package by its settings. */
export async function connectHooks(systems, dir, daemon) {
  await must(dir, ['webhooks', 'practice', 'register', '--url', daemon.url]);
  await admin(systems.salesforce, 'settings', { button_url: daemon.hooks.org, button_secret: secrets.button });
}

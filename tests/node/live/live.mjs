// What the tests of the daemon share: both systems after an import, a daemon between them, people who edit, and questions about what came of it.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { admin, connectHooks, must, secrets, setUp, startDaemon, startSandbox, states, suture, untilReady, writeCalls } from '../../../demo/systems.mjs';

export { admin, connectHooks, must, secrets, sleep, startDaemon, states, suture, untilReady, writeCalls };

/** Quick far sides: what fails is tried again at once, a delta leaves out only the second that is not over. */
const hasty = {
  practice: { pace: '0', backoff_ms: '20' },
  org: { backoff_ms: '20' },
  patients: { delta_lag_s: 0 },
};
const merged = (extra = {}) => Object.fromEntries(Object.keys(hasty).map((key) => [key, { ...hasty[key], ...extra[key] }]));

/** Asks until `look` gives something true (or stops throwing); the answer. */
export async function eventually(look, what, ms = 60_000) {
  const until = Date.now() + ms;
  let last;
  for (;;) {
    try {
      last = await look();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    if (Date.now() > until) throw new Error(`in ${ms} ms it did not come about: ${what}${last instanceof Error ? ` (${last.message})` : ''}`);
    await sleep(20);
  }
}

/**
 * A port for who goes away and comes back to it: nobody is given it meanwhile, since the kernel hands out others (from 32768 on; ip_local_port_range).
 */
export async function lastingPort() {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const probe = createServer();
    const free = await new Promise((done) => {
      probe.once('error', () => done(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => done(true)));
    });
    if (free) return port;
  }
}

/** What a daemon has still to do, by its own figures, or has not asked for yet since the org told it something; 0 where none runs. */
export async function undone(systems, url) {
  const text = await fetch(`${url}/metrics`).then((answer) => answer.text(), () => '');
  const { clients } = await admin(systems.salesforce, 'cometd');
  if (/^suture_sync_streaming\{.*\} 1$/m.test(text) && !clients.some(({ held, waiting }) => held && waiting === 0)) return 1;
  return [...text.matchAll(/^suture_sync_(?:waiting|to_read|owed|running)\{.*\} (\d+)$/gm)].reduce((sum, [, value]) => sum + Number(value), 0);
}

/** How often the practice was asked for a list of its patients; each delta does. */
export const listed = async (systems) => (await admin(systems.hint, 'counters')).routes['GET /api/provider/patients']?.calls ?? 0;

/** Until the deltas were made with which a daemon begins: at once, and two seconds later for what was too young (live_stream.c). `before`: listed() before it began. */
export async function firstDeltas(systems, before) {
  await sleep(2100);
  await eventually(async () => (await listed(systems)) >= before + 2, 'the deltas with which a daemon begins', 60_000);
}

/** Pairs as the records themselves say: [{ patient, contact }] with records of now. */
export async function pairsOf(systems) {
  const { patients, contacts } = await states(systems);
  const byId = new Map(patients.map((p) => [p.id, p]));
  return contacts.filter((c) => !c.IsDeleted && byId.has(c.Hint_Patient_Id__c)).map((contact) => ({ contact, patient: byId.get(contact.Hint_Patient_Id__c) }));
}

/**
 * use(w): both systems, imported, with a daemon between them that hears of everything unless `hooks` is false. `extra`: settings, as for setUp; `org`
 * and `practice`: settings of the stand-ins. Everything is taken down afterwards; what the daemon said is shown when a test fails.
 */
export async function withLive({ patients = 40, seed = 7, sandbox = [], extra, org, practice, hooks = true, args = [], begin = true } = {}, use) {
  const systems = await startSandbox(['--seed', String(seed), '--patients', String(patients), '--pace', '-1', ...sandbox]);
  const w = new Live(systems);
  try {
    await admin(systems.hint, 'settings', { retry_ms: 100, ...practice });
    if (org) await admin(systems.salesforce, 'settings', org);
    w.home = await setUp(systems, merged(extra));
    w.dir = w.home.dir;
    await must(w.dir, ['import', '--json', '--quiet']);
    await must(w.dir, ['drain', '--quiet']);
    if (begin) await w.begin({ hooks, args });
    return await use(w);
  } catch (error) {
    if (w.dir) error.message += `\n--- payloads that failed:\n${(await suture(w.dir, ['staged', '--failed'])).stdout}`;
    if (w.daemon) error.message += `\n--- the daemon said:\n${w.daemon.log().split('\n').slice(-30).join('\n')}`;
    throw error;
  } finally {
    await w.daemon?.kill();
    w.home?.remove();
    await systems.stop();
  }
}

class Live {
  constructor(systems) {
    this.systems = systems;
  }

  async begin({ hooks = true, args = [] } = {}) {
    this.listedBefore = await listed(this.systems);
    this.daemon = await startDaemon(this.dir, { args, listen: `127.0.0.1:${await lastingPort()}` });
    await untilReady(this.daemon);
    if (hooks) await connectHooks(this.systems, this.dir, this.daemon);
    return this.daemon;
  }

  /** The daemon comes back where it was, so that what was told its address finds it. */
  async again(args = []) {
    this.daemon = await startDaemon(this.dir, { args, listen: new URL(this.daemon.url).host });
    await untilReady(this.daemon);
  }

  states() {
    return states(this.systems);
  }

  pairs() {
    return pairsOf(this.systems);
  }

  async patient(id) {
    return (await this.states()).patients.find((p) => p.id === id);
  }

  async contact(id) {
    return (await this.states()).contacts.find((c) => c.Id === id);
  }

  /** Contacts that carry this patient's id. */
  async contactsOf(id) {
    return (await this.states()).contacts.filter((c) => c.Hint_Patient_Id__c === id && !c.IsDeleted);
  }

  editPatient(id, fields) {
    return admin(this.systems.hint, 'edit', { object: 'patient', id, fields });
  }

  editContact(id, fields) {
    return admin(this.systems.salesforce, 'edit', { object: 'Contact', id, fields });
  }

  async newPatient(fields) {
    return (await admin(this.systems.hint, 'create', { object: 'patient', fields })).id;
  }

  async newContact(fields) {
    return (await admin(this.systems.salesforce, 'create', { object: 'Contact', fields })).id;
  }

  push(body) {
    return admin(this.systems.salesforce, 'button', { object: 'Contact', ...body });
  }

  /** A webhook as Hint would send it; `signature` to forge one. */
  async hook(event, { signature, headers = {} } = {}) {
    const body = typeof event === 'string' ? event : JSON.stringify(event);
    const sign = signature ?? `sha256=${createHmac('sha256', secrets.webhook).update(body).digest('hex')}`;
    const answer = await fetch(this.daemon.hooks.practice, { method: 'POST', headers: { 'content-type': 'application/json', 'x-hint-signature': sign, ...headers }, body });
    return { status: answer.status, text: await answer.text() };
  }

  /** Calls that write, at both systems. */
  async writes() {
    return (await writeCalls(this.systems.hint)) + (await writeCalls(this.systems.salesforce));
  }

  /** All calls of both systems but those of listening. */
  async calls() {
    const of = async (base) => {
      const { routes } = await admin(base, 'counters');
      return Object.entries(routes).filter(([route]) => !/cometd|oauth|limits/.test(route)).reduce((sum, [, row]) => sum + row.calls, 0);
    };
    return (await of(this.systems.hint)) + (await of(this.systems.salesforce));
  }

  async metrics() {
    return (await fetch(`${this.daemon.url}/metrics`)).text();
  }

  async ready() {
    return (await fetch(`${this.daemon.url}/ready`)).json();
  }

  /** Until no call was made for `still` ms and nothing waits in the daemon. */
  async quiet(still = 600, ms = 120_000) {
    const until = Date.now() + ms;
    let calls = await this.calls();
    for (let since = Date.now(); Date.now() - since < still; ) {
      if (Date.now() > until) throw new Error(`not quiet after ${ms} ms`);
      await sleep(50);
      const waiting = (await admin(this.systems.hint, 'settings')).webhooks_waiting + (await undone(this.systems, this.daemon?.url));
      const now = await this.calls();
      if (now !== calls || waiting) since = Date.now();
      calls = now;
    }
  }

  async calm() {
    await firstDeltas(this.systems, this.listedBefore);
    await this.quiet(200);
  }

  /** Changes of this very second are too young for it: their neighbours may still come. */
  async delta() {
    await sleep(1100);
    return must(this.dir, ['delta', '--json', '--quiet']);
  }

  links() {
    return suture(this.dir, ['links', '--limit', '1000', '--json']).then((answer) => answer.json);
  }
}

export const mobile = (patient) => patient.phones?.find((row) => row.type === 'mobile')?.number;

/** Each mapped field that people edit here, on both sides, must be the same thing. */
export function assertAlike({ patient, contact }) {
  const digits = (text) => (text ?? '').replace(/\D/g, '').replace(/^1(?=\d{10}$)/, '');
  assert.equal((contact.Email ?? '').toLowerCase(), (patient.email ?? '').toLowerCase(), `e-mail of ${patient.id}`);
  assert.equal((contact.MailingCity ?? '').toLowerCase(), (patient.address_city ?? '').toLowerCase(), `city of ${patient.id}`);
  assert.equal(digits(contact.MobilePhone), digits(mobile(patient)), `mobile phone of ${patient.id}`);
  assert.equal((contact.LastName ?? '').toLowerCase(), (patient.last_name ?? '').toLowerCase(), `last name of ${patient.id}`);
}

// Clinics, daemons on one database, people who edit, and what must be true at the end.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { admin, apiKey, configuration, must, secrets, setUpBare, startDaemon, startSandbox, states } from '../../../demo/systems.mjs';
import { eventually, pairsOf, sleep } from '../live/live.mjs';
import { startRelay } from './relay.mjs';

export { eventually, sleep };

/** The configuration of a clinic: connections, integration and sync with its number behind their names. */
function numbered(systems, n) {
  const plain = configuration(systems, { practice: { pace: '0', backoff_ms: '20' }, org: { backoff_ms: '20' }, patients: { delta_lag_s: 0 } });
  return {
    connections: { [`practice${n}`]: plain.connections.practice, [`org${n}`]: plain.connections.org },
    integration: { ...plain.integration, name: `clinic${n}`, emr: `practice${n}`, crm: `org${n}` },
    syncs: { [`patients${n}`]: plain.syncs.patients },
  };
}

/** A server that was killed lost commits which this daemon had gone on from (src/store/store.h): the service manager starts it again. */
const wentBack = 75;

/** A value that says how young it is: v000012. */
const versionOf = (text) => Number(/^v(\d{6})/.exec(text ?? '')?.[1] ?? -1);
const asVersion = (n) => `v${String(n).padStart(6, '0')}`;

export class Several {
  daemons = [];
  clinics = [];
  steps = 0;
  homes = 0;
  successors = [];
  over = false;

  constructor({ store, leaseMs = 1500 }) {
    this.home = mkdtempSync(join(tmpdir(), 'suture-several-'));
    this.store = store ?? `sqlite:${join(this.home, 'shared.db')}`;
    this.env = { SUTURE_STORE: this.store, SUTURE_LEASE_MS: String(leaseMs) };
  }

  async setUp({ clinics, patients }) {
    const env = this.env;
    this.bare = await setUpBare(env);
    this.dir = this.bare.dir;
    for (let n = 1; n <= clinics; n++) {
      const systems = await startSandbox(['--seed', String(n), '--patients', String(patients), '--pace', '-1']);
      const relays = await this.between(systems);
      this.clinics.push({ n, systems, relays, sync: `patients${n}`, seen: new Map() });
      writeFileSync(join(this.dir, 'hint.token'), `${apiKey}\n`, { mode: 0o600 });
      writeFileSync(join(this.dir, 'salesforce.secret'), 'suture-secret\n', { mode: 0o600 });
      writeFileSync(join(this.dir, `clinic${n}.yaml`), JSON.stringify(numbered({ ...systems, hint: relays.hint.url, salesforce: relays.salesforce.url }, n)));
      await must(this.dir, ['apply', join(this.dir, `clinic${n}.yaml`)], { env });
      await must(this.dir, ['import', `patients${n}`, '--quiet', '--json'], { env });
      await must(this.dir, ['drain', `patients${n}`, '--quiet'], { env });
      const clinic = this.clinics.at(-1);
      clinic.pairCount = (await this.pairs(clinic)).length;
      clinic.contactCount = (await states(systems)).contacts.length;
    }
  }

  /** What Suture calls goes through relays; what the people of the test do does not. */
  async between(systems) {
    const watched = { fields: ['MailingCity', 'address_line1', 'MailingStreet', 'address_city'], pids: () => this.daemons.map((daemon) => daemon.pid) };
    return { hint: await startRelay(systems.hint, watched), salesforce: await startRelay(systems.salesforce, watched) };
  }

  writes = (clinic) => [...clinic.relays.hint.writes, ...clinic.relays.salesforce.writes];

  /** Of a folder of its own, with the same key, as on another machine. */
  async start() {
    const dir = join(this.home, `daemon${(this.homes += 1)}`);
    mkdirSync(dir, { mode: 0o700 });
    copyFileSync(join(this.dir, 'suture.key'), join(dir, 'suture.key'));
    const daemon = await startDaemon(dir, { env: this.env });
    this.daemons.push(daemon);
    daemon.alive = true;
    daemon.ended.then((code) => {
      daemon.alive = false;
      if (code === wentBack && !this.over) this.successors.push(eventually(() => this.start().catch(() => null), 'the daemon is started again', 60_000));
    });
    return daemon;
  }

  alive = () => this.daemons.filter((daemon) => daemon.alive);

  async leases() {
    const { json } = await must(this.dir, ['leases', '--json'], { env: this.env });
    return json.filter((row) => row.sync.startsWith('patients'));
  }

  /** Every sync is somebody's who works on it; the holders' process numbers. */
  async held(by = this.alive()) {
    const rows = await this.leases();
    const fine = rows.length === this.clinics.length && rows.every((row) => row.state === 'works' && by.some((d) => d.pid === row.process));
    return fine ? rows : null;
  }

  kill(daemon, signal) {
    process.kill(daemon.pid, signal);
    daemon.alive = signal === 'SIGCONT';
  }

  /** SIGSTOP, until others have what it had. One that stands in the middle of a commit holds SQLite's lock, and nobody can take over: it is woken up and stopped again. `ready`: before each stop. */
  async putToSleep(daemon, ready = async () => {}) {
    for (let tries = 0; ; tries++) {
      await ready();
      this.kill(daemon, 'SIGSTOP');
      try {
        return await eventually(() => this.held(), 'what the sleeper had is taken over', 12_000);
      } catch (error) {
        if (tries === 5) throw error;
        this.kill(daemon, 'SIGCONT');
        await eventually(() => this.held(), 'its commit ended');
      }
    }
  }

  /** To the first daemon that takes it, another one each time: as a sender and his load balancer would. */
  async hook(clinic, patient) {
    const body = JSON.stringify({ id: `evt-${clinic.n}-${(this.steps += 1)}`, type: 'patient.updated', practice_id: patient.practice_id ?? 'pra-1', created_at: new Date().toISOString(), object: patient });
    const headers = { 'content-type': 'application/json', 'x-hint-signature': `sha256=${createHmac('sha256', secrets.webhook).update(body).digest('hex')}` };
    await eventually(async () => {
      const all = this.alive();
      if (all.length === 0) return false;
      const daemon = all[this.steps % all.length];
      this.steps += 1;
      const answer = await fetch(daemon.hooks[`practice${clinic.n}`], { method: 'POST', headers, body, signal: AbortSignal.timeout(5000) }).catch(() => null);
      return answer?.ok;
    }, 'a daemon takes a webhook');
  }

  /** A person at the practice changes the city; a webhook says so. */
  async editPatient(clinic, id, n) {
    await admin(clinic.systems.hint, 'edit', { object: 'patient', id, fields: { address_city: asVersion(n) } });
    const answer = await fetch(`${clinic.systems.hint}/api/provider/patients/${id}`, { headers: { authorization: `Bearer ${apiKey}` } });
    await this.hook(clinic, await answer.json());
  }

  /** A person in the org changes the street; the stream says so. */
  editContact(clinic, id, n) {
    return admin(clinic.systems.salesforce, 'edit', { object: 'Contact', id, fields: { MailingStreet: asVersion(n) } });
  }

  pairs(clinic) {
    return pairsOf(clinic.systems);
  }

  /** No record may ever be seen at an older value than before. */
  async watch(clinic) {
    for (const { contact, patient } of await this.pairs(clinic)) {
      for (const [what, value] of [[`city ${contact.Id}`, contact.MailingCity], [`street ${patient.id}`, patient.address_line1]]) {
        const version = versionOf(value);
        if (version < (clinic.seen.get(what) ?? -1)) clinic.wentBack ??= `${what} of ${clinic.sync} went back from ${clinic.seen.get(what)} to ${version}`;
        clinic.seen.set(what, version);
      }
    }
    assert.ok(!clinic.wentBack, clinic.wentBack); // for good, whoever asks again
  }

  /** R4: what arrived for one field of one record, by whomever it was sent, never went back. */
  checkOrder(clinic) {
    const last = new Map();
    for (const relay of Object.values(clinic.relays)) {
      for (const { pid, values } of relay.writes) {
        for (const { id, field, value } of values) {
          const [before, now] = [last.get(`${id} ${field}`) ?? -1, versionOf(value)];
          assert.ok(now >= before, `${clinic.sync}: ${field} of ${id} was sent as ${now} by ${pid} after ${before}`);
          last.set(`${id} ${field}`, now);
        }
      }
    }
    assert.ok(last.size > 0, `${clinic.sync}: the relays saw no write`);
  }

  /** `rounds` of edits on both sides of every clinic, watched meanwhile; `meanwhile(round)` may do something to the daemons. */
  async load(rounds, people, meanwhile = async () => {}) {
    for (const clinic of this.clinics) clinic.people ??= (await this.pairs(clinic)).slice(0, people);
    for (let round = 0; round < rounds; round++) {
      this.version = (this.version ?? 0) + 1;
      await meanwhile(round);
      for (const clinic of this.clinics) {
        for (const { contact, patient } of clinic.people) {
          await this.editPatient(clinic, patient.id, this.version);
          await this.editContact(clinic, contact.Id, this.version);
        }
        await this.watch(clinic);
      }
    }
  }

  /** Both systems of every clinic have the last edits, and every patient has one contact. */
  async settled() {
    for (const clinic of this.clinics) {
      await eventually(async () => {
        await this.watch(clinic);
        const pairs = await this.pairs(clinic);
        return clinic.people.every(({ contact, patient }) => {
          const now = pairs.find((pair) => pair.contact.Id === contact.Id && pair.patient.id === patient.id);
          return now && versionOf(now.contact.MailingCity) === this.version && versionOf(now.patient.address_line1) === this.version;
        });
      }, `the last edits of ${clinic.sync} are on both sides`).catch(async (error) => {
        error.message += `\n${JSON.stringify((await this.pairs(clinic)).slice(0, clinic.people.length).map(({ contact, patient }) => [contact.MailingCity, patient.address_city, contact.MailingStreet, patient.address_line1]))}`;
        throw error;
      });
      const { contacts } = await states(clinic.systems);
      const ids = contacts.filter((c) => !c.IsDeleted && c.Hint_Patient_Id__c).map((c) => c.Hint_Patient_Id__c);
      assert.equal(new Set(ids).size, ids.length, `${clinic.sync}: two contacts of one patient`);
      assert.equal((await this.pairs(clinic)).length, clinic.pairCount, `${clinic.sync}: pairs`);
      assert.equal(contacts.length, clinic.contactCount, `${clinic.sync}: contacts`);
      this.checkOrder(clinic);
    }
  }

  async end() {
    this.over = true;
    await Promise.allSettled(this.successors);
    for (const daemon of this.daemons) {
      try {
        process.kill(daemon.pid, 'SIGCONT');
        process.kill(daemon.pid, 'SIGKILL');
      } catch {
        // it is dead
      }
      await daemon.ended;
    }
    this.bare?.remove();
    for (const { systems, relays } of this.clinics) {
      await Promise.all(Object.values(relays).map((relay) => relay.stop()));
      await systems.stop();
    }
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** use(world) with everything taken down afterwards; what the daemons said is shown when it fails. */
export async function withSeveral(options, use) {
  const world = new Several(options);
  try {
    await world.setUp(options);
    return await use(world);
  } catch (error) {
    for (const daemon of world.daemons) error.message += `\n--- daemon ${daemon.pid} said:\n${daemon.log().split('\n').slice(-15).join('\n')}`;
    throw error;
  } finally {
    await world.end();
  }
}

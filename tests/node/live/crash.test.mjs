// R1 R5: the daemon is killed at any moment under a load of webhooks and stream events; after a restart nothing is lost and nothing was made twice.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admin, eventually, must, sleep, withLive } from './live.mjs';

/* Edits on both sides and newcomers, until told to stop; what was done is what must be true in the end. */
async function load(w, pairs, going, done) {
  for (let n = 0; going(); n++) {
    const { patient, contact } = pairs[n % pairs.length];
    await w.editPatient(patient.id, { email: `load${n}@mail.example` });
    done.emails.set(patient.id, `load${n}@mail.example`);
    await w.editContact(contact.Id, { MailingCity: `Town ${n}` });
    done.cities.set(patient.id, `Town ${n}`);
    if (n % 4 === 0) done.created.push(await w.newPatient({ first_name: 'New', last_name: `Comer${n}`, dob: '1990-01-01', email: `new${n}@mail.example` }));
  }
}

test('R1 R5: kill -9 at many moments of a load: nothing is lost, nothing is written twice', async () => {
  await withLive({ patients: 60 }, async (w) => {
    const pairs = (await w.pairs()).slice(0, 25);
    const before = await w.states();
    await admin(w.systems.salesforce, 'faults', [{ match: '*sobjects*', kind: 'latency', ms: 5 }]);
    let loading = true;
    const done = { emails: new Map(), cities: new Map(), created: [] };
    const working = load(w, pairs, () => loading, done);
    for (let n = 0; n < 8; n++) {
      await sleep(60 + n * 37);
      await w.daemon.kill();
      await w.again();
    }
    await eventually(() => done.created.length >= 5, 'five newcomers');
    loading = false;
    await working;
    await w.delta(); /* what the far side could not deliver while nobody was there is its own loss, or its retry's */
    await eventually(async () => {
      const rows = await w.pairs();
      const byId = new Map(rows.map((pair) => [pair.patient.id, pair]));
      const same = (values, ofPatient, ofContact) =>
        [...values].every(([id, value]) => ofPatient(byId.get(id).patient) === value && ofContact(byId.get(id).contact) === value);
      return same(done.emails, (p) => p.email, (c) => c.Email) && same(done.cities, (p) => p.address_city, (c) => c.MailingCity) && done.created.every((id) => byId.has(id));
    }, 'the last edit of each pair is on both sides, each newcomer has a contact');
    await w.quiet();
    const after = await w.states();
    assert.equal(after.contacts.length, before.contacts.length + done.created.length, 'one contact for each newcomer');
    assert.equal(after.patients.length, before.patients.length + done.created.length, 'no patient was made');
    const ids = after.contacts.map((c) => c.Hint_Patient_Id__c).filter(Boolean);
    assert.equal(new Set(ids).size, ids.length, 'no patient has two contacts');
    const writes = await w.writes();
    await w.delta();
    await must(w.dir, ['import', '--json', '--quiet']).catch(() => {}); /* the daemon takes it over */
    await w.quiet();
    assert.equal(await w.writes(), writes, 'nothing is left to write');
  });
});

test('R1: what was answered with 200 is kept: killed the moment after, it arrives', async () => {
  await withLive({ hooks: false, args: ['--no-stream'] }, async (w) => {
    const pairs = (await w.pairs()).slice(0, 20);
    await admin(w.systems.salesforce, 'faults', [{ match: '*', kind: '503' }]); /* the far side is away: nothing can be through yet, however slow we are */
    const answers = await Promise.all(pairs.map(async ({ patient }, n) => {
      const object = await w.editPatient(patient.id, { email: `kept${n}@mail.example` });
      return w.hook({ id: `evt-kept-${n}`, type: 'patient.updated', created_at: object.updated_at, object });
    }));
    await w.daemon.kill();
    assert.ok(answers.every((answer) => answer.status === 200));
    assert.deepEqual((await w.pairs()).filter(({ contact }) => /^kept/.test(contact.Email)), []);
    await admin(w.systems.salesforce, 'faults', []);
    await w.again(['--no-stream']);
    await eventually(async () => {
      const contacts = new Map((await w.states()).contacts.map((c) => [c.Id, c]));
      return pairs.every(({ contact }, n) => contacts.get(contact.Id).Email === `kept${n}@mail.example`);
    }, 'all of them arrive after the restart');
  });
});

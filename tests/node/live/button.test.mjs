// The button of the package in the org: signed calls that a person's click makes (R11, R15, R29, R40). Forged and stale ones are refused, repeated ones are harmless.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, sleep, withLive } from './live.mjs';

const wilma = { FirstName: 'Wilma', LastName: 'Button', Birthdate: '1971-02-03', Email: 'wilma@mail.example', MailingCity: 'Bedrock' };

test('R15 R40: "create" makes a patient of a contact, and both know of each other', async () => {
  await withLive({}, async (w) => {
    const id = await w.newContact(wilma);
    assert.equal((await w.push({ action: 'create', ids: [id] })).status, 200);
    const patient = await eventually(async () => (await w.states()).patients.find((p) => p.last_name === 'Button'), 'the patient is there');
    assert.deepEqual([patient.first_name, patient.dob, patient.email, patient.address_city], ['Wilma', '1971-02-03', 'wilma@mail.example', 'Bedrock']);
    await eventually(async () => (await w.contact(id)).Hint_Patient_Id__c === patient.id && (await w.contact(id)).Synced_to_Hint__c, 'the contact carries the id');
    await w.quiet();
    assert.equal((await w.states()).patients.filter((p) => p.last_name === 'Button').length, 1);
  });
});

test('R5: the same call three times at once, and again later: one patient', async () => {
  await withLive({}, async (w) => {
    const id = await w.newContact(wilma);
    const body = { action: 'create', ids: [id], eventId: '6f1c2a52-0000-4000-8000-000000000001' };
    const answers = await Promise.all([1, 2, 3].map(() => w.push(body)));
    assert.ok(answers.every((answer) => answer.status === 200));
    await eventually(async () => (await w.contact(id)).Hint_Patient_Id__c, 'the contact is linked');
    await w.push(body);
    await sleep(300);
    await w.quiet();
    assert.equal((await w.states()).patients.filter((p) => p.last_name === 'Button').length, 1);
  });
});

test('R11: "sync" joins a contact with the patient who fits: the CRM value wins, blanks are filled both ways', async () => {
  await withLive({ hooks: true }, async (w) => {
    const patientId = await w.newPatient({ first_name: 'Wilma', last_name: 'Button', dob: '1971-02-03', email: 'old@mail.example', address_state: 'NY' });
    const [made] = await eventually(async () => {
      const found = await w.contactsOf(patientId);
      return found.length && found;
    }, 'webhook: it has a contact already');
    await w.push({ action: 'unlink', ids: [made.Id] });
    await eventually(async () => !(await w.contact(made.Id)).Hint_Patient_Id__c, 'unlinked');
    await w.quiet();
    await w.editContact(made.Id, { Email: 'wilma@mail.example' });
    await w.quiet();
    assert.equal((await w.patient(patientId)).email, 'old@mail.example', 'not linked again by itself (R29)');
    await w.push({ action: 'sync', ids: [made.Id] });
    await eventually(async () => (await w.contact(made.Id)).Hint_Patient_Id__c === patientId && (await w.patient(patientId)).email === 'wilma@mail.example', 'joined, the CRM wins');
  });
});

test('R29: "unlink" ends a pair: both records stay, the checkbox and the id are cleared, edits no longer cross', async () => {
  await withLive({}, async (w) => {
    const [{ patient, contact }] = await w.pairs();
    await w.push({ action: 'unlink', ids: [contact.Id] });
    await eventually(async () => {
      const c = await w.contact(contact.Id);
      return !c.Hint_Patient_Id__c && !c.Synced_to_Hint__c;
    }, 'the contact shows no link');
    await w.quiet();
    await w.editPatient(patient.id, { email: 'alone@mail.example' });
    await w.editContact(contact.Id, { MailingCity: 'Elsewhere' });
    await sleep(500);
    await w.quiet();
    assert.notEqual((await w.contact(contact.Id)).Email, 'alone@mail.example');
    assert.notEqual((await w.patient(patient.id)).address_city, 'Elsewhere');
    assert.equal((await w.contactsOf(patient.id)).length, 0, 'not linked again by itself');
  });
});

test('R30: "link" to another patient ends the older link and makes the new one', async () => {
  await withLive({}, async (w) => {
    const [{ patient, contact }] = await w.pairs();
    const other = await w.newPatient({ first_name: 'Betty', last_name: 'Relink', dob: '1966-06-06', email: 'betty@mail.example' });
    const [made] = await eventually(async () => {
      const found = await w.contactsOf(other);
      return found.length && found;
    }, 'the other patient has a contact');
    await w.push({ action: 'unlink', ids: [made.Id] });
    await eventually(async () => (await w.contactsOf(other)).length === 0, 'the other patient is free');
    await w.quiet();
    await w.push({ action: 'link', ids: [contact.Id], emrId: other });
    await eventually(async () => (await w.contact(contact.Id)).Hint_Patient_Id__c === other, 'the contact has the new link');
    await w.quiet();
    assert.equal((await w.contactsOf(patient.id)).length, 0);
    await w.editContact(contact.Id, { Email: 'betty.new@mail.example' });
    await eventually(async () => (await w.patient(other)).email === 'betty.new@mail.example', 'and edits cross by it');
    assert.notEqual((await w.patient(patient.id)).email, 'betty.new@mail.example');
  });
});

test('R41: forged and stale calls of either system are refused and do nothing; nothing of them is in the log', async () => {
  await withLive({}, async (w) => {
    const [{ patient, contact }] = await w.pairs();
    const before = (await w.states()).contacts;
    const old = String(Math.floor(Date.now() / 1000) - 3600);
    for (const body of [{ secret: 'wrong' }, { signature: 'sha256=00' }, { timestamp: old }]) {
      const answer = await w.push({ action: 'unlink', ids: [contact.Id], ...body });
      assert.equal(answer.status, 401, JSON.stringify(body));
    }
    const event = { id: 'evt-forged', type: 'patient.updated', created_at: patient.updated_at, object: { ...patient, email: 'forged@mail.example' } };
    for (const signature of ['', 'sha256=', 'sha256=00', `sha256=${'0'.repeat(64)}`, 'md5=1']) assert.equal((await w.hook(event, { signature })).status, 401, signature);
    assert.equal((await fetch(`${w.daemon.url}/hooks/nobody`, { method: 'POST', body: '{}' })).status, 404);
    await sleep(200);
    await w.quiet();
    assert.deepEqual((await w.states()).contacts, before);
    assert.doesNotMatch(w.daemon.log(), /forged@mail/);
    assert.match(await w.metrics(), /unauthorized/);
  });
});

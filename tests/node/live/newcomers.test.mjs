// A new patient, however often and by whichever doors it is told of, becomes one contact or is joined with the one that is there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, sleep, withLive } from './live.mjs';

const ada = { first_name: 'Ada', last_name: 'Quimby', dob: '1985-05-05', email: 'ada@mail.example', address_city: 'Troy' };

test('R13 R16 R18: a new patient by webhook becomes one contact in the Default Account, and both know of each other', async () => {
  await withLive({}, async (w) => {
    const id = await w.newPatient(ada);
    const [contact] = await eventually(async () => {
      const found = await w.contactsOf(id);
      return found.length && found;
    }, 'a contact for the new patient');
    assert.deepEqual([contact.FirstName, contact.LastName, contact.Birthdate, contact.Email], ['Ada', 'Quimby', '1985-05-05', 'ada@mail.example']);
    assert.equal(contact.Synced_to_Hint__c, true);
    const accounts = (await w.states()).accounts.filter((row) => row.Id === contact.AccountId);
    assert.equal(accounts[0]?.Name, 'Hint Patients');
    await eventually(async () => (await w.patient(id)).integration_record_id === contact.Id, 'the patient names its contact');
    await w.quiet();
    assert.equal((await w.contactsOf(id)).length, 1);
  });
});

test('R5 R13: the same new patient three times at once, while a delta runs: one contact', async () => {
  await withLive({ hooks: false }, async (w) => {
    const before = (await w.states()).contacts.length;
    const ids = [];
    for (let n = 0; n < 10; n++) ids.push(await w.newPatient({ ...ada, last_name: `Quimby${'abcdefghij'[n]}` }));
    const patients = (await w.states()).patients.filter((p) => ids.includes(p.id));
    await sleep(1100);
    const events = patients.flatMap((object) => [1, 2, 3].map((copy) => ({ id: copy < 3 ? `evt-${object.id}` : `evt-${object.id}-again`, type: 'patient.created', created_at: object.updated_at, object })));
    const [answers] = await Promise.all([Promise.all(events.map((event) => w.hook(event))), w.delta()]);
    assert.ok(answers.every((answer) => answer.status === 200), JSON.stringify(answers.map((answer) => answer.status)));
    await eventually(async () => (await w.pairs()).filter(({ patient }) => ids.includes(patient.id)).length === ids.length, 'each has a contact');
    await w.quiet();
    assert.equal((await w.states()).contacts.length, before + ids.length);
  });
});

test('R8 R13: a new patient who fits one contact is joined with it, the EMR wins, blanks are filled both ways', async () => {
  await withLive({}, async (w) => {
    const contactId = await w.newContact({ FirstName: 'ADA ', LastName: 'quimby', Birthdate: '1985-05-05', Email: 'old@mail.example', MailingState: 'NY' });
    await w.quiet();
    const id = await w.newPatient(ada);
    await eventually(async () => (await w.contact(contactId)).Hint_Patient_Id__c === id, 'the contact carries the id');
    await w.quiet();
    const [contact, patient] = [await w.contact(contactId), await w.patient(id)];
    assert.deepEqual([contact.Email, contact.MailingCity], ['ada@mail.example', 'Troy']);
    assert.match(patient.address_state ?? '', /^(NY|New York)$/);
    assert.equal((await w.contactsOf(id)).length, 1);
  });
});

test('R8: a new patient whom two contacts fit is left to a person; a twin of a linked one makes no pair', async () => {
  await withLive({}, async (w) => {
    for (let n = 0; n < 2; n++) await w.newContact({ FirstName: 'Ada', LastName: 'Quimby', Birthdate: '1985-05-05' });
    await w.quiet();
    const id = await w.newPatient(ada);
    const { patient: other, contact } = (await w.pairs()).find(({ patient: p }) => p.dob && p.first_name);
    const twin = await w.newPatient({ first_name: other.first_name, last_name: other.last_name, dob: other.dob });
    await sleep(400);
    await w.quiet();
    assert.deepEqual([await w.contactsOf(id), await w.contactsOf(twin)], [[], []]);
    assert.equal((await w.contact(contact.Id)).Hint_Patient_Id__c, other.id);
  });
});

test('R15 R40: a CRM record that meets the trigger condition becomes a patient; one that does not stays alone', async () => {
  const trigger = [{ field: 'Department', equals: 'Patients' }];
  await withLive({ extra: { patients: { trigger, trigger_creates: true } } }, async (w) => {
    const yes = await w.newContact({ FirstName: 'Wilma', LastName: 'Trigger', Birthdate: '1970-01-02', Email: 'wilma@mail.example', Department: 'Patients' });
    const no = await w.newContact({ FirstName: 'Fred', LastName: 'Lead', Birthdate: '1970-01-03' });
    const patient = await eventually(async () => (await w.states()).patients.find((p) => p.last_name === 'Trigger'), 'the patient is there');
    await eventually(async () => (await w.contact(yes)).Hint_Patient_Id__c === patient.id, 'the contact carries its id');
    await w.quiet();
    assert.equal((await w.states()).patients.filter((p) => p.last_name === 'Trigger').length, 1);
    assert.ok(!(await w.contact(no)).Hint_Patient_Id__c);
    assert.ok(!(await w.states()).patients.some((p) => p.last_name === 'Lead'));
  });
});

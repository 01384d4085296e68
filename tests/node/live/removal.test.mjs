// R31 R32: deleted, archived, merged, in either system, while the daemon works.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admin, eventually, must, sleep, withLive } from './live.mjs';

const linkOf = async (w, side, id) => ((await must(w.dir, ['links', `--${side}`, id, '--json'])).json ?? []).filter((row) => row.state === 'linked');

test('R31: a patient who is archived in the EMR is unlinked, the contact stays and shows it', async () => {
  await withLive({}, async (w) => {
    const [{ patient, contact }] = await w.pairs();
    await admin(w.systems.hint, 'delete', { object: 'patient', id: patient.id });
    await eventually(async () => (await linkOf(w, 'emr', patient.id)).length === 0, 'the link ended');
    await eventually(async () => !(await w.contact(contact.Id)).Synced_to_Hint__c, 'the contact shows it');
    await w.quiet();
    assert.ok(!(await w.contact(contact.Id)).IsDeleted, 'the contact stays');
  });
});

test('R31: on_emr_delete: delete, chosen explicitly, deletes the contact of an erased patient', async () => {
  await withLive({ extra: { patients: { on_emr_delete: 'delete' } } }, async (w) => {
    const [{ patient, contact }] = await w.pairs();
    await admin(w.systems.hint, 'delete', { object: 'patient', id: patient.id, hard: true });
    await eventually(async () => {
      const c = await w.contact(contact.Id);
      return !c || c.IsDeleted;
    }, 'the contact is deleted');
  });
});

test('R31: a contact that is deleted in the CRM is unlinked, the patient stays; no new contact is made for it', async () => {
  await withLive({}, async (w) => {
    const [{ patient, contact }] = await w.pairs();
    await admin(w.systems.salesforce, 'delete', { object: 'Contact', id: contact.Id });
    await eventually(async () => (await linkOf(w, 'emr', patient.id)).length === 0, 'the link ended');
    await w.editPatient(patient.id, { email: 'left@mail.example' });
    await sleep(500);
    await w.quiet();
    assert.equal((await w.patient(patient.id)).email, 'left@mail.example');
    assert.equal((await w.contactsOf(patient.id)).length, 0, 'not linked again by itself (R29)');
  });
});

test('R32: patients merged in the EMR: the link of the loser moves to a survivor who has none', async () => {
  await withLive({}, async (w) => {
    const [{ patient, contact }] = await w.pairs();
    const survivor = await w.newPatient({ first_name: 'Only', last_name: 'Survivor', email: 'survivor@mail.example' });
    const [made] = await eventually(async () => {
      const found = await w.contactsOf(survivor);
      return found.length && found;
    }, 'the newcomer has a contact');
    await w.push({ action: 'unlink', ids: [made.Id] });
    await eventually(async () => (await w.contactsOf(survivor)).length === 0, 'the survivor is free');
    await w.quiet();
    await admin(w.systems.hint, 'merge', { loser: patient.id, survivor });
    await eventually(async () => (await w.contact(contact.Id)).Hint_Patient_Id__c === survivor, 'the contact follows the survivor');
    await w.quiet();
    await w.editContact(contact.Id, { Email: 'merged@mail.example' });
    await eventually(async () => (await w.patient(survivor)).email === 'merged@mail.example', 'and edits cross');
  });
});

test('R32: two linked patients are merged: a person decides, nothing is written over', async () => {
  await withLive({}, async (w) => {
    const [one, two] = await w.pairs();
    await admin(w.systems.hint, 'merge', { loser: one.patient.id, survivor: two.patient.id });
    await sleep(500);
    await w.quiet();
    assert.equal((await w.contact(two.contact.Id)).Hint_Patient_Id__c, two.patient.id);
    assert.deepEqual((await w.contactsOf(two.patient.id)).map((c) => c.Id), [two.contact.Id]);
    assert.equal((await w.contact(two.contact.Id)).Email, two.contact.Email);
  });
});

test('R32: contacts merged in the CRM: the link follows the master', async () => {
  await withLive({}, async (w) => {
    const [{ patient, contact }] = await w.pairs();
    const winner = await w.newContact({ FirstName: 'Master', LastName: 'Record', Email: 'master@mail.example' });
    await w.quiet();
    await admin(w.systems.salesforce, 'merge', { winner, loser: contact.Id });
    await eventually(async () => (await linkOf(w, 'crm', winner)).some((row) => JSON.stringify(row).includes(patient.id)), 'the link is that of the master');
    await eventually(async () => (await w.contact(winner)).Hint_Patient_Id__c === patient.id, 'the master carries the id');
    await w.quiet();
    await w.editPatient(patient.id, { address_city: 'Merged City' });
    await eventually(async () => (await w.contact(winner)).MailingCity === 'Merged City', 'and edits cross');
  });
});

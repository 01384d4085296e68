// R1 R4 R5 R6 R28 R29 R30: a backup is put back after both systems have moved on; they agree in the end, nobody is made twice, nothing that a person typed is lost.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { admin, assertAlike, eventually, must, suture, withLive } from '../live/live.mjs';

const people = (n) => ({ first_name: 'Later', last_name: `Person${n}`, dob: `198${n}-02-0${n + 1}`, email: `later${n}@mail.example` });
const notDone = (w) => async () => (await must(w.dir, ['runs', '--json'])).json.filter((run) => run.state !== 'done' && run.state !== 'aborted').length === 0;

async function oneEach(w) {
  const { contacts, patients } = await w.states();
  const ids = contacts.filter((c) => !c.IsDeleted).map((c) => c.Hint_Patient_Id__c).filter(Boolean);
  assert.equal(new Set(ids).size, ids.length, 'no patient has two contacts');
  return { contacts: contacts.filter((c) => !c.IsDeleted).length, patients: patients.length };
}

/** Everything that people do between the backup and the day the machine dies. */
async function goOn(w, pairs) {
  const [edited, back, unlinked, moved] = pairs;
  await w.editPatient(edited.patient.id, { email: 'after-backup@mail.example' });
  await w.editContact(back.contact.Id, { MailingCity: 'Afterville' });
  const made = await Promise.all([0, 1, 2].map((n) => w.newPatient(people(n))));
  await eventually(async () => (await Promise.all(made.map((id) => w.contactsOf(id)))).every((found) => found.length === 1), 'newcomers have a contact each');
  await eventually(async () => (await w.contact(edited.contact.Id)).Email === 'after-backup@mail.example' && (await w.patient(back.patient.id)).address_city === 'Afterville', 'edits are through');
  await must(w.dir, ['unlink', '--crm', unlinked.contact.Id, '--why', 'two people']);
  const free = await w.newPatient({ first_name: 'Moved', last_name: 'Away', dob: '1971-01-01' });
  await eventually(async () => (await w.contactsOf(free)).length === 1, 'the one who is moved has a contact');
  await must(w.dir, ['relink', '--emr', free, '--crm', moved.contact.Id, '--from', 'emr', '--why', 'the right patient']);
  await eventually(async () => (await w.contact(moved.contact.Id)).Hint_Patient_Id__c === free, 'the contact carries the id of its new patient');
  await w.quiet();
  return { made, free };
}

test('R5 R6 R28 R29 R30: import, backup, people go on, the machine dies, restore: both sides agree and nobody is there twice', async () => {
  await withLive({ patients: 30 }, async (w) => {
    const pairs = await w.pairs();
    const file = join(w.dir, '..', 'yesterday.db');
    const backup = await must(w.dir, ['backup', file, '--json', '--quiet']);
    assert.equal(backup.json.links, pairs.length);
    const { made, free } = await goOn(w, pairs);
    await w.daemon.kill();
    const before = await oneEach(w);

    const refused = await suture(w.dir, ['restore', file, '--json']);
    assert.equal(refused.code, 1);
    assert.equal(refused.json.error.code, 'conflict');
    const aside = join(w.dir, 'before-restore.db');
    const done = await must(w.dir, ['restore', file, '--aside', aside, '--json']);
    assert.equal(done.json.put_aside, aside);
    assert.equal(done.json.imports_asked_for, 1);
    assert.equal(done.json.audit_trail, 'whole');

    await w.editContact(pairs[0].contact.Id, { MailingCity: 'While Down' }); /* a person does not wait for us */
    await w.again();
    await eventually(notDone(w), 'the import that was asked for is done');
    await w.quiet();
    assert.deepEqual(await oneEach(w), before, 'nothing was made twice, nothing is gone');
    const [edited, back, unlinked, moved] = pairs;
    for (const { patient } of [edited, back]) assertAlike((await w.pairs()).find((pair) => pair.patient.id === patient.id));
    assert.equal((await w.contact(edited.contact.Id)).Email, 'after-backup@mail.example', 'an edit after the backup stays');
    assert.equal((await w.patient(edited.patient.id)).address_city, 'While Down', 'an edit while nobody was there comes through');
    assert.equal((await w.patient(back.patient.id)).address_city, 'Afterville', 'what a person typed in the org stays');
    assert.equal((await w.contact(unlinked.contact.Id)).Hint_Patient_Id__c ?? '', '', 'what was unlinked after the backup stays so');
    assert.equal((await w.contact(moved.contact.Id)).Hint_Patient_Id__c, free, 'a pair that was moved stays moved');
    const links = await w.links();
    for (const id of made) assert.equal(links.filter((link) => link.emr_id === id && link.state === 'linked').length, 1, 'who came after the backup is linked with the contact that he has');
    assert.ok(!links.some((link) => link.crm_id === moved.contact.Id && link.emr_id === moved.patient.id && link.state === 'linked'), 'the old pair has ended');

    const writes = await w.writes();
    await must(w.dir, ['import', '--json', '--quiet']);
    await w.quiet();
    assert.equal(await w.writes(), writes, 'nothing is left to write');
  });
});

test('R5 R28 R40: what the backup holds as owed was delivered meanwhile and edited: it is not sent again', async () => {
  await withLive({ patients: 12, begin: false }, async (w) => {
    const [first, second] = await w.pairs();
    await w.begin();
    await w.calm();
    await admin(w.systems.salesforce, 'faults', [{ match: 'PATCH *', kind: '503' }]);
    await w.editPatient(first.patient.id, { email: 'owed@mail.example' });
    const newcomer = await w.newPatient(people(5));
    await eventually(async () => (await suture(w.dir, ['staged', '--limit', '1000', '--json'])).json?.filter((row) => row.state === 'owed').length >= 2, 'writes are owed');
    const file = join(w.dir, '..', 'owed.db');
    assert.ok((await must(w.dir, ['backup', file, '--json', '--quiet'])).json.owed > 0, 'the backup holds writes that are owed');
    await admin(w.systems.salesforce, 'faults', []);
    await eventually(async () => (await w.contactsOf(newcomer)).length === 1 && (await w.contact(first.contact.Id)).Email === 'owed@mail.example', 'they are delivered');
    await w.quiet();
    await w.editContact(first.contact.Id, { Email: 'typed-since@mail.example' });
    await w.editContact(second.contact.Id, { MailingCity: 'Elsewhere' });
    await eventually(async () => (await w.patient(second.patient.id)).address_city === 'Elsewhere' && (await w.patient(first.patient.id)).email === 'typed-since@mail.example', 'and what people typed since came through');
    await w.daemon.kill();
    const before = await oneEach(w);

    const done = await must(w.dir, ['restore', file, '--aside', join(w.dir, 'old.db'), '--json']);
    assert.ok(done.json.writes_dropped > 0);
    const imported = await must(w.dir, ['import', '--json', '--quiet']);
    assert.equal(imported.code, 0);
    assert.deepEqual(await oneEach(w), before);
    assert.equal((await w.contact(first.contact.Id)).Email, 'typed-since@mail.example');
    assert.equal((await w.patient(first.patient.id)).email, 'typed-since@mail.example');
    assert.equal((await w.patient(second.patient.id)).address_city, 'Elsewhere');
  });
});

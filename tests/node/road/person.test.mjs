// One record at a time, by a person: search, link, unlink, relink, create, sync-now, against the stand-in systems.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admin, must, states, suture, withWorld, writeCalls } from './world.mjs';

const quiet = { patients: 60 };

/** A world whose first import is through. */
const withImported = (options, use) =>
  withWorld({ ...quiet, ...options }, async (w) => {
    await must(w.dir, ['import', '--quiet']);
    await must(w.dir, ['drain', '--quiet']);
    const of = (treatment) => w.world.patients.filter((row) => row.treatment === treatment).map((row) => row.id);
    const now = async () => {
      const { contacts, patients } = await states(w.systems);
      return {
        patient: (id) => patients.find((row) => row.id === id),
        contact: (id) => contacts.find((row) => row.Id === id),
        contactOf: (id) => contacts.find((row) => row.Hint_Patient_Id__c === id),
      };
    };
    return use({ ...w, of, now });
  });

const json = async (dir, args) => {
  const result = await suture(dir, [...args, '--json']);
  assert.ok(result.json, `${args.join(' ')}: ${result.stdout}${result.stderr}`);
  return { ...result.json, code: result.code };
};

test('search finds people in both systems, with whom they are linked, and notes that somebody looked', async () => {
  await withImported({}, async ({ dir, of, now }) => {
    const patient = (await now()).patient(of('created')[0]);
    const contact = (await now()).contactOf(patient.id);
    const name = `${patient.first_name} ${patient.last_name}`;
    const inCrm = (await must(dir, ['search', 'crm', name, '--json'])).json;
    assert.deepEqual(
      inCrm.filter((row) => row.id === contact.Id).map((row) => row.linked_to),
      [patient.id],
    );
    const inEmr = (await must(dir, ['search', 'emr', `${name} ${patient.dob}`, '--json'])).json;
    assert.ok(inEmr.some((row) => row.id === patient.id && row.linked_to === contact.Id));
    const byId = (await must(dir, ['search', 'crm', contact.Id.slice(0, 15), '--json'])).json;
    assert.deepEqual(
      byId.map((row) => row.id),
      [contact.Id],
    );
    const audit = (await must(dir, ['audit', '--json', '--limit', '1000'])).json;
    assert.equal(audit.filter((row) => row.action === 'look' && row.subject.startsWith('search')).length, 3);
    assert.ok(!JSON.stringify(audit).includes(patient.last_name), 'the audit trail holds what was typed');
    const byName = (await must(dir, ['search', 'emr', name, '--json'])).json;
    assert.ok(byName.some((row) => row.id === patient.id), 'Hint can filter its list by names');
  });
});

test('R29: unlink clears the CRM record, nobody is linked again by himself, link does it when asked', async () => {
  await withImported({}, async ({ dir, of, now }) => {
    const id = of('created')[0];
    const contact = (await now()).contactOf(id).Id;
    const unlinked = await json(dir, ['unlink', '--emr', id, '--why', 'two people of one name']);
    assert.equal(unlinked.code, 0);
    await must(dir, ['drain', '--quiet']);
    assert.equal((await now()).contact(contact).Hint_Patient_Id__c ?? null, null);
    assert.equal((await now()).contact(contact).Synced_to_Hint__c, false);
    assert.equal((await now()).patient(id).integration_record_id ?? null, null);
    await must(dir, ['import', '--quiet']);
    assert.equal((await now()).contact(contact).Hint_Patient_Id__c ?? null, null);
    const again = await suture(dir, ['unlink', '--emr', id]);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /is not linked/);
    assert.equal((await json(dir, ['link', '--emr', id, '--crm', contact])).outcome, 'linked');
    assert.equal((await now()).contact(contact).Hint_Patient_Id__c, id);
    const audit = (await must(dir, ['audit', '--json', '--limit', '1000'])).json;
    assert.ok(audit.some((row) => row.action === 'unlink' && row.why === 'two people of one name' && row.before === contact));
  });
});

test('R11: linked from the CRM record its value goes to the EMR, blanks are filled; --from emr turns it round; --preview writes nothing', async () => {
  await withImported({}, async ({ dir, of, now, systems }) => {
    for (const [n, from] of [
      [0, 'crm'],
      [1, 'emr'],
    ]) {
      const id = of('created')[n];
      const contact = (await now()).contactOf(id).Id;
      await must(dir, ['unlink', '--emr', id]);
      await must(dir, ['drain', '--quiet']);
      await admin(systems.hint, 'edit', { object: 'patient', id, fields: { address_city: 'Emrton' } });
      await admin(systems.salesforce, 'edit', { object: 'Contact', id: contact, fields: { MailingCity: 'Crmville' } });
      const calls = (await writeCalls(systems.hint)) + (await writeCalls(systems.salesforce));
      const preview = (await must(dir, ['link', '--emr', id, '--crm', contact, '--from', from, '--preview', '--json'])).json;
      assert.equal(preview.outcome, 'linked');
      assert.equal(preview.fields.find((row) => row.field === 'City').written_to, from === 'crm' ? 'emr' : 'crm');
      assert.equal((await writeCalls(systems.hint)) + (await writeCalls(systems.salesforce)), calls);
      assert.equal((await json(dir, ['link', '--emr', id, '--crm', contact, '--from', from])).outcome, 'linked');
      const winner = from === 'crm' ? 'Crmville' : 'Emrton';
      assert.equal((await now()).patient(id).address_city, winner);
      assert.equal((await now()).contact(contact).MailingCity, winner);
    }
  });
});

test('R9 R30: a linked record is not linked a second time; relink ends both old pairs first', async () => {
  await withImported({}, async ({ dir, of, now }) => {
    const [a, b] = of('created');
    const [contactA, contactB] = [(await now()).contactOf(a).Id, (await now()).contactOf(b).Id];
    const refused = await suture(dir, ['link', '--emr', b, '--crm', contactA, '--json']);
    assert.equal(refused.code, 1);
    assert.equal(refused.json.error.code, 'conflict');
    const relinked = await json(dir, ['relink', '--emr', b, '--crm', contactA]);
    assert.equal(relinked.code, 0, JSON.stringify(relinked));
    const after = await now();
    assert.equal(after.contact(contactA).Hint_Patient_Id__c, b);
    assert.equal(after.contact(contactB).Hint_Patient_Id__c ?? null, null);
    const links = (await must(dir, ['links', '--json', '--limit', '1000'])).json.filter((row) => row.state === 'linked');
    assert.deepEqual(
      links.filter((row) => [a, b].includes(row.emr_id)).map((row) => [row.emr_id, row.crm_id]),
      [[b, contactA]],
    );
  });
});

test('R40: create makes the counterpart of a new CRM record, once; R8: not before both sides were read', async () => {
  await withWorld(quiet, async ({ dir, systems, world }) => {
    const early = await json(dir, ['create', '--emr', world.patients.find((row) => row.treatment === 'created').id, '--wait', '5']);
    assert.deepEqual([early.code, early.state], [3, 'waiting']);
    await must(dir, ['import', '--quiet']);
    await must(dir, ['drain', '--quiet']);
    const made = await admin(systems.salesforce, 'create', { object: 'Contact', fields: { FirstName: 'Nova', LastName: 'Sprout', Birthdate: '1984-02-29' } });
    const before = (await states(systems)).patients.length;
    const created = await json(dir, ['create', '--crm', made.id]);
    assert.deepEqual([created.code, created.outcome], [0, 'created']);
    const { patients, contacts } = await states(systems);
    assert.equal(patients.length, before + 1);
    assert.equal(patients.find((row) => row.id === created.emr_id).last_name, 'Sprout');
    assert.equal(contacts.find((row) => row.Id === made.id).Hint_Patient_Id__c, created.emr_id);
    const again = await suture(dir, ['create', '--crm', made.id]);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /linked already/);
    assert.equal((await states(systems)).patients.length, before + 1);
  });
});

test('R20 R21: sync-now brings the changes of one record through, from either side', async () => {
  await withImported({}, async ({ dir, of, now, systems }) => {
    const id = of('created')[0];
    const contact = (await now()).contactOf(id).Id;
    await admin(systems.hint, 'edit', { object: 'patient', id, fields: { address_city: 'Emrton' } });
    assert.equal((await json(dir, ['sync-now', '--emr', id])).outcome, 'updated');
    assert.equal((await now()).contact(contact).MailingCity, 'Emrton');
    await admin(systems.salesforce, 'edit', { object: 'Contact', id: contact, fields: { MailingCity: 'Crmville' } });
    assert.equal((await json(dir, ['sync-now', '--crm', contact])).outcome, 'updated');
    assert.equal((await now()).patient(id).address_city, 'Crmville');
    const calls = (await writeCalls(systems.hint)) + (await writeCalls(systems.salesforce));
    assert.equal((await json(dir, ['sync-now', '--emr', id])).outcome, 'unchanged');
    assert.equal((await writeCalls(systems.hint)) + (await writeCalls(systems.salesforce)), calls, 'R27: no echo');
  });
});

test('what cannot be done says so: no such record, no id, one record missing', async () => {
  await withImported({}, async ({ dir, of, now }) => {
    const contact = (await now()).contactOf(of('created')[0]).Id;
    const nobody = await json(dir, ['sync-now', '--emr', 'pat-nobody']);
    assert.deepEqual([nobody.code, nobody.outcome], [3, 'skipped_filtered']);
    assert.equal((await suture(dir, ['sync-now', '--crm', 'not an id'])).code, 2);
    assert.equal((await suture(dir, ['sync-now'])).code, 2);
    assert.equal((await suture(dir, ['link', '--crm', contact])).code, 2);
    assert.equal((await suture(dir, ['search', 'somewhere', 'x'])).code, 2);
    const preview = (await must(dir, ['preview', '--crm', contact.slice(0, 15), '--json'])).json;
    assert.deepEqual([preview.crm_id, preview.outcome], [contact, 'unchanged']);
    assert.equal((await suture(dir, ['preview', '--crm', contact, '--id', 'x'])).code, 2);
  });
});

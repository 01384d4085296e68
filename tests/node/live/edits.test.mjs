// A person's edit in one system reaches the other, by webhook and by stream; where both edit one field the policy decides.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAlike, eventually, must, sleep, withLive } from './live.mjs';

test('R20: an edit in the EMR reaches the CRM by webhook, and only the field that changed is written (R26)', async () => {
  await withLive({}, async (w) => {
    const [{ patient, contact }] = await w.pairs();
    await w.editPatient(patient.id, { email: 'moved@mail.example' });
    const now = await eventually(async () => (await w.contact(contact.Id)).Email === 'moved@mail.example' && w.contact(contact.Id), 'the contact has the new e-mail');
    await w.quiet();
    const ours = ['Email', 'SystemModstamp', 'LastModifiedDate', 'LastModifiedById', 'Last_Hint_Sync__c', 'Last_Batch_Sync_Id__c', 'Suture_Status__c', 'Suture_Reason__c', 'Suture_Web_Link__c'];
    for (const field of Object.keys(contact).filter((name) => !ours.includes(name))) assert.deepEqual(now[field], contact[field], field);
    assert.equal((await w.patient(patient.id)).email, 'moved@mail.example');
  });
});

test('R21: an edit in the CRM reaches the EMR by its stream', async () => {
  await withLive({}, async (w) => {
    const [{ patient, contact }] = await w.pairs();
    await w.editContact(contact.Id, { Email: 'crm@mail.example', MailingCity: 'Utica' });
    await eventually(async () => {
      const p = await w.patient(patient.id);
      return p.email === 'crm@mail.example' && p.address_city === 'Utica';
    }, 'the patient has the new e-mail and city');
    await w.quiet();
    const pair = (await w.pairs()).find((row) => row.patient.id === patient.id);
    assertAlike(pair);
  });
});

test('R17: an edit in the CRM of a field that belongs to the EMR is put back', async () => {
  await withLive({}, async (w) => {
    const { patient, contact } = (await w.pairs()).find((pair) => pair.patient.health_insurance_payer_name);
    await w.editContact(contact.Id, { Insurance_Payer__c: 'Somebody Else' });
    await eventually(async () => (await w.contact(contact.Id)).Insurance_Payer__c === patient.health_insurance_payer_name, 'the payer is put back');
    assert.equal((await w.patient(patient.id)).health_insurance_payer_name, patient.health_insurance_payer_name);
  });
});

/* Both edit before either is told: the daemon is away meanwhile. */
async function bothEdit(w, patient, contact) {
  await w.daemon.stop();
  await w.editPatient(patient.id, { email: 'emr@mail.example', address_city: 'Ithaca' });
  await w.editContact(contact.Id, { Email: 'crm@mail.example' });
  await w.again();
}

for (const [winner, email] of [['emr', 'emr@mail.example'], ['crm', 'crm@mail.example']]) {
  test(`R22 R25: both edit one field: '${winner}' wins on both sides, the conflict is recorded, other fields are merged (R20)`, async () => {
    await withLive({ extra: { patients: { policy: { 'E-mail': { winner } } } } }, async (w) => {
      const [{ patient, contact }] = await w.pairs();
      await bothEdit(w, patient, contact);
      await eventually(async () => {
        const [c, p] = [await w.contact(contact.Id), await w.patient(patient.id)];
        return c.Email === email && p.email === email && c.MailingCity === 'Ithaca';
      }, `both have what the ${winner} says`);
      await w.quiet();
      const { json } = await must(w.dir, ['conflicts', '--json']);
      assert.equal(json.length, 1, JSON.stringify(json));
      assert.deepEqual([json[0].field, json[0].winner], ['E-mail', winner]);
    });
  });
}

test('R28: what a person changes in the moment of our own write is kept', async () => {
  await withLive({}, async (w) => {
    const pairs = (await w.pairs()).slice(0, 10);
    /* Each pair: an edit in the EMR that we carry over, and at about the same time an edit of another field in the CRM. */
    await Promise.all(pairs.map(async ({ patient, contact }, n) => {
      await w.editPatient(patient.id, { email: `e${n}@mail.example` });
      await sleep(n);
      await w.editContact(contact.Id, { MailingCity: `Troy ${n}` });
    }));
    await eventually(async () => {
      const { contacts, patients } = await w.states();
      return pairs.every(({ patient, contact }, n) => {
        const [c, p] = [contacts.find((one) => one.Id === contact.Id), patients.find((one) => one.id === patient.id)];
        return [c.Email, p.email].every((v) => v === `e${n}@mail.example`) && [c.MailingCity, p.address_city].every((v) => v === `Troy ${n}`);
      });
    }, 'both edits of every pair stand on both sides');
  });
});

// The truth inside both systems: staff read in the contact and in the patient how a record stands (R8, R18, R41).
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { must, states, withWorld, writeCalls } from './world.mjs';

const places = { crm_status_field: 'Suture_Status__c', crm_reason_field: 'Suture_Reason__c', crm_link_field: 'Suture_Web_Link__c' };

test('R18: both systems say how each record stands, and saying it once is enough', async () => {
  await withWorld({ patients: 120, extra: { patients: places } }, async ({ dir, systems }) => {
    const report = (await must(dir, ['import', '--json', '--quiet'])).json;
    await must(dir, ['drain', '--quiet']);
    const { contacts, patients } = await states(systems);
    const told = patients.filter((patient) => patient.integration_error_message);
    assert.ok(report.skipped_ambiguous > 0, 'the world has twins');
    assert.equal(told.length, report.skipped_ambiguous + report.skipped_linked + report.failed);
    for (const patient of told) {
      assert.match(patient.integration_error_message, /^(Not linked|Failed): /);
      assert.ok(!patient.integration_error_message.includes(patient.last_name), 'R41');
    }
    const linked = contacts.filter((contact) => contact.Synced_to_Hint__c === true && contact.Suture_Status__c);
    assert.ok(linked.length > 0);
    for (const contact of linked) {
      assert.equal(contact.Suture_Status__c, 'Synced');
      assert.ok(contact.Suture_Web_Link__c.endsWith(contact.Hint_Patient_Id__c));
    }
    const written = [await writeCalls(systems.hint), await writeCalls(systems.salesforce)];
    await must(dir, ['import', '--json', '--quiet']);
    await must(dir, ['drain', '--quiet']);
    assert.deepEqual([await writeCalls(systems.hint), await writeCalls(systems.salesforce)], written, 'R27');
  });
});

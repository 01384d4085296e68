// The daemon between NikoHealth and the org: webhooks that only say what to read again, a stream of the org, and an order that comes before its patient.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, must, sleep, startDaemon, untilReady } from '../live/live.mjs';
import { company, org, withWorld } from './world.mjs';

const configure = (urls) => ({
  connections: { niko: { ...company(urls), hook_secret: 'a-long-random-text-at-the-end' }, org: org(urls) },
  integration: { name: 'niko-org', emr: 'niko', crm: 'org' },
  syncs: {
    patients: { emr_object: 'patient', crm_object: 'Account', mapping: 'nikohealth-business-account', create: true, crm_id_field: 'Niko_Patient_Id__c', delta_lag_s: 0 },
    orders: {
      emr_object: 'order', crm_object: 'Niko_Order__c', mapping: 'nikohealth-order', create: true, crm_id_field: 'Niko_Order_Id__c',
      parent: { sync: 'patients', emr: 'PatientId', crm: 'Patient__c' },
    },
  },
});

test('R1 R13 R20 R21 R27: live in both directions, and an order flows as soon as its patient is linked', async () => {
  await withWorld({ sandbox: ['--nikohealth-port', '0', '--patients', '6', '--seed', '2'], configure }, async (w) => {
    await w.run('import', 'patients');
    await w.run('import', 'orders');
    const daemon = await startDaemon(w.dir);
    try {
      await untilReady(daemon);
      await must(w.dir, ['webhooks', 'niko', 'register', '--url', daemon.url]);
      const account = async (id) => (await w.of('Account')).find((row) => row.Niko_Patient_Id__c === id);
      const [one] = (await w.patients()).filter((row) => row.Status.Status !== 'Inactive');

      await w.edit(one.Id, { 'Addresses.Patient.City': 'Macon' });
      await eventually(async () => (await account(one.Id)).BillingCity === 'Macon', 'an edit in NikoHealth reaches the org');
      await w.editThere('Account', (await account(one.Id)).Id, { BillingCity: 'Tybee Island' });
      await eventually(async () => (await w.patient(one.Id)).Addresses.Patient.City === 'Tybee Island', 'an edit in the org reaches NikoHealth');

      const id = '10999999';
      const left = { 'Status.Status': 'Inactive', 'Status.InactiveStatus': 'Moved', 'Status.DcDate': '2026-01-05' };
      await w.createWith('patient', id, { 'General.Name.FirstName': 'Nova', 'General.Name.LastName': 'Quill', 'General.DateOfBirth': '1991-07-30', ...left });
      const order = await w.create('order', { PatientId: id, Status: 'New' });
      const payload = await eventually(async () => (await w.run('staged')).json.find((row) => row.record === (order.id ?? order.Id) && row.state === 'parked'), 'the order waits');
      assert.equal(payload.reason, `waits for patients ${id}, which is not linked yet`);
      await w.edit(id, { 'Status.Status': 'Active' });
      const made = await eventually(async () => account(id), 'the patient is created in the org');
      const there = await eventually(async () => (await w.of('Niko_Order__c')).find((row) => row.Niko_Order_Id__c === (order.id ?? order.Id)), 'the order follows');
      assert.equal(there.Patient__c, made.Id);

      await eventually(async () => {
        await w.writes();
        await sleep(1000);
        return (await w.writes()) === 0;
      }, 'both come to rest');
      await sleep(1000);
      assert.equal(await w.writes(), 0, 'nothing goes back and forth');
    } finally {
      assert.equal(await daemon.stop(), 0);
    }
  });
});

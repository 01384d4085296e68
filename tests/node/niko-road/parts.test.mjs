// Orders, insurances and tasks of NikoHealth as records that hang on their patient's Account.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changes, company, org, withWorld } from './world.mjs';

const kinds = [
  { sync: 'orders', object: 'order', crm: 'Niko_Order__c', id: 'Niko_Order_Id__c', list: 'orders' },
  { sync: 'insurances', object: 'insurance', crm: 'Niko_Insurance__c', id: 'Niko_Insurance_Id__c', list: 'insurances' },
  { sync: 'tasks', object: 'task', crm: 'Niko_Task__c', id: 'Niko_Task_Id__c', list: 'tasks' },
];
const child = ({ object, crm, id }) => ({
  emr_object: object, crm_object: crm, mapping: `nikohealth-${object}`, create: true, crm_id_field: id, delta_lag_s: 0,
  parent: { sync: 'patients', emr: 'PatientId', crm: 'Patient__c' },
});
const configure = (urls) => ({
  connections: { niko: company(urls), org: org(urls) },
  integration: { name: 'niko-org', emr: 'niko', crm: 'org' },
  syncs: {
    patients: { emr_object: 'patient', crm_object: 'Account', mapping: 'nikohealth-business-account', create: true, crm_id_field: 'Niko_Patient_Id__c', delta_lag_s: 0 },
    ...Object.fromEntries(kinds.map((kind) => [kind.sync, child(kind)])),
  },
});
const world = { sandbox: ['--nikohealth-port', '0', '--seed', '9', '--patients', '30'], configure };
const quiet = (report) => assert.equal(changes(report), 0, JSON.stringify(report));

test('parts whose patient is not linked wait, say for whom, and flow when the patient is linked', async () => {
  await withWorld(world, async (w) => {
    const all = Object.fromEntries(await Promise.all(kinds.map(async ({ list }) => [list, await w.state(list)])));
    for (const { sync, list, crm } of kinds) {
      assert.ok(all[list].length > 3, `${list} are there`);
      assert.deepEqual((await w.run('check', sync)).json.filter((row) => row.level === 'error'), []);
      const report = (await w.run('import', sync)).json;
      assert.equal(report.waiting, all[list].length, JSON.stringify(report));
      assert.equal((await w.of(crm)).length, 0);
    }
    const parked = (await w.run('staged', '--limit', '500')).json.filter((row) => row.state === 'parked');
    assert.ok(parked.length > 0 && parked.every((row) => /^waits for patients \d+, which is not linked yet$/.test(row.reason)));
    await w.run('import', 'patients');
    const account = Object.fromEntries((await w.of('Account')).filter((row) => row.Niko_Patient_Id__c).map((row) => [row.Niko_Patient_Id__c, row.Id]));
    for (const { sync, list, crm, id } of kinds) {
      await w.run('drain', sync);
      const there = await w.of(crm);
      const linked = all[list].filter((row) => account[row.PatientId]);
      assert.equal(there.length, linked.length, list);
      for (const row of linked) assert.equal(there.find((one) => one[id] === row.Id).Patient__c, account[row.PatientId]);
      await w.writes();
      quiet((await w.run('import', sync)).json);
      quiet((await w.run('delta', sync)).json);
      assert.equal(await w.writes(), 0, list);
    }
  });
});

test('an order follows NikoHealth, moves with its patient, and an edit of it in the CRM is put back (R17)', async () => {
  await withWorld(world, async (w) => {
    await w.run('import', 'patients');
    await w.run('import', 'orders');
    await w.run('delta', 'orders');
    const accounts = (await w.of('Account')).filter((row) => row.Niko_Patient_Id__c);
    const order = (await w.state('orders')).find((row) => accounts.some((one) => one.Niko_Patient_Id__c === row.PatientId));
    const there = async () => (await w.of('Niko_Order__c')).find((row) => row.Niko_Order_Id__c === order.Id);
    const other = accounts.find((row) => row.Niko_Patient_Id__c !== order.PatientId);
    await w.edit(order.Id, { Status: 'Cancelled', PatientId: other.Niko_Patient_Id__c }, 'order');
    await w.run('delta', 'orders');
    assert.deepEqual([(await there()).Status__c, (await there()).Patient__c], ['Cancelled', other.Id]);
    await w.editThere('Niko_Order__c', (await there()).Id, { Status__c: 'Mine', Patient__c: accounts.find((row) => row.Id !== other.Id).Id });
    await w.run('delta', 'orders');
    assert.deepEqual([(await there()).Status__c, (await there()).Patient__c], ['Cancelled', other.Id]);
    const made = await w.create('order', { PatientId: accounts[0].Niko_Patient_Id__c, Status: 'New' });
    await w.run('delta', 'orders');
    const fresh = (await w.of('Niko_Order__c')).find((row) => row.Niko_Order_Id__c === (made.id ?? made.Id));
    assert.equal(fresh.Patient__c, accounts[0].Id);
    await w.writes();
    quiet((await w.run('delta', 'orders')).json);
    assert.equal(await w.writes(), 0);
  });
});

test('an insurance, which cannot be read by itself, is put back too when it is edited in the CRM, and let go of when it is gone (R17, R31)', async () => {
  await withWorld(world, async (w) => {
    await w.run('import', 'patients');
    await w.run('import', 'insurances');
    await w.run('delta', 'insurances');
    const [one] = await w.of('Niko_Insurance__c');
    await w.editThere('Niko_Insurance__c', one.Id, { Payer__c: 'Somebody Else' });
    const report = (await w.run('delta', 'insurances')).json;
    assert.equal(report.failed ?? 0, 0, JSON.stringify(report));
    assert.equal((await w.of('Niko_Insurance__c')).find((row) => row.Id === one.Id).Payer__c, one.Payer__c);
    await w.remove('insurance', one.Niko_Insurance_Id__c);
    await w.run('delta', 'insurances');
    await w.run('drain', 'insurances');
    const links = (await w.run('links', '--emr', one.Niko_Insurance_Id__c)).json;
    assert.deepEqual(links.map((row) => row.state), ['ended'], 'what a complete reading does not meet any more is gone');
  });
});

// The NikoHealth guide from its first step to its last, in a browser (steps 4 to 9, a new sync by hand, are mapping.test.mjs): the integration and its objects, existing records,
// real time, and both directions.
import assert from 'node:assert/strict';
import { admin } from '../../demo/systems.mjs';
import { eventually } from '../node/serve/daemon.mjs';
import { consoleTests } from './lib/browser.mjs';
import { passesAll } from './lib/checks.mjs';
import { startNiko } from './lib/niko.mjs';

const child = (object, crm, id) => ({ emr_object: object, crm_object: crm, mapping: `nikohealth-${object}`, create: true, crm_id_field: id, parent: { sync: 'patients', emr: 'PatientId', crm: 'Patient__c' } });
const syncs = {
  patients: { emr_object: 'patient', crm_object: 'Account', mapping: 'nikohealth-business-account', create: true, crm_id_field: 'Niko_Patient_Id__c', delta_lag_s: 0 },
  orders: child('order', 'Niko_Order__c', 'Niko_Order_Id__c'),
  insurances: child('insurance', 'Niko_Insurance__c', 'Niko_Insurance_Id__c'),
  tasks: child('task', 'Niko_Task__c', 'Niko_Task_Id__c'),
};
const check = consoleTests(() => startNiko({ patients: 8, syncs }));

const patients = async (world) => (await admin(world.systems.urls.nikohealth, 'state')).patients;
const accountOf = async (world, id) => (await world.accounts()).find((account) => account.Niko_Patient_Id__c === id);

check('steps 1 to 3 and 9 to 10: the active integration shows its objects, and Sync records brings the patients there are', async ({ page, open, world }) => {
  await open('/');
  await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Active Integrations' }).click();
  for (const name of Object.keys(syncs)) {
    const card = page.getByRole('region', { name, exact: true });
    await card.getByRole('link', { name: 'Change mapping' }).waitFor();
    await card.getByRole('link', { name: 'Sync records' }).waitFor();
  }
  await passesAll(page, 'integrations');
  const card = page.getByRole('region', { name: 'patients', exact: true });
  await card.getByRole('link', { name: 'Change mapping' }).click();
  await page.getByRole('table', { name: 'Field mapping' }).waitFor();
  await page.goBack();
  await card.getByRole('link', { name: 'Sync records' }).click();
  await page.getByRole('button', { name: 'Sync Data', exact: true }).click();
  await page.getByText('Completed', { exact: true }).first().waitFor();
  for (const { Id: id, Status: status } of await patients(world)) assert.equal(Boolean(await accountOf(world, id)), status.Status !== 'Inactive', id);
});

check('steps 11 to 16: events are told to us, and edits go both ways by themselves', async ({ page, open, world }) => {
  await open('/realtime/patients');
  const hook = page.locator('section', { has: page.getByRole('heading', { name: /^Webhook of NikoHealth/ }) });
  await hook.getByRole('button', { name: 'Register' }).click();
  await hook.getByRole('button', { name: 'Unregister' }).waitFor();
  const [patient] = (await patients(world)).filter((one) => one.Status.Status !== 'Inactive');
  await admin(world.systems.urls.nikohealth, 'edit', { object: 'patient', id: patient.Id, fields: { 'Addresses.Patient.City': 'Macon' } });
  const account = await eventually(async () => {
    const found = await accountOf(world, patient.Id);
    return found?.BillingCity === 'Macon' && found;
  }, 'an edit in NikoHealth reaches Salesforce');
  await page.getByRole('table', { name: 'Deliveries' }).getByText(patient.Id).first().waitFor();
  await admin(world.systems.urls.salesforce, 'edit', { object: 'Account', id: account.Id, fields: { BillingCity: 'Tybee Island' } });
  await eventually(async () => (await patients(world)).find(({ Id }) => Id === patient.Id).Addresses.Patient.City === 'Tybee Island', 'an edit in Salesforce reaches NikoHealth');
  await open(`/records/patients/emr/${patient.Id}`);
  await page.getByRole('table').first().getByText('City').first().waitFor();
  await page.getByText('Salesforce, stream', { exact: false }).first().waitFor();
});

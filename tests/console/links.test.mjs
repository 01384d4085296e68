// The Hint guide's "Manual Syncing of a Single Contact and Patient" and "Unlinking", by the console (R11, R29, R30).
import assert from 'node:assert/strict';
import { admin, states } from '../../demo/systems.mjs';
import { consoleTests } from './lib/browser.mjs';
import { passesAll } from './lib/checks.mjs';

const check = consoleTests({ imported: true });

let made = 0;
/** A contact and a patient of one name, whom no import has linked; values differ. */
async function people({ systems }) {
  made += 1;
  const last = `Quill${String.fromCharCode(64 + made).toLowerCase()}`;
  const contact = (await admin(systems.salesforce, 'create', { object: 'Contact', fields: { FirstName: 'Mara', LastName: last, Birthdate: '1984-02-29', MailingCity: 'Crmville' } })).id;
  const patient = (await admin(systems.hint, 'create', { object: 'patient', quiet: true, fields: { first_name: 'Mara', last_name: last, dob: '1984-02-29', address_city: 'Emrton', email: `${last}@mail.example`.toLowerCase() } })).id;
  return { contact, patient, last };
}

const contactOf = async ({ systems }, id) => (await states(systems)).contacts.find((row) => row.Id === id);

check('Manual Syncing: search, radio, preview, Sync Patient; then Unlink Patient with a reason', async ({ page, open, world }) => {
  const { contact, patient, last } = await people(world);
  await open(`/links/patients/crm/${contact}`);
  // The search box is filled with the contact's name, and who has it in Hint is found.
  const box = page.getByRole('searchbox', { name: 'Search a patient in the EMR' });
  assert.equal(await box.inputValue(), `Mara ${last} 1984-02-29`);
  await page.getByRole('radio', { name: new RegExp(patient) }).check();
  const preview = page.getByRole('table', { name: 'What will change' });
  await preview.getByRole('row').filter({ hasText: 'Crmville' }).getByText('Salesforce wins').waitFor();
  await page.getByText('The contact’s values win').waitFor();
  await passesAll(page, 'link');
  assert.ok(!page.url().includes(last));
  await page.getByRole('button', { name: 'Sync Patient' }).click();
  await page.getByRole('heading', { name: 'Linked now' }).waitFor();
  const linked = await contactOf(world, contact);
  assert.deepEqual([linked.Hint_Patient_Id__c, linked.Synced_to_Hint__c, linked.Email], [patient, true, `${last}@mail.example`.toLowerCase()]);
  assert.equal((await states(world.systems)).patients.find((row) => row.id === patient).address_city, 'Crmville');

  await page.getByRole('button', { name: 'Sync now from Salesforce' }).click();
  await page.getByText('Unchanged', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Unlink Patient' }).click();
  await page.getByText('Both records stay as they are').waitFor();
  await passesAll(page, 'unlink');
  await page.getByLabel('Reason').fill('two people of one name');
  await page.getByRole('dialog').getByRole('button', { name: 'Unlink' }).click();
  await page.getByRole('heading', { name: 'Which patient is it?' }).waitFor();
  await page.getByRole('button', { name: 'Unlink Patient' }).waitFor({ state: 'detached' });
  assert.equal((await contactOf(world, contact)).Hint_Patient_Id__c ?? null, null);

  // The list of pairs, and the story, know of it.
  await open(`/links?state=ended&crm=${contact}`);
  await page.getByRole('table', { name: 'Links' }).getByText(patient).waitFor();
  await passesAll(page, 'links');
  await open(`/records/patients/crm/${contact}`);
  await page.getByRole('list', { name: 'What happened' }).getByText('two people of one name').waitFor();
});

check('R30: another patient is chosen for a linked contact: the old link goes, which is said first', async ({ page, open, world }) => {
  const { contact, patient } = await people(world);
  const second = await people(world);
  await open(`/links/patients/crm/${contact}`);
  const choose = async (id) => {
    await page.getByRole('searchbox').fill(id);
    await page.getByRole('radio', { name: new RegExp(id) }).check();
    await page.getByRole('table', { name: 'What will change' }).waitFor();
  };
  await choose(patient);
  await page.getByRole('button', { name: 'Sync Patient' }).click();
  await page.getByRole('heading', { name: 'Linked now' }).waitFor();
  await choose(second.patient);
  await page.getByText(`is linked to ${patient}: that link goes.`).waitFor();
  await page.getByRole('button', { name: 'Sync Patient' }).click();
  await page.getByRole('heading', { name: 'Linked now' }).waitFor();
  await page.getByRole('main').getByRole('link', { name: second.patient }).waitFor();
  assert.equal((await contactOf(world, contact)).Hint_Patient_Id__c, second.patient);
});

check('Create New Patient for a contact whom nobody fits; by the keyboard alone; undo after a link', async ({ page, open, world }) => {
  const id = (await admin(world.systems.salesforce, 'create', { object: 'Contact', fields: { FirstName: 'Nobody', LastName: 'Else', Birthdate: '1971-01-01' } })).id;
  await open(`/links/patients/crm/${id}`);
  await page.getByRole('button', { name: 'Create New Patient' }).first().focus();
  await page.keyboard.press('Enter');
  await page.getByRole('table', { name: 'What will change' }).waitFor();
  await page.getByRole('heading', { name: 'What will change' }).locator('xpath=..').getByRole('button', { name: 'Create New Patient' }).press('Enter');
  await page.getByRole('heading', { name: 'Linked now' }).waitFor();
  const contact = await contactOf(world, id);
  assert.equal((await states(world.systems)).patients.find((row) => row.id === contact.Hint_Patient_Id__c).last_name, 'Else');
});

check('both sides are searched, one of each is chosen; a link is undone at once', async ({ page, open, world }) => {
  const { contact, patient, last } = await people(world);
  await open('/links/patients');
  await page.getByRole('searchbox', { name: 'Search a contact in Salesforce' }).fill(last);
  await page.getByRole('radio', { name: new RegExp(contact) }).check();
  await page.getByRole('searchbox', { name: 'Search a patient in the EMR' }).fill('Nobodyatall');
  await page.getByText('Nobody was found').waitFor();
  await page.getByRole('searchbox', { name: 'Search a patient in the EMR' }).fill(`Mara ${last}`);
  await page.getByRole('radio', { name: new RegExp(patient) }).check();
  await page.getByRole('radio', { name: 'The patient’s, as when a new patient arrives' }).check();
  await page.getByRole('table', { name: 'What will change' }).getByRole('row').filter({ hasText: 'Crmville' }).getByText('EMR wins').waitFor();
  await passesAll(page, 'link-both');
  await page.getByRole('button', { name: 'Sync Contact' }).click();
  await page.getByRole('heading', { level: 1, name: /^Story of/ }).waitFor();
  assert.equal((await contactOf(world, contact)).MailingCity, 'Emrton');
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByRole('main').getByText('Not linked').first().waitFor();
});

check('who may not see patient data is told so', { as: 'viewer' }, async ({ page, open }) => {
  await open('/links/patients');
  await page.getByText('Your role does not show patient data').waitFor();
  await open('/links');
  await page.getByRole('table', { name: 'Links' }).waitFor();
});

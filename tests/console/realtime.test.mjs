// Real time in a browser: steps 11 to 14 of the NikoHealth guide, a change in the EMR arriving in Salesforce, pause and resume, the test event.
import assert from 'node:assert/strict';
import { admin as tell, apiKey, states } from '../../demo/systems.mjs';
import { event, eventually, signed } from '../node/serve/daemon.mjs';
import { consoleTests } from './lib/browser.mjs';
import { passesAll } from './lib/checks.mjs';

const check = consoleTests({ imported: true });
const button = (page, name) => page.getByRole('button', { name, exact: true });
const open1 = (open) => open('/realtime/patients');
const contactOf = async (world, id) => (await states(world.systems)).contacts.find((contact) => contact.Hint_Patient_Id__c === id);

/** A person at the practice moves a patient to another city; what the practice's system would send about it. */
async function move(world, city) {
  const patient = (await states(world.systems)).patients.find((one) => one.integration_record_id);
  await tell(world.systems.hint, 'edit', { object: 'patient', id: patient.id, fields: { address_city: city } });
  const whole = await fetch(`${world.systems.hint}/api/provider/patients/${patient.id}`, { headers: { authorization: `Bearer ${apiKey}` } });
  return whole.json();
}
const send = (world, patient) => fetch(`${world.url}/hooks/practice`, signed(event(patient)));

check('steps 11 to 14: settings, events, mapping, Enable Real-Time Sync; then a change in the EMR arrives in Salesforce', async ({ page, open, world }) => {
  await open('/');
  await page.getByRole('link', { name: 'RealTime Settings' }).click();
  await passesAll(page, 'realtime');
  await page.getByRole('table', { name: 'Integrations in real time' }).getByRole('link', { name: 'practice-org' }).click();
  await button(page, 'Disable Real-Time Sync').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Switch off' }).click();
  await button(page, 'Enable Real-Time Sync').waitFor();

  const created = page.getByRole('switch', { name: 'patient.created' });
  await created.click();
  await page.getByText('1 event off').waitFor();
  await created.click();
  await page.getByText('all are on').waitFor();
  assert.ok(await page.getByRole('radio', { name: 'The same mapping as batches' }).isChecked());
  await page.getByRole('combobox', { name: 'Deleted or archived in the EMR' }).selectOption('flag');
  await page.getByText('Saved', { exact: true }).waitFor();
  await button(page, 'Enable Real-Time Sync').click();
  await page.getByText('Real-time sync is on').waitFor();
  await page.locator('.pill', { hasText: /^On$/ }).first().waitFor();

  const patient = await move(world, 'Realtown');
  assert.equal((await send(world, patient)).status, 200);
  await eventually(async () => (await contactOf(world, patient.id)).MailingCity === 'Realtown', 'the change arrives in Salesforce');
  await page.getByRole('table', { name: 'Deliveries' }).getByText(patient.id).first().waitFor();
  await button(page, 'Sample of patient.updated').click();
  const drawer = page.getByRole('dialog', { name: 'A payload of patient.updated' });
  await drawer.getByText('first_name').first().waitFor();
  assert.ok(!(await drawer.textContent()).includes(patient.last_name), 'values are masked');
  await passesAll(page, 'realtime-sample');
  await drawer.getByRole('button', { name: 'Close' }).click();
  await passesAll(page, 'realtime-one');
});

check('paused, events are kept; resumed, they go over', async ({ page, open, world }) => {
  await open1(open);
  await button(page, 'Pause').click();
  const dialog = page.getByRole('dialog', { name: 'Pause this sync?' });
  await dialog.getByText(/Nothing is lost/).waitFor();
  await dialog.getByLabel('Reason').fill('the org is being moved');
  await dialog.getByRole('button', { name: 'Pause' }).click();
  await page.locator('.pill', { hasText: 'Paused' }).first().waitFor();
  const isPaused = () => page.evaluate(async () => (await (await fetch('/api/v1/syncs')).json()).items[0].state.paused);
  await eventually(isPaused, 'what was under way is finished');
  const patient = await move(world, 'Pausetown');
  assert.equal((await send(world, patient)).status, 200);
  await page.getByText(/[1-9]\d* events? (is|are) kept so far/).waitFor();
  await passesAll(page, 'realtime-paused');
  await button(page, 'Resume').click();
  await eventually(async () => (await contactOf(world, patient.id)).MailingCity === 'Pausetown', 'it goes over after resuming');
});

check('the way is tried by a signed test event; the address is shown on demand; the far side is told', async ({ page, open, world }) => {
  await open1(open);
  const card = page.locator('section', { has: page.getByRole('heading', { name: /^Webhook of Hint/ }) });
  await card.getByRole('button', { name: 'Send test event' }).click();
  await card.getByText(/acknowledged with 200/).waitFor();
  await card.getByRole('button', { name: 'Show' }).click();
  await card.getByRole('button', { name: 'Copy webhook address' }).waitFor();
  await card.getByText(`${world.url}/hooks/practice`).waitFor();
  await card.getByRole('button', { name: 'Register' }).click();
  await card.getByRole('button', { name: 'Unregister' }).waitFor();
  await card.getByRole('button', { name: 'Change secret' }).click();
  await card.getByLabel('New secret').fill('another-key');
  await passesAll(page, 'realtime-hook');
  await card.getByRole('button', { name: 'Cancel' }).click();
  await card.getByRole('button', { name: 'Unregister' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Unregister' }).click();
  await card.getByText('Not yet').waitFor();
});

check('an operator tries the way, and may not change settings', { as: 'operator' }, async ({ page, open }) => {
  await open1(open);
  await page.getByRole('button', { name: 'Send test event' }).first().click();
  await page.getByText(/acknowledged with 200/).waitFor();
  assert.equal(await button(page, 'Pause').getAttribute('aria-disabled'), 'true');
  await passesAll(page, 'realtime-operator');
});

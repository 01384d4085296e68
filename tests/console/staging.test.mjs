// Staging: a malformed payload is shown with its error, its source is mended, one click brings it through; the story of the record says why.
import assert from 'node:assert/strict';
import { admin, states } from '../../demo/systems.mjs';
import { event, eventually, makePatient, signed } from '../node/serve/daemon.mjs';
import { consoleTests, settled } from './lib/browser.mjs';
import { passesAll } from './lib/checks.mjs';

const check = consoleTests({ imported: true });

/** A patient whom the practice gives with a birth date that is none. */
async function brokenPatient({ systems, daemon, url }, last = 'Quill') {
  const patient = await makePatient(systems, { first_name: 'Mara', last_name: last, dob: '1984-02-29' });
  await admin(systems.hint, 'malformed', { id: patient.id, kind: 'bad_date' });
  const answer = await fetch(`${url}${new URL(daemon.webhooks.practice).pathname}`, signed(event({ ...patient, dob: '1984-02-30' }, 'patient.created')));
  assert.equal(answer.status, 200);
  return patient.id;
}

check('R3: a bad payload waits with its error, is mended at its source and comes through by one click', async ({ page, open, world }) => {
  const id = await brokenPatient(world);
  await open('/staged?state=failed');
  const row = page.getByRole('table', { name: 'Staged payloads' }).getByRole('row').filter({ hasText: id });
  await row.getByText('Errored').waitFor();
  await page.getByRole('table', { name: 'Failed alike' }).waitFor();
  await passesAll(page, 'staged');
  assert.ok(!(await page.getByRole('main').textContent()).includes('Quill'), 'a list shows no values');

  await row.getByRole('link').first().click();
  await page.getByRole('heading', { level: 1, name: /^Payload \d+$/ }).waitFor();
  await page.getByRole('button', { name: 'Reveal the bytes' }).click();
  await page.getByRole('tree').waitFor();
  await page.getByRole('tree').getByText('"Quill"').waitFor();
  await page.getByRole('button', { name: 'Preview', exact: true }).click();
  await page.getByText('It would fail').waitFor();
  await passesAll(page, 'payload');

  await admin(world.systems.hint, `malformed?id=${id}`, undefined, 'DELETE');
  await page.getByRole('button', { name: 'Preview again' }).click();
  await page.getByRole('table', { name: 'What it would do now' }).getByText('Quill').first().waitFor();
  await page.getByRole('heading', { level: 1 }).click();
  await page.keyboard.press('r');
  await page.getByText('It came through: Created').waitFor();
  await eventually(async () => (await states(world.systems)).contacts.some((contact) => contact.LastName === 'Quill' && contact.Birthdate === '1984-02-29'), 'the contact');

  // The story, by its link, after a reload, and back.
  await page.getByRole('link', { name: 'Story of the record' }).click();
  await page.getByRole('heading', { level: 1, name: `Story of patient ${id}` }).waitFor();
  await page.reload();
  await settled(page);
  const story = page.getByRole('list', { name: 'What happened' });
  await story.getByText('Created').first().waitFor();
  await story.getByText('Superseded').first().waitFor();
  await story.getByText('looked at it').first().waitFor();
  assert.ok(!(await story.textContent()).includes('Quill'), 'a story shows no values');
  await page.getByRole('button', { name: 'Reveal values' }).click();
  await page.getByRole('table', { name: 'Fields', exact: true }).getByText('Quill').first().waitFor();
  await passesAll(page, 'timeline');
  await page.goBack();
  await page.getByRole('heading', { level: 1, name: /^Payload \d+$/ }).waitFor();
});

check('all that failed alike are retried after a count; one is left out with a reason', async ({ page, open, world }) => {
  const mended = await brokenPatient(world, 'Mended');
  const useless = await brokenPatient(world, 'Useless');
  await open(`/staged?state=failed&record=${useless}&sync=patients`);
  // A delta may have read the same record once more: all of its payloads are chosen.
  await page.getByRole('checkbox', { name: 'Select all shown' }).check();
  await page.getByRole('button', { name: 'Leave out' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Leave out' }).click();
  await page.getByText('Say why').waitFor();
  await page.getByLabel('Reason').fill('a patient of our own tests');
  await page.getByRole('dialog').getByRole('button', { name: 'Leave out' }).click();
  await page.getByText(/^\d payloads? left out$/).waitFor();

  await admin(world.systems.hint, `malformed?id=${mended}`, undefined, 'DELETE');
  await page.getByRole('button', { name: 'Retry all alike' }).click();
  await page.getByText(/\d payloads? would come through now/).waitFor();
  await page.getByRole('button', { name: /^Retry \d payloads?$/ }).click();
  await page.getByText(/^\d payloads? handed over/).waitFor();
  await eventually(async () => (await (await fetch(`${world.systems.salesforce}/__admin/state`)).json()).Contact.some((contact) => contact.Hint_Patient_Id__c === mended), 'the contact');
});

check('who may not see patient data sees none of it, and is told why', { as: 'viewer' }, async ({ page, open, world }) => {
  await open('/staged');
  await page.getByRole('table', { name: 'Staged payloads' }).getByRole('row').nth(1).getByRole('link').first().click();
  await page.getByRole('heading', { level: 1, name: /^Payload \d+$/ }).waitFor();
  for (const name of ['Reveal the bytes', 'Preview', 'Retry']) assert.equal(await page.getByRole('button', { name, exact: true }).getAttribute('aria-disabled'), 'true', name);
  assert.ok(world.url);
});

// The review queue: an ambiguous record is worked through with the keyboard; a near match is ruled out (R8, R10).
import assert from 'node:assert/strict';
import { admin, must, states } from '../../demo/systems.mjs';
import { event, eventually, makePatient, signed } from '../node/serve/daemon.mjs';
import { consoleTests } from './lib/browser.mjs';
import { passesAll } from './lib/checks.mjs';

const check = consoleTests({ imported: true });

const contact = async ({ systems }, fields) => (await admin(systems.salesforce, 'create', { object: 'Contact', fields: { FirstName: 'Mara', Birthdate: '1984-02-29', ...fields } })).id;

/** Until the daemon knows of these contacts: whoever arrives before them would be new (R8). */
const known = ({ dir }, ids) =>
  eventually(async () => {
    const { stdout } = await must(dir, ['staged', '--json', '--limit', '1000']);
    const done = JSON.parse(stdout).filter((row) => row.state === 'done').map((row) => row.record);
    return ids.every((id) => done.includes(id));
  }, 'the contacts');

async function arrives({ systems, daemon, url }, fields) {
  const patient = await makePatient(systems, { first_name: 'Mara', dob: '1984-02-29', ...fields });
  const answer = await fetch(`${url}${new URL(daemon.webhooks.practice).pathname}`, signed(event(patient, 'patient.created')));
  assert.equal(answer.status, 200);
  return patient.id;
}

check('R8: two contacts fit; the case is opened, compared, one chosen and linked, all by keys', async ({ page, open, world }) => {
  const both = [await contact(world, { LastName: 'Double', MailingCity: 'Northton' }), await contact(world, { LastName: 'Double', MailingCity: 'Southton' })];
  await known(world, both);
  const patient = await arrives(world, { last_name: 'Double', address_city: 'Southton' });
  await open('/review');
  await page.getByRole('table', { name: 'Cases' }).getByRole('row').filter({ hasText: patient }).waitFor();
  await passesAll(page, 'review');
  await page.getByRole('heading', { level: 1 }).click();
  // The cases are sorted by age; this one is the youngest.
  const rows = await page.getByRole('table', { name: 'Cases' }).getByRole('row').allTextContents();
  for (let at = rows.findIndex((text) => text.includes(patient)); at > 0; at -= 1) await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: /^Several fit, case \d+$/ }).waitFor();
  await page.getByRole('button', { name: 'Reveal side by side' }).waitFor();
  await page.keyboard.press('v');
  const table = page.getByRole('table', { name: 'Side by side' });
  await table.getByText('Northton').waitFor();
  const order = await page.getByRole('radio').count();
  assert.equal(order, 2);
  const label = await table.getByRole('columnheader').nth(3).textContent();
  const second = both.find((id) => label.includes(id));
  await page.keyboard.press('2');
  await page.getByRole('button', { name: 'Preview', exact: true }).click();
  await page.getByRole('table', { name: 'What linking would change' }).waitFor();
  await passesAll(page, 'case');
  await page.keyboard.press('l');
  await page.waitForFunction((id) => !location.pathname.endsWith(`/${id}`), page.url().split('/').at(-1));
  const linked = (await states(world.systems)).contacts.find((row) => row.Id === second);
  assert.equal(linked.Hint_Patient_Id__c, patient);
});

check('R10: a near match is never suggested again; who only looks is told why he may not', async ({ page, open, world }) => {
  const near = await contact(world, { FirstName: 'Roberta', LastName: 'Nearby' });
  await known(world, [near]);
  await arrives(world, { first_name: 'Bobbie', last_name: 'Nearby' });
  await arrives(world, { first_name: 'Nearby', last_name: 'Roberta' });
  await open('/review?kind=near');
  const row = page.getByRole('table', { name: 'Cases' }).getByRole('row').nth(1);
  await row.waitFor();
  await row.getByRole('link').first().click();
  await page.getByRole('heading', { level: 1, name: /^Near matches, case \d+$/ }).waitFor();
  const here = page.url();
  await page.getByRole('button', { name: 'Leave as it is' }).click();
  await page.getByLabel('Reason').fill('mother and daughter');
  await page.getByRole('dialog').getByRole('button', { name: 'Leave as it is' }).click();
  await page.waitForURL((url) => url.href !== here);
});

check('a viewer sees the cases and no values', { as: 'viewer' }, async ({ page, open }) => {
  await open('/review');
  await page.getByRole('heading', { level: 1, name: 'Review' }).waitFor();
  await passesAll(page, 'review-viewer');
});

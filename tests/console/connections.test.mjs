// From nothing: Salesforce by its own sign-in page, the EMR by a pasted code, which two are integrated, the Default Account.
import assert from 'node:assert/strict';
import { must } from '../../demo/systems.mjs';
import { consoleTests } from './lib/browser.mjs';
import { passesAll } from './lib/checks.mjs';

const check = consoleTests({ bare: true });

check('nothing is connected yet: the empty state leads to the first connection', async ({ page, open }) => {
  await open('/connections');
  await passesAll(page, 'connections-empty');
  await page.getByRole('main').getByRole('link', { name: 'Connect a system' }).last().click();
  await page.getByRole('heading', { name: 'Which system?' }).waitFor();
  await page.goBack();
  await page.getByRole('heading', { name: 'Nothing is connected yet' }).waitFor();
});

check('Salesforce is connected by signing in at its own page', async ({ page, open, world }) => {
  await open('/connections/new?side=crm');
  await page.getByRole('button', { name: 'Salesforce' }).click();
  await page.getByLabel('Login URL').fill(world.systems.salesforce);
  await page.getByRole('button', { name: 'Save and go on' }).click();
  await page.getByText('This is needed').first().waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), 'setting-client_id');
  await page.getByLabel('Client ID').fill('suture-client');
  await page.getByLabel('Client secret').fill('suture-secret');
  await passesAll(page, 'connection-new');
  await page.getByRole('button', { name: 'Save and go on' }).click();
  await page.getByRole('heading', { name: 'org', level: 1 }).waitFor();
  await page.getByRole('button', { name: 'Sign in to Salesforce' }).click();
  await page.getByText('Connected. The tests below say as whom.').waitFor();
  await page.getByText(/org 00D\w+, user 005\w+/).waitFor();
  assert.ok(!page.url().includes('code='), 'the code is not left in the address');
  await passesAll(page, 'connection');
  const { stdout } = await must(world.dir, ['export', '--json']);
  assert.deepEqual(JSON.parse(stdout).connections.org.refresh_token, { sealed: true });
});

check('the EMR is connected by a pasted code', async ({ page, open, world }) => {
  await open('/connections/new?side=emr');
  await page.getByRole('button', { name: 'Hint Health' }).click();
  await page.getByText('More settings').click();
  await page.getByLabel('URL', { exact: true }).fill(`${world.systems.hint}/api`);
  await page.getByLabel('Partner key').fill('hint-partner-key');
  await page.getByRole('button', { name: 'Save and go on' }).click();
  await page.getByRole('textbox', { name: 'Authorisation code' }).fill('hint-first-code');
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.getByText('Connected to Hint Health').waitFor();
  await page.getByRole('listitem').filter({ hasText: 'Sign-in' }).getByText('Passed').waitFor();
});

check('the two are integrated, with the Default Account', async ({ page, open, world }) => {
  await open('/integrations');
  await page.getByLabel('Default Account').fill('Hint Patients');
  await page.getByRole('button', { name: 'Integrate these two' }).click();
  await page.getByRole('heading', { name: 'No object is synced yet' }).waitFor();
  await passesAll(page, 'integrations-empty');
  const { stdout } = await must(world.dir, ['export', '--json']);
  const { name, emr, crm, default_account: account } = JSON.parse(stdout).integration;
  assert.deepEqual([name, emr, crm, account], ['practice-org', 'practice', 'org', 'Hint Patients']);
});

check('a viewer sees the connections and may not change them', { as: 'viewer' }, async ({ page, open }) => {
  await open('/connections/org');
  const save = page.getByRole('button', { name: 'Save', exact: true });
  assert.equal(await save.getAttribute('aria-disabled'), 'true');
  await page.getByText('Only an administrator can change the set-up').first().waitFor({ state: 'attached' });
});

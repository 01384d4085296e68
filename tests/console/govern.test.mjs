// Policy, conflicts, log, audit and health: what a compliance reviewer and an operator look at.
import assert from 'node:assert/strict';
import { admin, must } from '../../demo/systems.mjs';
import { eventually } from '../node/serve/daemon.mjs';
import { consoleTests } from './lib/browser.mjs';
import { passesAll } from './lib/checks.mjs';

const check = consoleTests({ imported: true, patients: 12, extra: { patients: { policy: { Email: { winner: 'review' } } } } });

/** A linked pair whose e-mail both sides change; its policy asks a person (R22). */
async function makeConflict({ systems, dir }) {
  const [link] = JSON.parse((await must(dir, ['links', '--limit', '1', '--json'])).stdout);
  await admin(systems.hint, 'edit', { object: 'patient', id: link.emr_id, fields: { email: 'emr.side@mail.example' } });
  await admin(systems.salesforce, 'edit', { object: 'Contact', id: link.crm_id, fields: { Email: 'crm.side@mail.example' } });
  await must(dir, ['sync-now', '--emr', link.emr_id]);
  await eventually(async () => JSON.parse((await must(dir, ['conflicts', '--waiting', '--json'])).stdout).length, 'the conflict');
  return link;
}

check('the policy is one page; a change needs a reason, and can be undone', async ({ page, open, world }) => {
  await open('/policy');
  await page.getByRole('table', { name: 'Policy' }).waitFor();
  await passesAll(page, 'policy');
  await page.getByRole('button', { name: 'Change the policy of Mobile phone' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('When both sides changed, who is right?').selectOption('crm');
  await dialog.getByRole('button', { name: 'Save as a new version' }).click();
  await dialog.getByText('Say why: it stands in the audit trail').waitFor();
  await dialog.getByLabel('Reason').fill('people tell the front desk');
  await passesAll(page, 'policy-change');
  await dialog.getByRole('button', { name: 'Save as a new version' }).click();
  await page.getByText('The policy of Mobile phone was changed').waitFor();
  const winner = async () => JSON.parse((await must(world.dir, ['policy', '--json'])).stdout).find(({ field }) => field === 'Mobile phone').winner;
  assert.equal(await winner(), 'crm');
  await page.getByRole('button', { name: 'Undo' }).click();
  await eventually(async () => (await winner()) === 'emr', 'the change is taken back');
  await page.getByRole('tab', { name: 'History' }).click();
  await page.getByRole('table', { name: 'Changes of the policy' }).getByText('people tell the front desk', { exact: true }).waitFor();
});

check('a conflict is decided after both values were looked at, and the look is audited (R22)', async ({ page, open, world }) => {
  const link = await makeConflict(world);
  await open('/conflicts');
  await page.getByRole('row').filter({ hasText: link.crm_id }).click();
  const drawer = page.getByRole('dialog');
  await drawer.getByRole('button', { name: 'Reveal both values' }).click();
  await drawer.getByText('emr.side@mail.example').waitFor();
  await drawer.getByText('crm.side@mail.example').waitFor();
  assert.ok(!page.url().includes('mail.example'));
  await drawer.getByRole('radio', { name: 'Salesforce' }).check();
  await drawer.getByLabel('Reason').fill('told us on the phone');
  await passesAll(page, 'conflict');
  await drawer.getByRole('button', { name: 'Decide', exact: true }).click();
  await page.getByText('Decided and carried out').waitFor();
  const patient = (await admin(world.systems.hint, 'state')).patients?.find(({ id }) => id === link.emr_id) ?? (await admin(world.systems.hint, 'state')).find(({ id }) => id === link.emr_id);
  assert.equal(patient.email, 'crm.side@mail.example');
  const trail = JSON.parse((await must(world.dir, ['audit', '--limit', '1000', '--json'])).stdout);
  assert.ok(trail.some(({ who, action, subject }) => who === 'console:admin' && action === 'look' && /^conflict \d+$/.test(subject)));
});

check('a viewer sees that there are conflicts, not what is in them', { as: 'viewer' }, async ({ page, open }) => {
  await open('/conflicts?show=all');
  await page.getByRole('table', { name: 'Conflicts' }).getByRole('row').nth(1).click();
  const reveal = page.getByRole('dialog').getByRole('button', { name: 'Reveal both values' });
  assert.equal(await reveal.getAttribute('aria-disabled'), 'true');
  assert.equal(await page.getByRole('dialog').getByRole('button', { name: 'Decide', exact: true }).getAttribute('aria-disabled'), 'true');
});

check('the log is filtered by the URL, and a line shows its details', async ({ page, open }) => {
  await open('/log?level=debug');
  await page.getByRole('table', { name: 'Log' }).waitFor();
  await passesAll(page, 'log');
  await page.getByLabel('Text or code').fill('no such line is there');
  await page.getByRole('heading', { name: 'No line fits' }).waitFor();
  assert.match(page.url(), /text=no\+such/);
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await page.getByRole('table', { name: 'Log' }).getByRole('row').nth(1).click();
  await page.getByRole('dialog').getByText('Code').waitFor();
});

check('the audit trail is read and verified by an auditor', { as: 'auditor' }, async ({ page, open }) => {
  await open('/audit');
  await page.getByRole('button', { name: 'Verify the chain' }).click();
  await page.getByText(/The chain is intact/).waitFor();
  await passesAll(page, 'audit');
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Export CSV' }).click()]);
  assert.equal(download.suggestedFilename(), 'audit.csv');
});

check('an operator has no audit trail', { as: 'operator', mayRefuse: true }, async ({ page, open }) => {
  await open('/audit');
  await page.getByText(/Only an administrator or auditor reads the audit trail/).first().waitFor();
});

check('health: alerts, API calls, changed fields', async ({ page, open }) => {
  await open('/alerts');
  await passesAll(page, 'health');
  await page.getByRole('tab', { name: 'API calls' }).click();
  await page.getByRole('table', { name: 'API calls' }).getByText('practice').waitFor();
  await passesAll(page, 'health-calls');
  await page.getByRole('tab', { name: 'Changed fields' }).click();
  await page.getByRole('heading', { name: 'All fields are what they were' }).waitFor();
});

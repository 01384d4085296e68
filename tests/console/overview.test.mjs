// The overview: the set-up until it is done, each sync with its queue and its runs, what was moved, what waits for a person, pause and resume.
import assert from 'node:assert/strict';
import { admin, must } from '../../demo/systems.mjs';
import { event, eventually, makePatient, signed } from '../node/serve/daemon.mjs';
import { consoleTests } from './lib/browser.mjs';
import { passesAll } from './lib/checks.mjs';

const check = consoleTests({ imported: true, patients: 12, extra: { patients: { policy: { Email: { winner: 'review' } } } } });

async function failOne({ systems, daemon, dir }) {
  const patient = await makePatient(systems, { first_name: 'Mara', last_name: 'Quill', dob: '1984-02-29' });
  await admin(systems.hint, 'malformed', { id: patient.id, kind: 'bad_date' });
  const answer = await fetch(daemon.webhooks.practice, signed(event({ ...patient, dob: '1984-02-30' }, 'patient.created')));
  assert.equal(answer.status, 200);
  await eventually(async () => JSON.parse((await must(dir, ['staged', '--failed', '--json'])).stdout).length, 'the failure');
}

check('each sync with health, queue, last run; records moved; a failure appears by itself and leads to its list', async ({ page, open, world }) => {
  await open('/');
  const row = page.getByRole('table', { name: 'Object syncs' }).getByRole('row').filter({ hasText: 'patients' });
  await row.getByText('Healthy').waitFor();
  await row.getByText('Completed').waitFor();
  await page.getByRole('img', { name: /Records moved\. To Salesforce: \d+ in all/ }).waitFor();
  const links = JSON.parse((await must(world.dir, ['links', '--json'])).stdout).length;
  await page.getByText(`${links} to Salesforce, 0 to the EMR, 0 failed`).waitFor();
  await failOne(world);
  // The delta may meet the same patient: then two payloads have failed.
  const tile = page.getByRole('link', { name: /^[12] Failed payloads/ });
  await tile.waitFor();
  await page.getByText(/to the EMR, [12] failed$/).waitFor();
  await passesAll(page, 'overview');
  assert.equal(await tile.getAttribute('href'), '/staged?state=failed');
});

check('a conflict that was there before the page is counted', async ({ page, open, world }) => {
  const [link] = JSON.parse((await must(world.dir, ['links', '--limit', '1', '--json'])).stdout);
  await admin(world.systems.hint, 'edit', { object: 'patient', id: link.emr_id, fields: { email: 'emr.side@mail.example' } });
  await admin(world.systems.salesforce, 'edit', { object: 'Contact', id: link.crm_id, fields: { Email: 'crm.side@mail.example' } });
  await must(world.dir, ['sync-now', '--emr', link.emr_id]);
  await eventually(async () => JSON.parse((await must(world.dir, ['conflicts', '--waiting', '--json'])).stdout).length, 'the conflict');
  await open('/policy');
  await open('/');
  await page.getByRole('link', { name: '1 Conflicts' }).waitFor();
});

check('the same as numbers, over a week', async ({ page, open }) => {
  await open('/?range=week');
  await page.getByRole('button', { name: 'Show numbers' }).click();
  assert.equal(await page.getByRole('table', { name: 'Records moved, numbers' }).getByRole('row').count(), 8);
});

check('the set-up says what is left, and can be put away in this browser', async ({ page, open }) => {
  await open('/');
  const list = page.getByRole('region', { name: 'Set-up' });
  await list.getByRole('listitem').filter({ hasText: 'Look at a preview of real records' }).getByRole('link', { name: 'Preview' }).waitFor();
  assert.equal(await list.getByRole('listitem').filter({ hasText: 'Connect the EMR' }).getByRole('link').count(), 0, 'what is done has no button');
  await list.getByRole('button', { name: 'Put away' }).click();
  await page.getByText(/Set-up: \d of 8 steps are done/).waitFor();
  await page.reload();
  await page.getByText(/Set-up: \d of 8 steps are done/).waitFor();
  await page.getByRole('button', { name: 'Show the list' }).click();
  await list.waitFor();
});

check('an administrator pauses a sync and resumes it; what that means is said first', async ({ page, open, world }) => {
  await open('/');
  const row = page.getByRole('table', { name: 'Object syncs' }).getByRole('row').filter({ hasText: 'patients' });
  await row.getByRole('button', { name: 'Pause' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText(/Nothing is lost/).waitFor();
  await dialog.getByRole('button', { name: 'Pause', exact: true }).click();
  await row.getByText('Paused').waitFor();
  await row.getByRole('button', { name: 'Resume' }).click();
  await row.getByText('Healthy').waitFor();
  const trail = JSON.parse((await must(world.dir, ['audit', '--limit', '1000', '--json'])).stdout);
  await eventually(async () => trail.some(({ who }) => who === 'console:admin'), 'the pause stands in the trail');
});

check('a viewer sees it all and may not pause', { as: 'viewer' }, async ({ page, open }) => {
  await open('/');
  const pause = page.getByRole('button', { name: 'Pause' }).first();
  assert.equal(await pause.getAttribute('aria-disabled'), 'true');
});

// Batches in a browser: from the first click to records in the org; aborted half-way and resumed; a file; a schedule; the server restarted under the screen.
import assert from 'node:assert/strict';
import { admin as tell, states } from '../../demo/systems.mjs';
import { eventually, makePatient } from '../node/serve/daemon.mjs';
import { consoleTests } from './lib/browser.mjs';
import { passesAll } from './lib/checks.mjs';
import { longestTask } from './lib/large.mjs';

// No stream: what it missed before it began would be asked for by a run of its own.
const check = consoleTests({ patients: 400, args: ['--no-stream'] });
const button = (page, name) => page.getByRole('button', { name, exact: true });
/** The org takes its time with writes, so that there is time to look; 0: what is under way is answered at once. */
const slow = (world, ms) => tell(world.systems.salesforce, 'faults', ms ? [{ match: '*composite/sobjects*', kind: 'latency', ms }] : []);
const tile = (page, label) => page.getByRole('group', { name: 'Records by outcome' }).getByRole('button', { name: label });
const figure = async (page, label) => Number((await tile(page, label).locator('strong').textContent()).replaceAll(',', ''));

/** No task of the page kept it busy for so long. */
const watchTasks = (page) =>
  page.addInitScript(() => {
    window.longest = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
    }).observe({ type: 'longtask', buffered: true });
  });

check('empty lists say what to do', async ({ page, open }) => {
  await open('/runs');
  await page.getByRole('heading', { name: 'Nothing has run yet' }).waitFor();
  await passesAll(page, 'runs-empty');
});

check('R34 Sync Data, from the first click to the records in the org: looked at first, aborted half-way, resumed', async ({ page, open, world, browser }) => {
  await watchTasks(page);
  await open('/runs');
  await page.getByRole('link', { name: 'Sync records' }).first().click();
  await page.getByRole('heading', { name: 'Sync Records' }).waitFor();
  await button(page, 'See what it would do').first().click();
  const dry = page.getByRole('group', { name: 'What the dry run found' });
  await dry.waitFor();
  const created = Number(await dry.locator('.tile', { hasText: 'Created' }).locator('strong').textContent());
  const there = (await states(world.systems)).contacts.length;
  await passesAll(page, 'runs-new');

  await slow(world, 50_000);
  await button(page, 'Sync Data').click();
  await button(page, 'Abort Batch').waitFor();
  assert.match(await page.getByRole('heading', { level: 1 }).textContent(), /^B\d{8}-\d{6}$/);
  await page.getByRole('button', { name: 'Copy Batch Sync ID' }).waitFor();
  await page.getByText('Decides and writes').waitFor();
  await passesAll(page, 'runs-live');
  await button(page, 'Abort Batch').click();
  const asked = page.getByRole('dialog', { name: 'Abort this batch?' });
  await asked.getByText(/will not be written/).waitFor();
  await asked.getByText(/Resume goes on where it stopped/).waitFor();
  await Promise.all([page.waitForResponse(/\/abort$/), asked.getByRole('button', { name: 'Abort batch' }).click()]);
  await slow(world, 0);
  await page.locator('.pill', { hasText: 'Aborted' }).first().waitFor();
  await button(page, 'Resume').click();
  await page.locator('.pill', { hasText: 'Completed' }).first().waitFor();
  await eventually(async () => (await figure(page, 'Created')) === created, 'as many as the dry run said');
  assert.equal((await states(world.systems)).contacts.length - there, created);

  await tile(page, 'Created').click();
  assert.match(page.url(), /outcome=created/);
  await page.getByRole('table', { name: 'Records of this run' }).getByText('pat-').first().waitFor();
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download created' }).click()]);
  assert.match(file.suggestedFilename(), /^B\d{8}-\d{6}\.csv$/);
  await page.reload();
  await page.getByRole('button', { name: /Created/, pressed: true }).waitFor();
  await passesAll(page, 'runs-report');
  const longest = await page.evaluate(() => window.longest);
  const most = await longestTask(browser);
  assert.ok(longest < most, `a task took ${longest} ms, ${Math.round(most)} ms are allowed`);
});

check('R3 failed records say why, and are tried again', async ({ page, open, world }) => {
  const patient = await makePatient(world.systems, { first_name: 'Ida', last_name: 'Mended', dob: '1980-01-01', email: 'no address' });
  await open('/runs/new');
  await button(page, 'Sync Data').click();
  await page.locator('.pill', { hasText: 'Completed with errors' }).first().waitFor();
  await tile(page, 'Failed').click();
  await page.getByRole('table', { name: 'Records of this run' }).getByText(patient.id).click();
  const drawer = page.getByRole('dialog', { name: 'Record of this run' });
  await drawer.getByText(/INVALID_EMAIL/).first().waitFor();
  await passesAll(page, 'runs-failed');
  await drawer.getByRole('button', { name: 'Close' }).click();
  await tell(world.systems.hint, 'edit', { object: 'patient', id: patient.id, fields: { email: 'ida@mail.example' } });
  await button(page, 'Retry failed').click();
  await eventually(async () => (await states(world.systems)).contacts.some((contact) => contact.Hint_Patient_Id__c === patient.id && contact.Email === 'ida@mail.example'), 'the record came through');
});

check('R14 R35 a file is checked before it starts; Start Batch Sync Contacts to Patients', async ({ page, open, world }) => {
  const { contacts } = await states(world.systems);
  const [first, second] = contacts;
  await open('/runs/new');
  const csv = `\ufeff"Contact ID","Full Name"\r\n"${first.Id}","x, y"\r\n${second.Id.slice(0, 15)}\r\n${first.Id}\r\n"Confidential Information - Do Not Distribute"\r\n`;
  await page.locator('input[type=file]').setInputFiles({ name: 'report.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
  const found = page.getByRole('group', { name: 'What the file holds' });
  await found.locator('.tile', { hasText: 'Accepted' }).getByText('2', { exact: true }).waitFor();
  await page.getByText('3 lines that do not count, and why').click();
  await page.getByRole('cell', { name: /further up/ }).waitFor();
  await passesAll(page, 'runs-csv');
  await button(page, 'Start Batch Sync Contacts to Patients').click();
  await page.locator('.pill', { hasText: /^Completed/ }).first().waitFor();
  assert.equal(await figure(page, 'All records'), 2);
});

check('R34 R39 a schedule is said back in words with its next runs', async ({ page, open }) => {
  await open('/runs/new');
  await page.getByRole('link', { name: 'Schedule Data Sync' }).click();
  const dialog = page.getByRole('dialog', { name: 'Schedule Data Sync' });
  await dialog.getByText('Runs every day at 02:00').waitFor();
  await dialog.getByRole('combobox', { name: 'Runs' }).selectOption('weekdays');
  await dialog.getByText(/Runs on weekdays at 02:00/).waitFor();
  assert.equal(await dialog.getByRole('listitem').count(), 3);
  await passesAll(page, 'schedules-dialog');
  await dialog.getByRole('button', { name: 'Schedule', exact: true }).click();
  await page.getByRole('cell', { name: /on weekdays at 02:00/ }).waitFor();
  await passesAll(page, 'schedules');
});

check('the server restarts under the live screen, and the batch goes on', { mayRefuse: true }, async ({ page, open, world }) => {
  await tell(world.systems.hint, 'faults', [{ match: '*', kind: 'latency', ms: 1500 }]);
  await open('/runs/new');
  await button(page, 'Sync Data').click();
  await button(page, 'Abort Batch').waitFor();
  const id = await page.getByRole('heading', { level: 1 }).textContent();
  await world.restart();
  await tell(world.systems.hint, 'faults', []);
  await page.locator('.pill', { hasText: /^Completed/ }).first().waitFor();
  assert.equal(await page.getByRole('heading', { level: 1 }).textContent(), id);
  await page.getByText('Live', { exact: true }).waitFor();
});

check('a viewer sees all of it and may start nothing', { as: 'viewer' }, async ({ page, open }) => {
  await open('/runs');
  await page.getByRole('link', { name: /^B\d{8}/ }).first().click();
  await page.getByRole('table', { name: 'Records of this run' }).waitFor();
  await open('/runs/new');
  assert.equal(await button(page, 'Sync Data').getAttribute('aria-disabled'), 'true');
  await passesAll(page, 'runs-viewer');
});

// The console while a large import runs: no freeze, and in the end its figures are those of the org.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { states } from '../../../demo/systems.mjs';
import { consoleTests } from './browser.mjs';
import { screenshots } from './checks.mjs';

/** How long this machine stood still at most, for all of us: so much later than it was due did our own clock tick. */
let stoodStillMs = 0;
let ticked = performance.now();
setInterval(() => {
  const now = performance.now();
  stoodStillMs = Math.max(stoodStillMs, now - ticked - 20);
  ticked = now;
}, 20).unref();

/**
 * How long a task of the page may be: 200 ms, longer where more wants to run than can, and beside that what the kernel made the browser's processes wait for a
 * processor, or the whole machine stand still: what others keep from it is no freeze of ours.
 */
export async function longestTask(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const waits = processInfo.map(({ id }) => waitedMs(id));
  return 200 * Math.max(1, loadavg()[0] / availableParallelism()) + Math.max(...waits) + stoodStillMs;
}

/** Of a process's main thread; 0 where the kernel does not say. */
function waitedMs(pid) {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
}

export function largeImport(patients) {
  const check = consoleTests({ patients });
  check(`${patients} records import under the live screen: no task over 200 ms, the figures are right`, async ({ page, open, world, browser }) => {
    await page.addInitScript(() => {
      window.tasks = [];
      new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask', buffered: true });
    });
    await open('/runs/new');
    const before = (await states(world.systems)).contacts.length;
    const figure = async (label) => Number((await page.getByRole('group', { name: 'Records by outcome' }).getByRole('button', { name: new RegExp(`^[\\d,]+ ${label}$`) }).locator('strong').textContent()).replaceAll(',', ''));
    await page.getByRole('button', { name: 'Sync Data', exact: true }).click();
    await page.getByRole('button', { name: 'Abort Batch', exact: true }).waitFor();
    const seen = new Set();
    for (let over = false; !over; ) {
      seen.add(await figure('All records'));
      const pill = await page.locator('.page-header .pill').textContent();
      over = /^(Completed|Failed|Aborted)/.test(pill);
      // A person who works meanwhile: filters, and back.
      await page.getByRole('button', { name: /Created$/ }).click();
      await page.getByRole('button', { name: /All records$/ }).click();
      await page.waitForTimeout(100);
    }
    assert.ok(seen.size > 1, `the figures moved: ${[...seen].join(', ')}`);
    await page.waitForFunction((all) => document.querySelector('.tiles strong')?.textContent.replaceAll(',', '') === String(all), patients);
    const { contacts } = await states(world.systems);
    assert.equal(await figure('Created'), contacts.length - before);
    const batch = await page.getByRole('heading', { level: 1 }).textContent();
    assert.equal(contacts.filter((contact) => contact.Last_Batch_Sync_Id__c === batch).length, (await figure('Created')) + (await figure('Linked')));
    await page.getByRole('button', { name: /Created$/ }).click();
    const rows = page.getByRole('table', { name: 'Records of this run' }).locator('[role=row]');
    await rows.nth(5).waitFor();
    assert.ok((await rows.count()) < 60, 'few rows are in the page');
    await screenshots(page, 'runs-large');
    const tasks = await page.evaluate(() => window.tasks);
    const most = await longestTask(browser);
    assert.ok(tasks.every((ms) => ms < most), `long tasks: ${tasks.map(Math.round).join(', ')} ms, ${Math.round(most)} ms are allowed`);
  });
}

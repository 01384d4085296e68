#!/usr/bin/env node
// tools/screenshots.mjs: docs/images/*.png, as README.md shows them: the console in a made-up world. Needs a build and the packages of the browser tests.
//
// Everybody in the pictures is invented. The pictures have a palette of 256 colours, so that they stay small.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { admin, must, paths } from '../demo/systems.mjs';
import { newPage, settled, signIn, startBrowser } from '../tests/console/lib/browser.mjs';
import { password, startWorld } from '../tests/console/lib/world.mjs';
import { event, eventually, makePatient, signed } from '../tests/node/serve/daemon.mjs';
import { withPalette } from './png-palette.mjs';

const folder = join(paths.root, 'docs/images');
const size = { width: 1200, height: 760 };

const heading = (page, name) => page.getByRole('heading', { name, level: 1 }).waitFor();

/** What a day at the practice leaves: edits on both sides, one that both made, two who fit, one payload that failed. */
async function live({ systems, dir, daemon }) {
  await must(dir, ['preview', '--json']);
  const links = JSON.parse((await must(dir, ['links', '--limit', '40', '--json'])).stdout);
  const [both, ...others] = links;
  for (const { crm_id: id } of others.slice(0, 9)) {
    await admin(systems.salesforce, 'edit', { object: 'Contact', id, fields: { MailingCity: 'Northton' } });
    await must(dir, ['sync-now', '--crm', id]);
  }
  await admin(systems.hint, 'edit', { object: 'patient', id: both.emr_id, fields: { email: 'front.desk@mail.example' } });
  await admin(systems.salesforce, 'edit', { object: 'Contact', id: both.crm_id, fields: { Email: 'own.words@mail.example' } });
  await must(dir, ['sync-now', '--emr', both.emr_id]);
  const patient = await makePatient(systems, { first_name: 'Mara', last_name: 'Quill', dob: '1984-02-29' });
  await admin(systems.hint, 'malformed', { id: patient.id, kind: 'bad_date' });
  await fetch(daemon.webhooks.practice, signed(event({ ...patient, dob: '1984-02-30' }, 'patient.created')));
  await eventually(async () => JSON.parse((await must(dir, ['conflicts', '--waiting', '--json'])).stdout).length, 'the conflict');
  return both;
}

/** Name of the file, where, and what is done there before it is taken. */
function pictures(pair) {
  return [
    ['overview', '/', (page) => page.getByRole('link', { name: /^[12] Failed payloads/ }).waitFor()],
    ['mapping', '/mapping/patients', (page) => page.getByRole('table', { name: 'Field mapping' }).waitFor()],
    ['run', '/runs', async (page) => {
      await page.getByRole('link', { name: /^B\d{8}-\d{6}$/ }).last().click();
      await page.getByRole('table', { name: 'Records of this run' }).waitFor();
    }],
    ['record', `/records/patients/emr/${pair.emr_id}`, async (page) => {
      const card = page.getByRole('main').locator('.card').filter({ has: page.getByRole('list', { name: 'What happened' }) });
      await card.evaluate((element) => globalThis.scrollTo(0, element.getBoundingClientRect().top + globalThis.scrollY - 64));
    }],
    ['conflict', '/conflicts', async (page) => {
      await page.getByRole('table', { name: 'Conflicts' }).getByRole('row').nth(1).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Reveal both values' }).click();
      await page.getByRole('dialog').getByText('own.words@mail.example').first().waitFor();
    }],
    ['dark', '/', async (page) => {
      await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
      await page.getByRole('link', { name: /^[12] Failed payloads/ }).waitFor();
    }],
  ];
}

async function take(page, url, pair) {
  for (const [name, path, prepare] of pictures(pair)) {
    await page.goto(url + path);
    await settled(page);
    await prepare(page);
    await settled(page);
    const bytes = withPalette(await page.screenshot());
    writeFileSync(join(folder, `${name}.png`), bytes);
    console.log(`${name}.png ${Math.ceil(bytes.length / 1024)} KB`);
  }
}

const world = await startWorld({ imported: true, patients: 240, extra: { patients: { policy: { Email: { winner: 'review' } } } } });
const browser = await startBrowser();
try {
  mkdirSync(folder, { recursive: true });
  const pair = await live(world);
  const { page } = await newPage(browser, size);
  await page.goto(world.url);
  await signIn(page, 'admin', password);
  await heading(page, 'Overview');
  await take(page, world.url, pair);
} finally {
  await browser.close();
  await world.stop();
}

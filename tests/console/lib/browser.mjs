// One browser a file, one page a test.
//
//	import { consoleTests } from './lib/browser.mjs';
//	const check = consoleTests({ imported: true });            // systems, daemon, browser; ended after the last test
//	check('the overview shows each sync', async ({ page, open, world }) => { await open('/'); ... });
//	check('...', { as: 'viewer', dark: true, width: 375 }, async ({ page, open }) => { ... });
//
// Each page is signed in (as admin, or `as`; null: nobody), and at its end the console has to be empty of errors.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { password, startWorld } from './world.mjs';

// The packages of all JavaScript tests stand in tests/node.
const require = createRequire(new URL('../../node/package.json', import.meta.url));
const { chromium } = require('playwright-core');

const program = process.env.SUTURE_BROWSER ?? '/usr/bin/chromium-headless-shell';
const patienceMs = 60_000;

export const startBrowser = () => chromium.launch({ executablePath: program, timeout: 2 * patienceMs, args: ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none'] });

/** What a browser complains of by itself when the server refuses or goes away, as some tests want it to. */
const refusal = /Failed to load resource|net::ERR_/;

/** A page of its own; errors() is what its console said. */
export async function newPage(browser, { dark = false, width = 1280, height = 800, reducedMotion = 'reduce' } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: dark ? 'dark' : 'light', reducedMotion, locale: 'en-US', timezoneId: 'UTC' });
  context.setDefaultTimeout(patienceMs);
  const page = await context.newPage();
  const said = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') said.push(message.text());
  });
  page.on('pageerror', (error) => said.push(String(error)));
  return { context, page, errors: (alsoRefusals = true) => said.filter((text) => alsoRefusals || !refusal.test(text)) };
}

/** Signs in by the form, as a person does. */
export async function signIn(page, who = 'admin', secretText = password) {
  await page.getByLabel('Name').fill(who);
  await page.getByLabel('Password').fill(secretText);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** Signs in without the form: the cookie goes to the page's context. Signing in takes a while on purpose, so that a file does it once for each person. */
async function cookiesOf(jar, world, who) {
  if (!jar.has(who)) {
    const answer = await fetch(`${world.url}/api/v1/session`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name: who, password }) });
    if (!answer.ok) throw new Error(`${who} cannot sign in: ${answer.status} ${await answer.text()}`);
    const cookies = answer.headers.getSetCookie().map((line) => {
      const [pair] = line.split(';');
      const at = pair.indexOf('=');
      return { name: pair.slice(0, at), value: pair.slice(at + 1), url: world.url, httpOnly: true, sameSite: 'Strict' };
    });
    jar.set(who, cookies);
  }
  return jar.get(who);
}

/**
 * `worldOptions`: of startWorld, or a function that starts another world.
 * A file's tests: check(name, options, ({ page, open, world, browser, errors }) => ...). `options`: as, dark, width, height; mayRefuse: the test makes the server
 * refuse or go away, and the browser's own words about that are no failure.
 */
export function consoleTests(worldOptions = {}) {
  const held = {};
  const jar = new Map();
  before(async () => {
    const starts = { world: typeof worldOptions === 'function' ? worldOptions() : startWorld(worldOptions), browser: startBrowser() };
    // Each is held as soon as it is there: when the other one fails, it still has to be ended.
    await Promise.all(Object.entries(starts).map(async ([name, started]) => (held[name] = await started)));
  });
  after(async () => {
    await held.browser?.close();
    await held.world?.stop();
  });
  return (name, options, run) => {
    const body = run ?? options;
    const { as = 'admin', mayRefuse = false, ...look } = run ? options : {};
    test(name, async () => {
      const { context, page, errors } = await newPage(held.browser, look);
      try {
        if (as) await context.addCookies(await cookiesOf(jar, held.world, as));
        const open = async (path = '/') => {
          await page.goto(held.world.url + path);
          await settled(page);
        };
        await body({ page, open, context, errors, ...held });
        assert.deepEqual(errors(!mayRefuse && as !== null), [], 'the console says nothing');
      } finally {
        await context.close();
      }
    });
  };
}

/** Until nothing is loading any more: no skeleton, nothing busy, fonts there. */
export async function settled(page) {
  await page.waitForFunction(() => document.querySelector('h1') && !document.querySelector('.skeleton, [aria-busy=true]') && document.fonts.status === 'loaded');
}

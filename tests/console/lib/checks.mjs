// What every screen has to pass; each takes a playwright page.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { settled } from './browser.mjs';

const require = createRequire(new URL('../../node/package.json', import.meta.url));
const axe = require.resolve('axe-core/axe.min.js');
const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const shots = join(process.env.SUTURE_BUILD ?? join(root, 'build'), 'screenshots');

const standards = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** axe-core finds nothing. The page's CSP forbids scripts from elsewhere, so axe comes in by the debugger. */
export async function noAxeFindings(page, where = '') {
  const { readFileSync } = await import('node:fs');
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(readFileSync(axe, 'utf8'));
  const found = await page.evaluate((tags) => window.axe.run(document, { runOnly: tags, resultTypes: ['violations'] }), standards);
  const told = found.violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ''}`));
  assert.deepEqual(told, [], `axe ${where}`);
}

/** Light or dark, drawn. */
async function setScheme(page, colorScheme) {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

/** The same in light and dark. */
export async function noAxeFindingsInBoth(page, where = '') {
  for (const colorScheme of ['light', 'dark']) {
    await setScheme(page, colorScheme);
    await noAxeFindings(page, `${where} ${colorScheme}`);
  }
}

/** At 320 px nothing makes the page scroll sideways. */
export async function noSidewaysScroll(page, width = 320) {
  const before = page.viewportSize();
  await page.setViewportSize({ width, height: 640 });
  await page.waitForFunction((wanted) => innerWidth === wanted, width);
  const wide = await page.evaluate(() => {
    const limit = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= limit) return [];
    return [...document.querySelectorAll('body *')]
      .filter((element) => element.getBoundingClientRect().right > limit + 1)
      .slice(0, 5)
      .map((element) => `${element.tagName.toLowerCase()}.${element.className?.baseVal ?? element.className}: ${Math.round(element.getBoundingClientRect().right)} px`);
  });
  assert.deepEqual(wide, [], `sideways scroll at ${width} px`);
  await page.setViewportSize(before);
}

/** No text is wider or higher than what shows it. What scrolls by itself, or says that it cuts (text-overflow), may. */
export async function noTextCutOff(page) {
  const cut = await page.evaluate(() => {
    const hides = (style) => ['hidden', 'clip'].includes(style.overflowX) || ['hidden', 'clip'].includes(style.overflowY);
    const hasText = (element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
    return [...document.querySelectorAll('body *')]
      .filter((element) => {
        if (!hasText(element) || element.closest('.only-read, svg') || element.tagName === 'SELECT' || element.tagName === 'OPTION' || element.tagName === 'TEXTAREA') return false;
        const style = getComputedStyle(element);
        if (style.clipPath !== 'none' || style.visibility === 'hidden' || style.display === 'inline' || style.textOverflow === 'ellipsis') return false;
        if (!hides(style) && !(style.whiteSpace === 'nowrap' && element.clientWidth > 0)) return false;
        return element.scrollWidth > element.clientWidth + 1 || (hides(style) && element.scrollHeight > element.clientHeight + 1);
      })
      .map((element) => `${element.tagName.toLowerCase()}.${element.className}: ${element.textContent.trim().slice(0, 60)}`);
  });
  assert.deepEqual(cut, [], 'text is cut off');
}

/** No message lies over a button or link that somebody may want to press. */
export async function nothingUnderToasts(page) {
  const under = await page.evaluate(() => {
    const toasts = [...document.querySelectorAll('.toast')].map((element) => element.getBoundingClientRect());
    return [...document.querySelectorAll('main a[href], main button')]
      .filter((element) => {
        const box = element.getBoundingClientRect();
        return box.width && toasts.some((toast) => box.left < toast.right && box.right > toast.left && box.top < toast.bottom && box.bottom > toast.top);
      })
      .map((element) => element.textContent);
  });
  assert.deepEqual(under, [], 'a message lies over an action');
}

/** Disabled text can be read as well (axe leaves it out). 4.5:1 between the computed colours. */
export async function disabledIsReadable(page) {
  const faint = await page.evaluate(() => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const rgb = (colour) => {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const light = (parts) => parts.slice(0, 3).map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)).reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
    const behind = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const colour = rgb(getComputedStyle(at).backgroundColor);
        if (colour[3] === 255) return colour;
      }
      return [255, 255, 255, 255];
    };
    return [...document.querySelectorAll('[aria-disabled=true], :disabled')]
      .filter((element) => element.textContent.trim())
      .map((element) => {
        const [low, high] = [light(rgb(getComputedStyle(element).color)), light(behind(element))].sort((a, b) => a - b);
        return [element.textContent.trim(), (high + 0.05) / (low + 0.05)];
      })
      .filter(([, ratio]) => ratio < 4.5);
  });
  assert.deepEqual(faint, [], 'disabled text is too faint');
}

/** build/screenshots/NAME-light.png, -dark.png, -375.png: for people to look at when a screen changes. */
export async function screenshots(page, name) {
  mkdirSync(shots, { recursive: true });
  const shot = (suffix) => page.screenshot({ path: join(shots, `${name}-${suffix}.png`), fullPage: true });
  const before = page.viewportSize();
  await setScheme(page, 'light');
  await shot('light');
  await page.setViewportSize({ width: 375, height: 720 });
  await shot('375');
  await page.setViewportSize(before);
  await setScheme(page, 'dark');
  await shot('dark');
  await setScheme(page, 'light');
}

/** All of it at one place: what a screen's first test calls. */
export async function passesAll(page, name) {
  await settled(page);
  await noAxeFindingsInBoth(page, name);
  await noTextCutOff(page);
  await disabledIsReadable(page);
  await noSidewaysScroll(page, 320);
  await screenshots(page, name);
}

// The page of all components, built from console/src/gallery and served under the console's own content security policy; no daemon is needed.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { paths } from '../../../demo/systems.mjs';
import { newPage, startBrowser } from './browser.mjs';

export const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const types = { js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml', woff2: 'font/woff2', html: 'text/html' };

async function serveFolder(folder) {
  const server = createServer((request, answer) => {
    const { pathname } = new URL(request.url, 'http://x');
    const name = pathname.startsWith('/assets/') ? pathname.slice(1) : 'index.html';
    try {
      const bytes = readFileSync(join(folder, name));
      answer.writeHead(200, { 'content-type': types[name.split('.').pop()] ?? 'text/plain', 'content-security-policy': policy });
      answer.end(bytes);
    } catch {
      answer.writeHead(404).end();
    }
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { url: `http://127.0.0.1:${server.address().port}`, stop: () => new Promise((done) => (server.closeAllConnections(), server.close(done))) };
}

/** check(name, options, ({ page, url }) => ...): a fresh gallery each; options as of a page: dark, width. */
export function galleryTests() {
  const held = {};
  before(async () => {
    held.folder = mkdtempSync(join(tmpdir(), 'suture-gallery-'));
    execFileSync(process.execPath, [join(paths.root, 'console/build.mjs'), '--gallery', '--out', held.folder]);
    [held.site, held.browser] = await Promise.all([serveFolder(held.folder), startBrowser()]);
  });
  after(async () => {
    await held.browser?.close();
    await held.site?.stop();
    rmSync(held.folder, { recursive: true, force: true });
  });
  return (name, options, run) => {
    const body = run ?? options;
    test(name, async () => {
      const { context, page, errors } = await newPage(held.browser, run ? options : {});
      try {
        await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: held.site.url });
        await page.goto(held.site.url);
        await page.waitForFunction(() => document.querySelector('h1') && document.fonts.status === 'loaded' && document.querySelector('.chart-svg'));
        await body({ page, context, url: held.site.url });
        assert.deepEqual(errors(), [], 'the console says nothing');
      } finally {
        await context.close();
      }
    });
  };
}

// What the first screen costs to load, gzip, and how many packages it takes to build it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { paths } from '../../demo/systems.mjs';

const kb = 1024;
const out = mkdtempSync(join(tmpdir(), 'suture-console-'));
const sizes = new Map();
const read = (name) => readFileSync(join(out, 'assets', name), 'utf8');
const named = (pattern) => [...sizes.keys()].filter((name) => pattern.test(name));
const sum = (names) => names.reduce((total, name) => total + sizes.get(name), 0);

before(() => {
  execFileSync(process.execPath, [join(paths.root, 'console/build.mjs'), '--out', out], { stdio: 'pipe' });
  for (const name of readdirSync(join(out, 'assets'))) {
    const bytes = readFileSync(join(out, 'assets', name));
    sizes.set(name, name.endsWith('.woff2') ? bytes.length : gzipSync(bytes, { level: 9 }).length);
  }
});
after(() => rmSync(out, { recursive: true, force: true }));

/** A script and all that it imports at once; not what it imports when it is needed. */
function withImports(name, seen = new Set()) {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const [, other] of read(name).matchAll(/(?:from|import)\s*"\.\/([\w-]+\.js)"/g)) withImports(other, seen);
  return seen;
}

const firstScripts = () => {
  const app = named(/^app-/)[0];
  const screen = named(/^overview-/)[0];
  return [...new Set([...withImports(app), ...withImports(screen), ...named(/^theme-/)])];
};

test('the scripts of the first screen are at most 60 KB', (t) => {
  const size = sum(firstScripts());
  t.diagnostic(`${size} bytes in ${firstScripts().length} files`);
  assert.ok(size > 5 * kb, 'the entry point was found');
  assert.ok(size <= 60 * kb, `${size} bytes`);
});

for (const [what, pattern, limit] of [
  ['styles', /\.css$/, 12],
  ['sprite', /^sprite-.*\.svg$/, 4],
  ['font', /\.woff2$/, 50],
]) {
  test(`${what} are at most ${limit} KB`, (t) => {
    const names = named(pattern);
    t.diagnostic(`${sum(names)} bytes`);
    assert.equal(names.length, 1);
    assert.ok(sum(names) <= limit * kb, `${sum(names)} bytes`);
  });
}

test('the first load is at most 150 KB in all', (t) => {
  const size = sum([...firstScripts(), ...named(/\.css$|\.woff2$|^sprite-|^icon\.svg$/)]);
  t.diagnostic(`${size} bytes`);
  assert.ok(size <= 150 * kb, `${size} bytes`);
});

test('nothing in the page is inline, and nothing comes from elsewhere', () => {
  const page = readFileSync(join(out, 'index.html'), 'utf8');
  assert.doesNotMatch(page, /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/);
  for (const [, url] of page.matchAll(/(?:src|href)="([^"]*)"/g)) assert.match(url, /^\/assets\//);
  assert.doesNotMatch(read(named(/\.css$/)[0]), /https?:|@import/);
});

test('the licences of what is packed are packed along', () => {
  const notices = read('licences.txt');
  for (const part of [/^Preact$/m, /Jason Miller/, /SIL Open Font License/i, /Lucide/, /ISC License/]) assert.match(notices, part);
});

test('the lock file names no host', () => {
  assert.doesNotMatch(readFileSync(join(paths.root, 'console/package-lock.json'), 'utf8'), /"resolved"|https?:\/\/registry/);
});

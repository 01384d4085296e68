// No screen leads nowhere: every path of the console that stands in its source, and every path of the API that it asks for, is one that there is. Read off the
// source: a path is a text that begins with "/", and what is put into it stands for any part.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const source = join(root, 'console/src');

const filesOf = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((path) => !path.includes('/gallery/'));

const screensText = readFileSync(join(source, 'screens.ts'), 'utf8');
const patterns = [...screensText.matchAll(/path: '(\/[^']*)'/g)].map(([, path]) => path);

/** What leads somewhere: href="/runs", href={(row) => `/runs/${row.id}`}, navigate(done ? '/runs' : ...). */
const leads = /(?:href=\{(?:\([^)]*\) => )?|href=|href: |to=|navigate\([^'"`)]*|location\.assign\()(['"`])(\/(?!\/|\s|\*)(?:(?!\1)[^\\\n])*)\1/gm;

/** The path of a literal: without its filters; ${...} is one part, whatever stands in it. */
function pathOf(literal) {
  let depth = 0;
  let text = '';
  for (let at = 0; at < literal.length; at += 1) {
    if (literal.startsWith('${', at)) depth += 1;
    if (depth === 0) text += literal[at];
    if (literal[at] === '}' && depth > 0) {
      depth -= 1;
      if (depth === 0) text += '*';
    }
  }
  return text.split(/[?#]/)[0];
}

/** A literal that ends in ${...} behind no slash has its filters there. */
const withoutFilters = (path) => path.replace(/([^/])\*$/, '$1');

function fits(pattern, path) {
  const wanted = pattern.split('/').filter(Boolean);
  const parts = path.split('/').filter(Boolean);
  return wanted.length === parts.length && wanted.every((want, index) => want.startsWith(':') || want === parts[index] || parts[index].includes('*'));
}

function literals(file) {
  const text = codeOf(file);
  return [...text.matchAll(leads)].map((found) => ({ where: `${relative(root, file)}:${text.slice(0, found.index).split('\n').length}`, literal: found[2] }));
}

/** Without comments, which show examples; lines keep their numbers. */
function codeOf(file) {
  const text = readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ' '));
  return text.replaceAll(/(^|\s)\/\/[^\n]*/gm, '$1');
}

const isScreen = (path) => patterns.some((pattern) => fits(pattern, path));
const isFile = (path) => /^\/(assets|api)\//.test(path);

const described = readdirSync(join(root, 'src/api/openapi'))
  .filter((name) => name.endsWith('.yaml'))
  .flatMap((name) => [...readFileSync(join(root, 'src/api/openapi', name), 'utf8').matchAll(/^ {2}(\/[^\s:]*):/gm)].map(([, path]) => path.replaceAll(/\{[^}]+\}/g, ':x')));
const isAsked = (path) => described.some((pattern) => fits(pattern, path));

test('every link of the console leads to a screen', () => {
  assert.ok(patterns.length > 10, 'screens were found');
  const found = filesOf(source).flatMap(literals);
  assert.ok(found.length > 30, `only ${found.length} links were found`);
  const lost = found.filter(({ literal }) => {
    const path = withoutFilters(pathOf(literal));
    return !isScreen(path) && !isFile(path);
  });
  assert.deepEqual(
    lost.map(({ where, literal }) => `${where} ${literal}`),
    [],
  );
});

test('helpers that make paths make paths of screens', () => {
  const helpers = filesOf(source).flatMap((file) => {
    const text = codeOf(file);
    return [...text.matchAll(/(?:export )?(?:const|function) (\w*Path)\b[^`'\n]*(?:\n[^`'\n]*){0,3}[`'](\/[^`'\n]*)[`']/g)].map(([, name, literal]) => ({ name, literal, file: relative(root, file) }));
  });
  const lost = helpers.filter(({ literal }) => {
    const path = withoutFilters(pathOf(literal));
    return !isScreen(path) && !isFile(path) && !isAsked(path);
  });
  assert.deepEqual(lost, []);
});

test('the checklist leads to screens', () => {
  const table = readFileSync(join(root, 'src/api/api_checklist.c'), 'utf8').match(/steps\[\] = \{([\s\S]*?)\n\};/)[1];
  const paths = [...table.matchAll(/"(\/[^"]*)"/g)].map(([, path]) => path);
  assert.ok(paths.length >= 8);
  assert.deepEqual(
    paths.filter((path) => !isScreen(path.split('?')[0] + (path.endsWith('/') ? '*' : ''))),
    [],
  );
});

test('every topic of the API is heard from the beginning', () => {
  const topics = readdirSync(join(root, 'src/api'))
    .filter((name) => name.endsWith('.c'))
    .flatMap((name) => [...readFileSync(join(root, 'src/api', name), 'utf8').matchAll(/^\t\{ "(\w+)", RIGHT_\w+, \d+, \w+ \}/gm)].map(([, topic]) => topic));
  const heard = readFileSync(join(source, 'live.ts'), 'utf8').match(/known = new Set\(\[([^\]]*)\]/)[1];
  assert.ok(topics.length >= 8);
  assert.deepEqual([...heard.matchAll(/'(\w+)'/g)].map(([, topic]) => topic).sort(), topics.sort());
});

test('everything that the console asks of the API is described there', () => {
  assert.ok(described.length > 50);
  const asked = filesOf(source).flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    return [...text.matchAll(/\b(?:api|useApi|usePages|useReveal)(?:<[^(]*>)?\(\s*(['"`])(\/(?:(?!\1)[^\\\n])*)\1/g)].map(([, , literal]) => ({ file: relative(root, file), literal }));
  });
  assert.ok(asked.length > 40, `only ${asked.length} calls were found`);
  assert.deepEqual(
    asked.filter(({ literal }) => !isAsked(withoutFilters(pathOf(literal)))),
    [],
  );
});

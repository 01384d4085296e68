// Builds the console: src/ -> a folder of files, or one C source that the daemon embeds.
//
//	node build.mjs --out DIR                       the files as a browser gets them
//	node build.mjs --pack FILE.c --depfile FILE.d  the same, packed; FILE.d names all that it was made of
//	node build.mjs --gallery --out DIR             every component on one page, for tests and for looking at
//
// esbuild bundles scripts and styles; the sprite, the page and the notices are put together here. Names hold a hash of the content, but for
// index.html.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { packed } from './pack.mjs';

const root = dirname(fileURLToPath(import.meta.url));
const here = (...parts) => join(root, ...parts);
const packages = here('node_modules');

const hash = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 10);

/** The icons that src/ui/icons.ts names, as one file of symbols. */
function makeSprite(inputs) {
  const list = here('src/ui/icons.ts');
  inputs.add(list);
  const names = [...readFileSync(list, 'utf8').matchAll(/^\s+'([a-z0-9-]+)',$/gm)].map((match) => match[1]);
  const symbols = names.map((name) => {
    const svg = readFileSync(join(packages, 'lucide-static/icons', `${name}.svg`), 'utf8');
    const inside = svg
      .slice(svg.indexOf('>', svg.indexOf('<svg')) + 1, svg.lastIndexOf('</svg>'))
      .replace(/>\s+</g, '><')
      .replace(/\s*\/>/g, '/>')
      .trim();
    return `<symbol id="${name}" viewBox="0 0 24 24">${inside}</symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${symbols.join('')}</svg>`;
}

/** What the licences of the packed packages ask for. */
function makeNotices(inputs) {
  const used = [
    ['Preact', 'preact/LICENSE'],
    ['Inter', '@fontsource-variable/inter/LICENSE'],
    ['Lucide', 'lucide-static/LICENSE'],
  ];
  return used
    .map(([name, file]) => {
      inputs.add(join(packages, file));
      return `${name}\n${'='.repeat(name.length)}\n\n${readFileSync(join(packages, file), 'utf8').trim()}\n`;
    })
    .join('\n\n');
}

async function bundle(entry, sprite, inputs) {
  const result = await build({
    absWorkingDir: root,
    entryPoints: { app: entry, theme: 'src/theme.ts', style: 'src/style.css' },
    outdir: here('out'),
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    metafile: true,
    legalComments: 'none',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    entryNames: 'assets/[name]-[hash]',
    chunkNames: 'assets/[name]-[hash]',
    assetNames: 'assets/[name]-[hash]',
    loader: { '.woff2': 'file' },
    publicPath: '/',
    define: { SPRITE: JSON.stringify(sprite) },
    logLevel: 'warning',
  });
  for (const input of Object.keys(result.metafile.inputs)) inputs.add(here(input));
  return result;
}

/** The names of what the first page needs: the entry points and what they import at once. */
function firstNames(metafile) {
  const made = new Map();
  for (const [path, output] of Object.entries(metafile.outputs)) {
    if (output.entryPoint) made.set(output.entryPoint, { name: `/${relative('out', path)}`, imports: output.imports });
  }
  const of = (entry) => made.get(entry).name;
  const app = [...made.values()].find(({ name }) => name.startsWith('/assets/app-'));
  const chunks = app.imports.filter(({ kind }) => kind === 'import-statement').map(({ path }) => `/${relative('out', path)}`);
  const font = Object.keys(metafile.outputs).find((path) => path.endsWith('.woff2'));
  return { app: app.name, theme: of('src/theme.ts'), style: of('src/style.css'), chunks, font: `/${relative('out', font)}` };
}

function makePage(names, inputs) {
  const template = here('src/index.html');
  inputs.add(template);
  const preload = names.chunks.map((chunk) => `<link rel="modulepreload" href="${chunk}">`).join('');
  return readFileSync(template, 'utf8')
    .replace('<!--preload-->', preload)
    .replace(/\{(app|theme|style|font)\}/g, (_, name) => names[name]);
}

const types = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
  woff2: 'font/woff2',
};

/** All files of the console as [{ path, type, bytes, hashed }], and what they were made of. */
async function make(entry) {
  const inputs = new Set([here('build.mjs'), here('pack.mjs'), here('package.json'), join(packages, '.package-lock.json')]);
  const sprite = makeSprite(inputs);
  const spriteName = `/assets/sprite-${hash(sprite)}.svg`;
  const { outputFiles, metafile } = await bundle(entry, spriteName, inputs);
  const files = outputFiles.map((file) => ({ path: `/${relative(here('out'), file.path)}`, bytes: Buffer.from(file.contents), hashed: true }));
  const add = (path, text, hashed) => files.push({ path, bytes: Buffer.from(text), hashed });
  add(spriteName, sprite, true);
  add('/assets/icon.svg', readFileSync(here('src/icon.svg')), false);
  add('/assets/licences.txt', makeNotices(inputs), false);
  add('/index.html', makePage(firstNames(metafile), inputs), false);
  inputs.add(here('src/icon.svg'));
  for (const file of files) file.type = types[file.path.slice(file.path.lastIndexOf('.') + 1)];
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { files, inputs };
}

function writeFolder(folder, files) {
  for (const { path, bytes } of files) {
    const to = join(folder, path);
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, bytes);
  }
}

/** Only when it is another one, so that nothing is compiled again without need. */
function writeChanged(file, text) {
  let old;
  try {
    old = readFileSync(file, 'utf8');
  } catch {
    old = undefined;
  }
  if (old !== text) writeFileSync(file, text);
}

const { values: options } = parseArgs({
  options: { out: { type: 'string' }, pack: { type: 'string' }, depfile: { type: 'string' }, gallery: { type: 'boolean' } },
});
const { files, inputs } = await make(options.gallery ? 'src/gallery/main.tsx' : 'src/main.tsx');
if (options.out) writeFolder(resolve(options.out), files);
if (options.pack) writeChanged(options.pack, packed(files));
if (options.depfile) {
  const names = [...inputs].map((path) => path.replaceAll(' ', '\\ ')).join(' \\\n\t');
  writeFileSync(options.depfile, `${options.pack}: ${names}\n`);
}

// bench/write: puts what a benchmark printed (standard input) into RESULTS.md, in place of what it printed the last time; sections keep their order.
//
//   node bench/write.mjs NAME [OPTIONS THAT IT RAN WITH...]
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';

const file = new URL('RESULTS.md', import.meta.url);
const head = '# Results\n\nWritten by `./run bench [NAME] --write`; what is measured and beside what: [README.md](README.md). Each section has a day and a machine of its own.\n';
const [name, ...options] = process.argv.slice(2);

const commit = () => {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: new URL('.', import.meta.url), encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
};
const printed = readFileSync(0, 'utf8').trim();
const how = [new Date().toISOString().slice(0, 10), `commit ${commit()}`, `${cpus().length} cores, ${cpus()[0].model.trim()}`, `load ${loadavg()[0].toFixed(1)} at the end`, `Node ${process.versions.node}`, ...(options.length ? [`\`${options.join(' ')}\``] : [])];
const lines = printed.split('\n').map((line) => (line && !line.startsWith('|') ? `${line}  ` : line)); /* two spaces: a line of its own */
const section = `## ${name}\n\n${how.join(', ')}.\n\n${lines.join('\n')}\n`;

const sections = existsSync(file) ? readFileSync(file, 'utf8').split(/^(?=## )/m).slice(1) : [];
const at = sections.findIndex((text) => text.startsWith(`## ${name}\n`));
if (at >= 0) sections[at] = section;
else sections.push(section);
writeFileSync(file, [head, ...sections.map((text) => `${text.trimEnd()}\n`)].join('\n'));

// The manual pages: well-formed by man's own word, and whole.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { paths } from '../../../demo/systems.mjs';

const pages = {
  'suture.1': () => spawnSync(paths.suture, ['man'], { encoding: 'utf8' }).stdout,
  'suture.yaml.5': () => spawnSync(process.execPath, ['tools/md-to-man.mjs', 'docs/CONFIGURATION.md', 'suture.yaml', '5', 'what is kept in step with what'], { encoding: 'utf8', cwd: paths.root }).stdout,
};
const groff = spawnSync('groff', ['--version']).status === 0;

for (const [name, make] of Object.entries(pages)) {
  test(`${name} is well-formed`, { skip: groff ? false : 'groff is not installed' }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'suture-man-'));
    try {
      writeFileSync(join(folder, name), make());
      const { stderr, status } = spawnSync('groff', ['-man', '-ww', '-K', 'utf8', '-T', 'utf8', '-z', join(folder, name)], { encoding: 'utf8' });
      assert.equal(status, 0);
      const complaints = stderr.split('\n').filter((line) => line && !/can't break line|cannot (break|adjust) line/.test(line));
      assert.deepEqual(complaints, []);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

test('suture.1 has every command and each of its options', () => {
  const page = pages['suture.1']().replaceAll('\\-', '-');
  for (const { command } of JSON.parse(spawnSync(paths.suture, ['help', '--json'], { encoding: 'utf8' }).stdout)) {
    const part = page.split(/^\.SS /m).find((text) => text.startsWith(`"suture ${command} `) || text.startsWith(`"suture ${command}"`));
    assert.ok(part, command);
    const { options } = JSON.parse(spawnSync(paths.suture, [command, '--help', '--json'], { encoding: 'utf8' }).stdout);
    for (const { name } of options) assert.ok(part.includes(`--${name}`) || page.includes(`--${name}`), `${command} --${name}`);
  }
});

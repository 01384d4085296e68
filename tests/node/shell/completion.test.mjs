// `suture completion bash`, asked of bash itself: what the Tab key offers.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { paths } from '../../../demo/systems.mjs';

const script = spawnSync(paths.suture, ['completion', 'bash'], { encoding: 'utf8' });
const help = JSON.parse(spawnSync(paths.suture, ['help', '--json'], { encoding: 'utf8' }).stdout);

/** What bash offers after these words; the last one is the one that is being typed. */
function offered(words, cwd) {
  const ask = `set -u\n${script.stdout}\nCOMP_WORDS=(suture "$@"); COMP_CWORD=$#; _suture; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const answer = spawnSync('bash', ['--norc', '-c', ask, 'bash', ...words], { encoding: 'utf8', cwd });
  assert.equal(answer.stderr, '', words.join(' '));
  return answer.stdout.split('\n').filter(Boolean).sort();
}

test('every command is offered, hidden ones are not', () => {
  assert.deepEqual(offered(['']), ['help', 'version', ...help.map((row) => row.command)].sort());
  assert.deepEqual(offered(['res']), ['resolve', 'restore']);
  assert.ok(!offered(['m']).includes('man'));
});

test('each command has its own options', () => {
  for (const { command } of help) {
    const { options } = JSON.parse(spawnSync(paths.suture, [command, '--help', '--json'], { encoding: 'utf8' }).stdout);
    assert.deepEqual(offered([command, '--']), options.map((o) => `--${o.name}`).sort(), command);
  }
});

test('words to choose from, files, folders; nothing where something is typed', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'suture-complete-'));
  try {
    writeFileSync(join(cwd, 'my file.yaml'), '');
    mkdirSync(join(cwd, 'folder'));
    assert.deepEqual(offered(['search', 'e'], cwd), ['emr']);
    assert.deepEqual(offered(['search', ''], cwd), ['crm', 'emr']);
    assert.deepEqual(offered(['drift', 'accept', ''], cwd), ['crm', 'emr']);
    assert.deepEqual(offered(['link', '--from', ''], cwd), ['crm', 'emr']);
    assert.deepEqual(offered(['search', '--dir', ''], cwd), ['folder']);
    assert.deepEqual(offered(['search', '--dir', 'folder', 'c'], cwd), ['crm'], 'the value of an option is no argument');
    assert.deepEqual(offered(['apply', ''], cwd), ['folder', 'my file.yaml']);
    assert.deepEqual(offered(['import', '--csv', 'my'], cwd), ['my file.yaml']);
    assert.deepEqual(offered(['link', '--emr', ''], cwd), []);
  } finally {
    rmSync(cwd, { recursive: true });
  }
});

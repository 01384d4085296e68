// The demo as a stranger starts it: one JSON line and nothing else on stdout, wrong words refused, nothing left behind.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { hasControls, paths } from './world.mjs';

/** Runs the demo with a folder of its own for what it makes, interrupted so long after it said `after` (its first word); resolves to { code, stdout, stderr, left }. */
async function demo(args, { interruptAfterMs, after = /./, signal = 'SIGINT' } = {}) {
  const tmp = mkdtempSync(join(tmpdir(), 'suture-demo-'));
  const child = spawn(process.execPath, [join(paths.root, 'demo/demo.mjs'), ...args], { env: { ...process.env, TMPDIR: tmp }, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (bytes) => (stdout += bytes));
  let interrupted = !interruptAfterMs;
  child.stderr.on('data', (bytes) => {
    stderr += bytes;
    if (interrupted || !after.test(stderr)) return;
    interrupted = true;
    setTimeout(() => child.kill(signal), interruptAfterMs);
  });
  try {
    const code = await new Promise((done) => child.once('close', done)); /* close: no process that it started holds our pipes any more */
    return { code, stdout, stderr, left: readdirSync(tmp) };
  } finally {
    rmSync(tmp, { recursive: true, force: true });
  }
}

test('the demo, once: one JSON line, both systems agree, no control characters where there is no terminal', async () => {
  const result = await demo(['--once', '--patients', '60']);
  assert.equal(result.code, 0, result.stderr);
  assert.match(result.stdout, /^\{.*\}\n$/);
  const line = JSON.parse(result.stdout);
  const counts = ['read', 'created', 'linked', 'updated', 'unchanged', 'skipped_ambiguous', 'skipped_linked', 'failed'];
  assert.deepEqual(Object.keys(line), [...counts, 'second_run_writes', 'consistent', 'emr_to_crm_ms', 'crm_to_emr_ms', 'conflict_winner', 'echo_writes', 'seconds']);
  assert.deepEqual([line.read, line.second_run_writes, line.consistent], [60, 0, true]);
  assert.ok(line.emr_to_crm_ms > 0 && line.crm_to_emr_ms > 0);
  assert.deepEqual([line.conflict_winner, line.echo_writes], ['emr', 0]);
  assert.ok(!hasControls(result.stderr));
  assert.deepEqual(result.left, []);
});

test('the demo refuses wrong words before anything starts, exit 2', async () => {
  const wrong = [['--patients', 'x'], ['--patients', '0'], ['--patients'], ['--seed', '-1'], ['--fast'], ['file'], ['--data', '/nowhere'], ['--data', '/', '--once'], ['--data', '/etc/hostname', '--patients', '5']];
  for (const args of wrong) {
    const result = await demo(args);
    assert.equal(result.code, 2, `${args}: ${result.stderr}`);
    assert.match(result.stderr, /^demo: .*\n\nusage: /, `${args}`);
    assert.equal(result.stdout, '');
  }
});

test('the demo: Ctrl-C at any moment leaves no process and no folder', async () => {
  for (const [n, interruptAfterMs] of [1, 100, 250, 500].entries()) {
    const result = await demo(['--once', '--patients', '4000'], { interruptAfterMs, signal: n % 2 ? 'SIGTERM' : 'SIGINT' });
    assert.equal(result.code, 130, result.stderr);
    assert.equal(result.stdout, '');
    assert.deepEqual(result.left, []);
  }
  const looked = await demo(['--patients', '20'], { after: /What to try next/, interruptAfterMs: 300 });
  assert.equal(looked.code, 0, looked.stderr);
  assert.match(looked.stderr, /What to try next/);
  assert.deepEqual(looked.left, []);
  const living = await demo(['--patients', '20'], { after: /A person edits/, interruptAfterMs: 50 });
  assert.equal(living.code, 130, living.stderr);
  assert.deepEqual(living.left, [], 'the daemon too is gone');
});

// A finding for each thing that is wrong, with what to do; exit status 3 where it is an error; nothing about patients.
import assert from 'node:assert/strict';
import { chmodSync, renameSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { must, suture, withWorld } from '../road/world.mjs';
import { eventually, isReady, serve } from '../serve/daemon.mjs';

const embedded = !process.env.SUTURE_TEST_STORE;
const ask = async (dir, ...args) => {
  const { code, json, stderr } = await suture(dir, ['doctor', ...args, '--json']);
  assert.ok(Array.isArray(json), stderr);
  assert.equal(code, json.some((finding) => finding.level === 'error') ? 3 : 0);
  return json;
};
const about = (findings, subject) => findings.filter((finding) => finding.subject === subject);
const one = (findings, subject, level, text) => {
  const found = about(findings, subject).find((finding) => finding.level === level && text.test(finding.text));
  assert.ok(found, `${subject} ${level} ${text}: ${JSON.stringify(about(findings, subject))}`);
};

test('a Suture that is well: only what a person has yet to do', async () => {
  await withWorld({ patients: 10 }, async ({ dir, before: { patients } }) => {
    await must(dir, ['import', '--quiet']);
    const before = await ask(dir);
    assert.deepEqual(before.filter((finding) => finding.level === 'error'), []);
    one(before, 'daemon', 'warning', /systemctl start suture/);
    one(before, 'connection org', 'ok', /./);
    one(before, 'clock of practice', 'ok', /within/);
    one(before, 'audit trail', 'ok', /whole/);
    if (embedded) one(before, 'backup', 'warning', /suture backup/);
    if (embedded) await must(dir, ['backup', join(dir, 'kept.db'), '--quiet']);
    const daemon = await serve(dir);
    try {
      await eventually(() => isReady(daemon), 'readiness');
      const now = await ask(dir);
      one(now, 'daemon', 'ok', /1 at work/);
      assert.match(about(now, 'open files')[0].text, new RegExp(`process ${daemon.pid} has \\d+ of \\d+`));
      if (embedded) one(now, 'backup', 'ok', /0 days/);
      const said = JSON.stringify([before, now]);
      const names = patients.map((patient) => patient.last_name).filter((name) => name.length > 3);
      assert.ok(names.length > 0);
      for (const name of names) assert.ok(!said.includes(name), 'no patient data (R41)');
    } finally {
      await daemon.stop('SIGKILL');
    }
  });
});

test('files that others may read, a key that is not there, systems that do not answer', async () => {
  await withWorld({ patients: 5 }, async ({ dir, systems }) => {
    chmodSync(dir, 0o755);
    if (embedded) chmodSync(join(dir, 'suture.db'), 0o644);
    chmodSync(join(dir, 'hint.token'), 0o644);
    const open = await ask(dir, '--offline', '--quick');
    one(open, 'files', 'warning', /chmod 700/);
    if (embedded) one(open, 'files', 'error', /suture\.db: chmod 600/);
    assert.deepEqual(about(open, 'connection org'), []);
    assert.deepEqual(about(open, 'audit trail'), []);
    one(open, 'files', 'warning', /hint\.token: chmod 600/);
    chmodSync(dir, 0o700);
    assert.ok(!JSON.stringify(await ask(dir, '--offline', '--quick')).includes('hint.token'), 'nobody gets there');
    renameSync(join(dir, 'suture.key'), join(dir, 'kept'));
    const keyless = await ask(dir, '--offline');
    one(keyless, 'key', 'error', /put your copy of the key there/);
    one(keyless, 'database', 'error', /key file/);
    one(keyless, 'disk', 'ok', /MiB are free/);
    renameSync(join(dir, 'kept'), join(dir, 'suture.key'));

    await systems.stop();
    const alone = await ask(dir, '--quick');
    one(alone, 'connection practice', 'error', /./);
    one(alone, 'connection org', 'error', /./);
  });
});

/** A far system's own clock: passes everything on, and lays another Date over the answers. */
async function relay(aheadMs) {
  const state = {};
  const server = createServer((asked, answer) => {
    const on = request(new URL(asked.url, state.to), { method: asked.method, headers: asked.headers }, (got) => {
      answer.writeHead(got.statusCode, { ...got.headers, date: new Date(Date.now() + aheadMs).toUTCString() });
      got.pipe(answer);
    });
    on.on('error', () => answer.destroy());
    asked.pipe(on);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { address: `http://127.0.0.1:${server.address().port}`, state, close: () => (server.closeAllConnections(), server.close()) };
}

test('a clock that is wrong, theirs or ours', async () => {
  const late = await relay(-600_000);
  try {
    await withWorld({ patients: 5, extra: { practice: { url: `${late.address}/api` } } }, async ({ dir, systems }) => {
      late.state.to = systems.hint;
      one(await ask(dir, '--quick'), 'clock of practice', 'error', /^(59\d|60\d) s behind of ours: .*timedatectl/);
    });
  } finally {
    late.close();
  }
});

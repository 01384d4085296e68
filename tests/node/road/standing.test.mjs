// What runs by itself, what it costs, and what drifted: schedule, budget, drift on the command line.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { must, suture, withWorld } from './world.mjs';

const withJson = (options, use) =>
  withWorld({ patients: 30, ...options }, async (w) => {
    const json = async (...args) => (await must(w.dir, [...args, '--json'])).json;
    return use({ ...w, json });
  });

test('R34 R39 R25: schedules are added, changed, paused and removed, by words or by a rule, and each step is in the audit trail', async () => {
  await withJson({}, async ({ dir, json }) => {
    assert.deepEqual(await json('schedule'), []);
    const delta = await json('schedule', 'add', 'delta', 'every 10 minutes', '--why', 'busy clinic');
    assert.deepEqual([delta.when, delta.state], ['every 10 minutes', 'active']);
    const late = await json('schedule', 'add', 'import', 'FREQ=WEEKLY;BYDAY=SA;BYHOUR=3', '--zone', 'America/Chicago');
    assert.match(late.when, /America\/Chicago/);
    assert.equal((await json('schedule', 'change', String(delta.id), 'every 5 minutes')).when, 'every 5 minutes');
    assert.equal((await json('schedule', 'pause', String(delta.id))).state, 'paused');
    assert.equal((await json('schedule', 'resume', String(delta.id))).state, 'active');
    assert.equal((await json('schedule', 'remove', String(late.id))).state, 'removed');
    assert.deepEqual(
      (await json('schedule')).map((row) => [row.id, row.what, row.rule, row.sync]),
      [[delta.id, 'delta', 'FREQ=MINUTELY;INTERVAL=5', 'patients']],
    );
    const actions = (await json('audit', '--limit', '100')).map((row) => row.action);
    assert.deepEqual(actions.slice(-6), ['schedule', 'schedule', 'change schedule', 'pause schedule', 'resume schedule', 'unschedule']);
    assert.ok((await json('audit', '--limit', '100')).some((row) => row.why === 'busy clinic'));

    const file = join(dir, 'ids.csv');
    writeFileSync(file, '0035g0000000001AAA\n');
    assert.equal((await json('schedule', 'add', 'csv', 'daily at 02:00', '--csv', file)).what, 'csv');
    for (const wrong of [['add'], ['add', 'delta'], ['add', 'csv', 'daily at 02:00'], ['pause'], ['pause', 'x'], ['change', '1'], ['sometimes']]) {
      assert.equal((await suture(dir, ['schedule', ...wrong])).code, 2, wrong.join(' '));
    }
    assert.equal((await suture(dir, ['schedule', 'add', 'delta', 'whenever'])).code, 1);
    assert.equal((await suture(dir, ['schedule', 'remove', '99'])).code, 1);
  });
});

test('budget says what today used, what is left and what the plan will need', async () => {
  await withJson({}, async ({ dir, json }) => {
    await must(dir, ['import', '--quiet']);
    await must(dir, ['schedule', 'add', 'delta', 'every 5 minutes']);
    const lines = await json('budget');
    assert.deepEqual(
      lines.map((row) => row.connection),
      ['org', 'practice'],
    );
    for (const row of lines) assert.ok(row.today > 0 && row.needed >= 0, JSON.stringify(row));
    const org = lines.find((row) => row.connection === 'org');
    assert.equal(org.told_by, 'far side');
    assert.ok(org.left < org.allowance && org.write > 0);
    assert.equal((await json('budget', '--offline')).find((row) => row.connection === 'org').allowance, null);
  });
});

test('drift: nothing drifted, and what did not cannot be accepted', async () => {
  await withJson({}, async ({ dir, json }) => {
    assert.deepEqual(await json('drift'), []);
    const refused = await suture(dir, ['drift', 'accept', 'crm', 'MailingCity', '--json']);
    assert.deepEqual([refused.code, refused.json.error.code], [1, 'not_found']);
    assert.equal((await suture(dir, ['drift', 'accept', 'here', 'MailingCity'])).code, 2);
    assert.equal((await suture(dir, ['drift', 'accept', 'crm'])).code, 2);
  });
});

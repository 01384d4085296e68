// Schedules by the API: said back in words with their next moments, added, changed, paused, resumed, removed (R34, R39).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { states } from '../../../demo/systems.mjs';
import { withApi } from './lib.mjs';

test('R34 R39 schedules are added, changed, paused, resumed and removed', async () => {
  await withApi({ patients: 20, imported: true, as: ['admin', 'operator'] }, async ({ admin, operator, systems }) => {
    const said = await operator.must('post', '/schedules/preview', { rule: 'weekdays at 02:00', zone: 'America/Chicago' });
    assert.equal(said.words, 'on weekdays at 02:00 (America/Chicago)');
    assert.equal(said.next.length, 3);
    assert.ok(said.next.every((at, i) => i === 0 || at > said.next[i - 1]));
    assert.equal((await operator.post('/schedules/preview', { rule: 'when it rains' })).status, 422);
    assert.equal((await operator.post('/syncs/patients/schedules', { what: 'import', rule: 'daily at 03:30' })).status, 403);

    const [delta] = (await operator.must('get', '/schedules?sync=patients')).items;
    assert.equal(delta.words, 'every 15 minutes');
    const added = await admin.must('post', '/syncs/patients/schedules', { what: 'import', rule: 'daily at 03:30', zone: 'Europe/Vienna', why: 'nightly' });
    assert.equal(added.state, 'active');
    const changed = await admin.must('put', `/schedules/${added.id}`, { rule: 'monthly at 01:00', zone: '' });
    assert.match(changed.words, /month/);
    const paused = await admin.must('post', `/schedules/${added.id}/pause`);
    assert.deepEqual([paused.state, paused.next], ['paused', []]);
    assert.equal((await admin.must('post', `/schedules/${added.id}/resume`)).next.length, 3);
    assert.equal((await admin.del(`/schedules/${added.id}`)).status, 204);
    assert.equal((await admin.del('/schedules/4711')).status, 404);
    assert.deepEqual((await admin.must('get', '/schedules')).items.map((item) => item.id), [delta.id]);

    const [contact] = (await states(systems)).contacts;
    assert.equal((await admin.post('/syncs/patients/schedules', { what: 'csv', rule: 'hourly' })).status, 422);
    const soon = new Date(Date.now() + 3_600_000).toISOString().replace(/:\d\d\.\d+Z$/, ':00Z');
    const once = await admin.must('post', '/syncs/patients/schedules', { what: 'csv', rule: `once ${soon}`, csv: `${contact.Id}\n`, file_name: 'one.csv' });
    assert.equal(once.next.length, 1);
    await admin.must('del', `/schedules/${once.id}`);
  });
});

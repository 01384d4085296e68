// Policy, conflicts, log, audit trail and health over the API; every answer fits its description (lib.mjs).
import assert from 'node:assert/strict';
import test from 'node:test';
import { withApi } from './lib.mjs';

test('policy: the page, a change with its reason, its history (R25)', async () => {
  await withApi({ as: ['admin', 'viewer'] }, async ({ admin, viewer }) => {
    const before = await viewer.must('get', '/syncs/patients/policy');
    assert.equal(before.fields.find(({ name }) => name === 'Mobile phone').winner, 'emr');
    assert.equal((await viewer.post('/syncs/patients/policy/Email', { winner: 'crm', why: 'x' })).status, 403);
    const unexplained = await admin.post('/syncs/patients/policy/Email', { winner: 'crm' });
    assert.deepEqual([unexplained.status, unexplained.body.error.code], [422, 'bad_value']);
    const wrong = await admin.post('/syncs/patients/policy/Email', { winner: 'nobody', why: 'x' });
    assert.equal(wrong.status, 422);
    const after = await admin.must('post', '/syncs/patients/policy/Email', { winner: 'crm', why: 'the front desk knows' });
    assert.equal(after.version, before.version + 1);
    assert.equal(after.fields.find(({ crm }) => crm === 'Email').winner, 'crm');
    const { items } = await viewer.must('get', '/syncs/patients/policy/history');
    assert.deepEqual([items[0].who, items[0].why, items[0].after], ['console:admin', 'the front desk knows', 'winner crm, blank keep']);
    assert.equal((await admin.get('/syncs/nobody/policy')).status, 404);
  });
});

test('log and audit: filters, going back, an export that is audited itself, the chain (R25, R41)', async () => {
  await withApi({ as: ['admin', 'operator', 'auditor'], imported: true, patients: 8 }, async ({ admin, operator, auditor }) => {
    const first = await operator.must('get', '/log?level=debug&limit=2');
    assert.equal(first.items.length, 2);
    const second = await operator.must('get', `/log?level=debug&limit=2&before=${first.next}`);
    assert.ok(second.items.every(({ id }) => id < first.items[1].id));
    assert.equal((await operator.must('get', '/log?text=run_done&level=debug')).items.every(({ code, text }) => /run_done/.test(code + text)), true);
    assert.equal((await operator.get('/log?level=loud')).status, 400);
    assert.equal((await operator.get('/log?since=yesterday')).status, 400);
    assert.equal((await operator.get('/audit')).status, 403);
    const { items } = await auditor.must('get', '/audit?action=configure');
    assert.ok(items.length >= 3 && items.every(({ action }) => action === 'configure'));
    const csv = await auditor.get('/audit/export?who=cli%3Aroot');
    assert.match(csv.body, /^id,at,who,action,subject,before,after,why\r\n/);
    assert.match(csv.headers.get('content-disposition'), /attachment/);
    assert.equal((await admin.must('get', '/audit?action=export')).items[0].who, 'console:auditor');
    const verdict = await auditor.must('get', '/audit/verify');
    assert.ok(verdict.intact && verdict.rows >= 8);
    assert.match(verdict.head, /^\d+:[0-9a-f]{64}$/);
    assert.equal((await auditor.must('get', `/audit/verify?expect=${verdict.head}`)).intact, true);
    assert.match((await auditor.must('get', `/audit/verify?expect=${'0'.repeat(64)}`)).trouble, /cut off/);
    assert.equal((await auditor.get('/audit/verify?expect=nonsense')).status, 400);
  });
});

test('health: alerts, API calls, changed fields', async () => {
  await withApi({ as: ['viewer', 'operator'] }, async ({ viewer, operator }) => {
    assert.deepEqual((await viewer.must('get', '/drift')).items, []);
    const { items } = await viewer.must('get', '/budget?ask=1');
    assert.deepEqual(items.map(({ connection }) => connection), ['org', 'practice']);
    assert.ok(items[0].told && items[0].left > 0 && items[0].by_use.read >= 1);
    await viewer.must('get', '/alerts');
    assert.equal((await operator.post('/syncs/patients/drift/accept', { side: 'crm', field: 'Email' })).status, 403);
  });
});

test('conflicts: none, none of that number, not for a viewer (R22)', async () => {
  await withApi({ as: ['admin', 'viewer'] }, async ({ admin, viewer }) => {
    assert.deepEqual((await viewer.must('get', '/conflicts?waiting=1')).items, []);
    assert.equal((await admin.get('/conflicts/7')).status, 404);
    assert.equal((await admin.post('/conflicts/7/decide', { by: 'emr' })).status, 404);
    assert.equal((await viewer.post('/conflicts/7/reveal')).status, 403);
    assert.equal((await admin.post('/syncs/patients/conflicts/decide', { by: 'value' })).status, 422);
  });
});

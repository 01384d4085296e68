// Payloads by the API: what came in, why it failed, what it would do now, retried or left out; the story of a record beside it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admin, states } from '../../../demo/systems.mjs';
import { event, eventually, makePatient, signed } from '../serve/daemon.mjs';
import { withApi } from './lib.mjs';

const tell = async (daemon, body) => assert.equal((await fetch(daemon.webhooks.practice, signed(body))).status, 200);

/** A patient whom the practice gives with a birth date that is none: its payload fails in that field. */
async function withBadPatient({ systems, daemon, operator }) {
  const patient = await makePatient(systems, { first_name: 'Mara', last_name: 'Quill', dob: '1984-02-29', email: 'mara@quill.example' });
  await admin(systems.hint, 'malformed', { id: patient.id, kind: 'bad_date' });
  await tell(daemon, event({ ...patient, dob: '1984-02-30' }, 'patient.created'));
  return eventually(async () => (await operator.must('get', `/payloads?state=failed&record=${patient.id}&sync=patients`)).items[0], 'the failure');
}

const looks = async (admin_, subject) => (await admin_.must('get', '/audit?action=look&limit=200')).items.filter((row) => row.subject === subject).length;

test('R2 R3: a payload that fails is listed with its error, shown as it came, tried in a copy, mended at its source, and through by one call', async () => {
  await withApi({ imported: true, as: ['admin', 'operator', 'viewer'] }, async (world) => {
    const { systems, admin: boss, operator, viewer } = world;
    const failed = await withBadPatient(world);
    assert.deepEqual([failed.state, failed.side, failed.door, failed.outcome], ['failed', 'emr', 'webhook', 'failed']);
    assert.ok(failed.error_code && failed.error_field && failed.attempts >= 1 && failed.hash, JSON.stringify(failed));

    // Lists and the viewer see no values.
    const listed = await viewer.must('get', '/payloads?state=failed');
    assert.ok(listed.total >= 1 && !JSON.stringify(listed).includes('Quill'));
    assert.equal((await viewer.post(`/payloads/${failed.id}/reveal`)).status, 403);
    assert.equal((await viewer.post(`/payloads/${failed.id}/preview`)).status, 403);
    assert.equal((await viewer.post(`/payloads/${failed.id}/retry`)).status, 403);

    // Every look leaves its line.
    const subject = `EMR record ${failed.record} of sync patients`;
    const before = await looks(boss, subject);
    const shown = await operator.must('post', `/payloads/${failed.id}/reveal`);
    assert.equal(JSON.parse(shown.bytes).object?.last_name ?? JSON.parse(shown.bytes).last_name, 'Quill');
    assert.equal(shown.no_json, null);
    assert.equal(await looks(boss, subject), before + 1);

    // What it would do now, one and all alike: its record is read anew. It fails again until the practice has mended it.
    assert.equal((await operator.must('post', `/payloads/${failed.id}/preview`)).outcome, 'failed');
    const [alike] = (await operator.must('get', '/payloads/alike?sync=patients')).items;
    assert.deepEqual([alike.code, alike.field, alike.count], [failed.error_code, failed.error_field, 1]);
    const choice = { sync: 'patients', code: alike.code, field: alike.field };
    const still = await operator.must('post', '/payloads/retry/preview', choice);
    assert.deepEqual([still.failed, still.errors[0].code], [1, failed.error_code], JSON.stringify(still));
    await admin(systems.hint, `malformed?id=${failed.record}`, undefined, 'DELETE');
    const now = await operator.must('post', `/payloads/${failed.id}/preview`);
    assert.equal(now.outcome, 'created');
    assert.ok(now.fields.some((field) => field.after === 'Quill' && field.to_crm), 'what would be written');
    const dry = await operator.must('post', '/payloads/retry/preview', choice);
    assert.deepEqual([dry.total, dry.tried, dry.through, dry.failed], [1, 1, 1, 0], JSON.stringify(dry));
    assert.equal((await operator.must('get', `/payloads/${failed.id}`)).state, 'failed', 'a preview changes nothing');

    const through = await operator.must('post', `/payloads/${failed.id}/retry`);
    assert.ok(['done', 'unchanged', 'owed'].includes(through.state), JSON.stringify(through));
    await eventually(async () => (await states(systems)).contacts.some((row) => row.LastName === 'Quill' && row.Birthdate === '1984-02-29'), 'the contact');
    const original = await operator.must('get', `/payloads/${failed.id}`);
    assert.deepEqual([original.state, original.hash], ['superseded', failed.hash], 'the original is kept');
    assert.equal(JSON.parse((await operator.must('post', `/payloads/${failed.id}/reveal`)).bytes).object?.dob ?? '1984-02-30', '1984-02-30');
    assert.equal((await operator.post(`/payloads/${failed.id}/retry`)).status, 409, 'it has not failed any more');
  });
});

test('payloads that are of no use are left out with a reason; the filters stand in the address', async () => {
  await withApi({ imported: true, as: ['admin', 'operator'] }, async (world) => {
    const { admin: boss, operator } = world;
    const failed = await withBadPatient(world);
    assert.equal((await operator.post('/payloads/skip', { sync: 'patients', ids: [failed.id] })).status, 422, 'a reason is needed');
    assert.equal((await operator.must('post', '/payloads/skip', { sync: 'patients', ids: [failed.id], why: 'a test patient' })).count, 1);
    const after = await operator.must('get', `/payloads/${failed.id}`);
    assert.deepEqual([after.state, after.outcome, after.error_code], ['done', 'skipped_filtered', failed.error_code]);
    assert.ok((await boss.must('get', '/audit?action=leave_out')).items.some((row) => row.why === 'a test patient'));
    assert.equal((await operator.must('get', '/payloads/failed')).count, 0);
    for (const [query, status] of [
      ['side=crm&state=done,owed', 200],
      ['side=sideways', 400],
      ['state=nonsense', 400],
      ['door=batch,webhook&outcome=created', 200],
      ['outcome=nonsense', 400],
      ['run=1', 200],
      ['since=2020-01-01T00:00:00Z&until=2100-01-01T00:00:00Z&limit=5', 200],
      ['sync=none', 404],
    ])
      assert.equal((await operator.get(`/payloads?${query}`)).status, status, query);
    const page = await operator.must('get', '/payloads?door=batch&limit=5');
    const more = await operator.must('get', `/payloads?door=batch&limit=5&after=${page.next}`);
    assert.ok(page.items.at(-1).id > more.items[0].id, 'the youngest first');
  });
});

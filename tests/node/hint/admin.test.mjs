// Admin routes and fault switches (checklist row 13): what tests of Suture stand on.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { sleep } from '../receiver.mjs';
import { startPractice } from './practice.mjs';

let practice;
before(async () => {
  practice = await startPractice('--patients', '200', '--seed', '5');
});
after(() => practice.stop());

test('the same seed gives the same practice', async () => {
  const again = await startPractice('--patients', '200', '--seed', '5');
  const other = await startPractice('--patients', '200', '--seed', '6');
  const state = async (p) => (await p.admin('GET', 'state')).text;
  assert.equal(await state(again), await state(practice));
  assert.notEqual(await state(other), await state(practice));
  await Promise.all([again.stop(), other.stop()]);
});

test('the world names the treatment of every patient', async () => {
  const world = (await practice.admin('GET', 'world')).json;
  const { patients } = (await practice.admin('GET', 'state')).json;
  assert.equal(world.patients.length, 200);
  assert.deepEqual(world.patients.map((row) => row.id).sort(), patients.map((p) => p.id).sort());
  assert.equal(Object.values(world.counts).reduce((a, b) => a + b), 200);
  for (const row of world.patients) if (row.treatment === 'linked') assert.equal(row.contacts.length, 1);
});

test('a patient can be broken in four ways and mended', async () => {
  const [{ id }] = (await practice.api('GET', '/patients?limit=1')).json;
  const looks = {
    bad_utf8: (a) => assert.ok(a.bytes.includes(0xff)),
    truncated_number: (a) => assert.equal(a.json, undefined),
    wrong_type: (a) => assert.equal(typeof a.json[0].first_name, 'object'),
    bad_date: (a) => assert.equal(a.json[0].dob, 'not-a-date'),
  };
  for (const [kind, look] of Object.entries(looks)) {
    assert.deepEqual((await practice.admin('POST', 'malformed', { id, kind })).json, [{ id, kind }]);
    look(await practice.api('GET', '/patients?limit=1'));
  }
  assert.equal((await practice.admin('POST', 'malformed', { id, kind: 'odd' })).status, 400);
  assert.equal((await practice.admin('POST', 'malformed', { id: 'nobody', kind: 'bad_date' })).status, 404);
  assert.deepEqual((await practice.admin('DELETE', `malformed?id=${id}`)).json, []);
  assert.equal((await practice.api('GET', `/patients/${id}`)).json.id, id);
});

test('after a drop the write has happened', async () => {
  await practice.admin('POST', 'faults', [{ match: 'POST /api/provider/patients', kind: 'drop_after_commit', times: 1 }]);
  await assert.rejects(practice.create({ integration_record_id: 'crm-dropped' }));
  assert.equal((await practice.api('GET', '/patients/crm-dropped')).status, 200);
});

test('500, latency and an ended key on demand', async () => {
  await practice.admin('POST', 'faults', [{ match: 'GET /api/provider/practice', kind: '500', times: 1 }]);
  assert.deepEqual((await practice.api('GET', '/practice')).json, { status: 500, message: 'Internal Server Error' });
  await practice.admin('POST', 'faults', [{ match: 'GET /api/*', kind: 'latency', ms: 120, times: 1 }]);
  const from = Date.now();
  await practice.api('GET', '/practice');
  assert.ok(Date.now() - from >= 110);
  await practice.admin('POST', 'faults', [{ match: 'GET /api/*', kind: 'expire', times: 1 }]);
  assert.equal((await practice.api('GET', '/practice')).status, 401);
  await practice.admin('POST', 'faults', [{ match: 'GET /api/*', kind: '429', times: 1 }]);
  const slow = await practice.api('GET', '/practice');
  assert.equal(slow.text, '{"status":429,"message":"Enhance your calm"}');
  await practice.admin('POST', 'faults', []);
});

test('records can be loaded and forgotten while it runs', async () => {
  const own = await startPractice();
  await own.admin('POST', 'load', { patients: [{ id: 'pat-loaded00001', first_name: 'L', last_name: 'One', updated_at: '2024-05-06T07:08:09.123456-07:00' }] });
  await own.admin('POST', 'load', { hint: [{ object: 'patient', fields: { first_name: 'L', last_name: 'Two', archived: true } }] });
  const p = (await own.api('GET', '/patients/pat-loaded00001')).json;
  assert.equal(p.updated_at, '2024-05-06T07:08:09.123456-07:00');
  assert.equal((await own.api('GET', '/patients?filter=archived')).json[0].last_name, 'Two');
  assert.equal((await own.admin('POST', 'load', { patients: [{ id: 'pat-loaded00001', first_name: 'x', last_name: 'y' }] })).status, 400);
  await own.admin('POST', 'reset');
  assert.equal((await own.api('GET', '/patients?filter=all')).headers.get('x-total-count'), '0');
  assert.equal((await own.api('GET', '/patients/pat-loaded00001')).status, 404);
  await own.stop();
});

test('a person edits what the API may not, and erases', async () => {
  const { id } = (await practice.admin('POST', 'create', { object: 'patient', id: 'pat-by-hand001', fields: { first_name: 'A', last_name: 'B', terms_accepted: true } })).json;
  assert.equal(id, 'pat-by-hand001');
  const before = (await practice.api('GET', `/patients/${id}`)).json;
  assert.equal(before.terms_accepted, true);
  await sleep(2);
  const edited = (await practice.admin('POST', 'edit', { object: 'patient', id, fields: { membership_status: 'active', hipaa_authorization_accepted: true } })).json;
  assert.equal(edited.memberships.length, 1);
  assert.ok(edited.hipaa_authorization_accepted_at);
  assert.ok(Date.parse(edited.updated_at) > Date.parse(before.updated_at));
  assert.equal((await practice.admin('POST', 'delete', { object: 'patient', id, hard: true })).status, 200);
  assert.equal((await practice.api('GET', `/patients/${id}`)).status, 404);
  assert.equal((await practice.admin('POST', 'edit', { object: 'patient', id, fields: {} })).status, 404);
});

test('FHIR patients become patients of the practice', async (t) => {
  const shared = process.env.SUTURE_SHARED ?? join(process.cwd(), '../shared');
  const file = join(shared, 'data/fhir/synthea-patients-1144.ndjson');
  if (!existsSync(file)) return t.skip('no shared test data');
  const own = await startPractice('--data', file);
  const { patients } = (await own.admin('GET', 'state')).json;
  assert.equal(patients.length, 1144);
  assert.ok(patients.every((p) => !/\d/.test(p.first_name + p.last_name)));
  assert.ok(patients.every((p) => /^\d{4}-\d\d-\d\d$/.test(p.dob) && p.phones.length > 0));
  const world = (await own.admin('GET', 'world')).json;
  assert.equal(world.patients.length, 1144);
  assert.ok(world.counts.linked > 100 && world.counts.skipped_ambiguous > 5);
  await own.stop();
});

test('a world file can hold anything', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'world-'));
  const file = join(dir, 'world.json');
  writeFileSync(file, JSON.stringify({ hint: { patients: [{ id: 'pat-w00000000001', first_name: 'W', last_name: 'One' }] }, salesforce: {} }));
  const own = await startPractice('--world', file);
  assert.equal((await own.api('GET', '/patients')).json[0].id, 'pat-w00000000001');
  await own.stop();
  rmSync(dir, { recursive: true });
});

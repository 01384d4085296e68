// Lists: bare arrays, counts, paging, both spellings of ranges, equality, archive filter, sort (checklist rows 1 to 3).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startPractice } from './practice.mjs';

let practice;
before(async () => {
  practice = await startPractice('--patients', '250', '--seed', '3');
});
after(() => practice.stop());

const list = async (query = '') => practice.api('GET', `/patients${query}`);

test('a list is a bare array of ten rows with both counts', async () => {
  const answer = await list();
  assert.equal(answer.status, 200);
  assert.ok(Array.isArray(answer.json));
  assert.equal(answer.json.length, 10);
  assert.equal(answer.headers.get('x-count'), '10');
  assert.equal(answer.headers.get('x-total-count'), '250');
  assert.equal(answer.headers.get('etag'), null);
});

test('pages are packed only when switched on', async () => {
  const plain = await list('?limit=50');
  assert.equal(plain.headers.get('content-encoding'), null);
  await practice.admin('POST', 'settings', { gzip: true });
  const packed = await list('?limit=50');
  assert.equal(packed.headers.get('content-encoding'), 'gzip');
  assert.deepEqual(packed.json, plain.json);
  await practice.admin('POST', 'settings', { gzip: false });
});

test('limit is held between 1 and 100', async () => {
  assert.equal((await list('?limit=1000')).json.length, 100);
  assert.equal((await list('?limit=0')).json.length, 1);
  assert.equal((await list('?limit=7')).json.length, 7);
});

test('pages cover everybody once, in order of creation', async () => {
  const seen = [];
  for (let offset = 0; ; offset += 100) {
    const page = (await list(`?limit=100&offset=${offset}`)).json;
    seen.push(...page);
    if (page.length < 100) break;
  }
  assert.equal(seen.length, 250);
  assert.equal(new Set(seen.map((p) => p.id)).size, 250);
  const times = seen.map((p) => Date.parse(p.created_at));
  assert.deepEqual(times, [...times].sort((a, b) => a - b));
  assert.equal((await list('?offset=1000')).json.length, 0);
});

test('both spellings of a range mean the same', async () => {
  const all = [];
  for (const offset of [0, 100, 200]) all.push(...(await list(`?limit=100&offset=${offset}`)).json);
  const middle = all.map((p) => p.updated_at).sort((a, b) => Date.parse(a) - Date.parse(b))[125];
  const expected = all.filter((p) => Date.parse(p.updated_at) >= Date.parse(middle)).length;
  const json = await list(`?limit=100&updated_at=${encodeURIComponent(JSON.stringify({ gte: middle }))}`);
  const bracket = await list(`?limit=100&updated_at%5Bgte%5D=${encodeURIComponent(middle)}`);
  assert.equal(json.headers.get('x-total-count'), String(expected));
  assert.equal(bracket.headers.get('x-total-count'), String(expected));
  assert.deepEqual(json.json, bracket.json);
  const strict = await list(`?updated_at[gt]=${encodeURIComponent(middle)}`);
  assert.equal(strict.headers.get('x-total-count'), String(expected - 1), 'microseconds count');
  const window = await list(`?updated_at=${encodeURIComponent(JSON.stringify({ gte: middle, lte: middle }))}`);
  assert.equal(window.headers.get('x-total-count'), '1');
  assert.equal((await list('?updated_at[gt]=2099-01-01T00:00:00Z')).headers.get('x-total-count'), '0');
  assert.equal((await list('?created_at[lt]=2017-01-01T00:00:00Z')).headers.get('x-total-count'), '0');
  assert.equal((await list('?created_at[lt]=2030-01-01T00:00:00Z&updated_at[lte]=2030-01-01')).headers.get('x-total-count'), '250');
});

test('a range that is no time is refused with 400', async () => {
  for (const query of ['?updated_at[gt]=yesterday', '?updated_at[near]=2024-01-01T00:00:00Z', '?updated_at=%7Bbroken', '?sort=nothing', '?filter=odd']) {
    const answer = await list(query);
    assert.equal(answer.status, 400, query);
    assert.equal(answer.json.status, 400);
  }
});

test('equality ignores case and takes the whole value', async () => {
  const p = await practice.create({ first_name: 'Zénobie', last_name: "O'Quill", email: 'Zen@Mail.Example', dob: '1991-02-03', integration_record_id: 'rec-list-1' });
  for (const query of ['first_name=zÉnobie', "last_name=O'QUILL", 'email=zen@mail.example', 'dob=1991-02-03&first_name=Z%C3%A9nobie', 'integration_record_id=REC-list-1']) {
    const rows = (await list(`?${query}`)).json;
    assert.deepEqual(rows.map((row) => row.id), [p.id], query);
  }
  assert.equal((await list('?first_name=Zén')).json.length, 0);
  assert.ok((await list('?no_such_field=1')).json.length > 0, 'unknown parameters are ignored');
});

test('archived rows are left out, or alone, or with the others', async () => {
  const p = await practice.create({ first_name: 'Gone', last_name: 'Away' });
  assert.equal((await practice.api('DELETE', `/patients/${p.id}`)).status, 204);
  const total = async (query) => Number((await list(query)).headers.get('x-total-count'));
  const present = await total('');
  assert.equal(await total('?filter=archived'), 1);
  assert.equal(await total('?filter=all'), present + 1);
  assert.equal((await list('?filter=archived')).json[0].membership_status, 'archived');
  assert.equal((await list('?first_name=gone')).json.length, 0);
  assert.equal((await list('?first_name=gone&filter=all')).json.length, 1);
});

test('sort goes up and down', async () => {
  const up = (await list('?limit=100&sort=updated_at&filter=all')).json.map((p) => Date.parse(p.updated_at));
  assert.deepEqual(up, [...up].sort((a, b) => a - b));
  const down = (await list('?limit=100&sort=-created_at')).json.map((p) => Date.parse(p.created_at));
  assert.deepEqual(down, [...down].sort((a, b) => b - a));
  const names = (await list('?limit=100&sort=last_name')).json.map((p) => p.last_name.trim().toLowerCase());
  assert.ok(names[0] <= names[99]);
});

test('a sorted walk sees a change made between two pages', async () => {
  const first = (await list('?limit=100&sort=updated_at')).json;
  await practice.api('PATCH', `/patients/${first[0].id}`, { last_name: 'Changed' });
  const last = Number((await list('?sort=updated_at')).headers.get('x-total-count')) - 1;
  assert.equal((await list(`?limit=1&offset=${last}&sort=updated_at`)).json[0].id, first[0].id);
});

test('list rows carry the same members as the single view', async () => {
  const row = (await list('?limit=1')).json[0];
  assert.deepEqual((await practice.api('GET', `/patients/${row.id}`)).json, row);
});

// The stand-in for an EMR that nobody has, asked over HTTP: sandbox/invented/invented.h is its reference.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, test } from 'node:test';
import { startSystems } from '../niko/company.mjs';
import { startReceiver } from '../receiver.mjs';

let systems;
let base;
beforeEach(async () => {
  systems = await startSystems('--invented-port', '0', '--patients', '60', '--seed', '3');
  base = systems.urls.invented;
});
afterEach(() => systems.stop());

async function call(method, path, body, headers = { 'x-api-key': 'invented-key', 'x-version': '3' }) {
  const answer = await fetch(base + path, { method, headers: { 'content-type': 'application/json', ...headers }, body: body && JSON.stringify(body) });
  const text = await answer.text();
  return { status: answer.status, json: text ? JSON.parse(text) : undefined };
}
const admin = (path, body) => call('POST', `/__admin/${path}`, body, {});
const first = (answer) => answer.json.errors[0];

async function walk(query) {
  const rows = [];
  let after = '';
  do {
    const { json } = await call('GET', `/people?${query}${after && `&after=${encodeURIComponent(after)}`}`);
    rows.push(...json.data.people);
    after = json.page.next;
  } while (after);
  return rows;
}

test('a call needs its key and its version', async () => {
  assert.equal((await call('GET', '/me', undefined, { 'x-version': '3' })).status, 401);
  assert.equal(first(await call('GET', '/me', undefined, { 'x-api-key': 'invented-key' })).code, 'E_VERSION');
  assert.deepEqual((await call('GET', '/me')).json, { clinic: 'House of Nobody', user: 'api' });
});

test('pages go by a mark that has to be escaped, and end with null', async () => {
  const { json } = await call('GET', '/people?count=7');
  assert.deepEqual([json.data.people.length, json.page.next, json.page.total], [7, 'm/7 .', 60]);
  assert.equal(new Set((await walk('count=7')).map((row) => row.key)).size, 60);
  assert.equal((await call('GET', '/people?count=500')).json.data.people.length, 50);
  assert.equal(first(await call('GET', '/people?after=x')).code, 'E_PAGE');
});

test('rows are short unless they are to be expanded', async () => {
  const [short] = (await call('GET', '/people')).json.data.people;
  const [full] = (await call('GET', '/people?expand=all')).json.data.people;
  assert.ok(!('home' in short) && !('mail' in short) && 'surname' in short);
  assert.deepEqual(full, (await call('GET', `/people/${full.key}`)).json);
});

test('since shows what changed, state=live leaves out who left, words find beginnings of names', async () => {
  await new Promise((done) => setTimeout(done, 5));
  const since = new Date().toISOString();
  await call('PATCH', '/people/p-000003', { home: { town: 'Macon' } });
  await admin('delete', { id: 'p-000009' });
  assert.deepEqual((await walk(`since=${since}`)).map((row) => row.key), ['p-000003', 'p-000009']);
  assert.equal((await walk('state=live')).length, 59);
  const made = (await call('POST', '/people', { surname: 'Oddname', given: 'Zebulon' })).json;
  const found = (await call('GET', '/people/search?words=odd+ZEB')).json.data.people;
  assert.deepEqual(found.map((row) => row.key), [made.key]);
});

test('a change is a merge patch: null takes away, what is not named stays; the record counts its changes', async () => {
  const made = await call('POST', '/people', { surname: 'Lee', born: '1960-02-29', mail: 'A@Mail.example', home: { town: 'Macon', zip: '1' } });
  assert.equal(made.status, 201);
  assert.deepEqual([made.json.rev, made.json.changed.by, made.json.mail, made.json.given], [1, 'api', 'a@mail.example', null]);
  const changed = (await call('PATCH', `/people/${made.json.key}`, { given: ' Ann ', home: { zip: null } })).json;
  assert.deepEqual([changed.rev, changed.given, changed.surname, changed.home.town, changed.home.zip], [2, 'Ann', 'Lee', 'Macon', null]);
  const byDesk = (await admin('edit', { id: changed.key, fields: { home: null } })).json;
  assert.deepEqual([byDesk.home.town, byDesk.changed.by, byDesk.rev], [null, 'desk', 3]);
});

test('errors stand in a list, with the place', async () => {
  for (const [body, code, where] of [
    [{ given: 'Ann' }, 'E_NEEDED', 'surname'],
    [{ surname: 'x'.repeat(41) }, 'E_LONG', 'surname'],
    [{ surname: 'Lee', born: '1960-02-30' }, 'E_DATE', 'born'],
    [{ surname: 'Lee', home: { planet: 'Mars' } }, 'E_UNKNOWN', 'home.planet'],
    [{ surname: 'Lee', rev: 9 }, 'E_UNKNOWN', 'rev'],
    [{ surname: 7 }, 'E_KIND', 'surname'],
  ]) {
    const answer = await call('POST', '/people', body);
    assert.deepEqual([answer.status, first(answer).code, first(answer).where], [400, code, where]);
  }
  assert.equal((await call('GET', '/people/p-999999')).status, 404);
  assert.equal((await call('DELETE', '/people/p-000001')).status, 404);
  await call('PATCH', '/people/p-000001', { foreign_ref: 'R' });
  assert.equal((await call('PATCH', '/people/p-000002', { foreign_ref: 'R' })).status, 409);
});

test('webhooks: registered with a secret of their own, signed with their time, told by events', async () => {
  const receiver = await startReceiver();
  try {
    const hook = (await call('POST', '/hooks', { address: `${receiver.url}/in`, active: true, events: ['person.changed', 'person.merged'] })).json;
    assert.deepEqual((await call('GET', '/hooks')).json.hooks.map((row) => [row.key, row.address, row.secret]), [[hook.key, `${receiver.url}/in`, undefined]]);
    await admin('create', { fields: { surname: 'Quiet' } });
    const full = (await admin('edit', { id: 'p-000002', fields: { given: 'Loud' } })).json;
    await admin('merge', { loser: 'p-000004', survivor: 'p-000002' });
    await receiver.wait(2);
    const [changed, merged] = receiver.calls;
    assert.deepEqual([changed.event.what, changed.event.person], ['person.changed', full]);
    assert.deepEqual([merged.event.what, merged.event.person.merged, merged.event.person.state], ['person.merged', { into: 'p-000002' }, 'left']);
    const stamp = changed.headers['x-timestamp'];
    assert.ok(Math.abs(stamp - Date.now() / 1000) < 60);
    assert.equal(changed.headers['x-signature'], `v1=${createHmac('sha256', hook.secret).update(`${stamp}.`).update(changed.body).digest('hex')}`);
    assert.equal((await call('DELETE', `/hooks/${hook.key}`)).status, 204);
    assert.equal((await call('POST', '/hooks', { address: 'nowhere' })).status, 400);
  } finally {
    await receiver.stop();
  }
});

test('what was dumped can be loaded again', async () => {
  const { people } = (await call('GET', '/__admin/state', undefined, {})).json;
  await admin('reset', {});
  assert.deepEqual((await admin('load', { invented: { people } })).json, { people: 60 });
  const again = (await call('GET', '/__admin/state', undefined, {})).json.people;
  const bare = ({ changed: _changed, ...rest }) => rest;
  assert.deepEqual(again.map(bare), people.map(bare));
});

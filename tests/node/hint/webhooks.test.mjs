// Webhooks: registration, signature, self-muting, retries, duplicates, order, log (checklist row 10).
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, test } from 'node:test';
import { sleep, startReceiver } from '../receiver.mjs';
import { eventually } from '../live/live.mjs';
import { secret, startPractice } from './practice.mjs';

let practice;
let receiver;
beforeEach(async () => {
  practice = await startPractice();
});
afterEach(async () => {
  await practice.stop();
  await receiver?.stop();
  receiver = undefined;
});

const register = async (url, route = '/partner/webhook_endpoints') => (await practice.partner('POST', route, { webhook_url: url })).json;
const person = async (fields = {}) =>
  (await practice.admin('POST', 'create', { object: 'patient', fields: { first_name: 'Ada', last_name: 'Test', ...fields } })).json.id;
const edit = async (id, fields) => practice.admin('POST', 'edit', { object: 'patient', id, fields });
const settle = () => eventually(async () => (await practice.admin('GET', 'settings')).json.webhooks_waiting === 0, 'every webhook is delivered');

test("a person's change arrives signed, with the whole patient", async () => {
  receiver = await startReceiver();
  const endpoint = await register(`${receiver.url}/hook?x=1`);
  assert.match(endpoint.id, /^whep-/);
  const id = await person({ email: 'ada@mail.example' });
  await receiver.wait(1);
  const [call] = receiver.calls;
  assert.equal(call.method, 'POST');
  assert.equal(call.url, '/hook?x=1');
  assert.equal(call.headers['x-hint-signature'], `sha256=${createHmac('sha256', secret).update(call.body).digest('hex')}`);
  assert.match(call.event.id, /^evt-/);
  assert.match(call.event.practice_id, /^pra-/);
  assert.equal(call.event.type, 'patient.created');
  assert.deepEqual(call.event.object, (await practice.api('GET', `/patients/${id}`)).json);
  await edit(id, { email: 'new@mail.example' });
  await receiver.wait(2);
  assert.equal(receiver.calls[1].event.type, 'patient.updated');
  assert.equal(receiver.calls[1].event.object.email, 'new@mail.example');
  await practice.admin('POST', 'delete', { object: 'patient', id });
  await receiver.wait(3);
  assert.equal(receiver.calls[2].event.type, 'patient.destroyed');
});

test('all four kinds of route register, list, change and drop', async () => {
  receiver = await startReceiver();
  const [integration] = (await practice.partner('GET', '/integrations')).json;
  const [installation] = (await practice.partner('GET', '/partner/installations')).json;
  const routes = ['/global_webhook_endpoints', `/integrations/${integration.id}/webhook_endpoints`, `/partner/installations/${installation.id}/webhook_endpoints`];
  for (const route of routes) {
    const { id } = await register(`${receiver.url}/old`, route);
    assert.ok((await practice.partner('GET', route)).json.some((row) => row.id === id));
    assert.equal((await practice.partner('PATCH', `${route}/${id}`, { webhook_url: `${receiver.url}/new` })).json.webhook_url, `${receiver.url}/new`);
    const before = receiver.calls.length;
    await person();
    await receiver.wait(before + 1);
    assert.equal(receiver.calls.at(-1).url, '/new');
    assert.equal((await practice.partner('DELETE', `${route}/${id}`)).status, 204);
    assert.equal((await practice.partner('PATCH', `${route}/${id}`, { webhook_url: receiver.url })).status, 404);
  }
  const before = receiver.calls.length;
  await person();
  await settle();
  assert.equal(receiver.calls.length, before, 'a dropped endpoint hears nothing');
  assert.equal((await practice.partner('POST', routes[0], { webhook_url: 'ftp://x' })).status, 422);
  assert.equal((await practice.partner('GET', '/integrations/int-other/webhook_endpoints')).status, 404);
});

test('our own changes are muted unless the backend says otherwise', async () => {
  receiver = await startReceiver();
  await register(receiver.url);
  const p = await practice.create({});
  await practice.api('PATCH', `/patients/${p.id}`, { email: 'x@mail.example' });
  await settle();
  assert.equal(receiver.calls.length, 0);
  const [backend] = (await practice.partner('GET', '/partner/backends')).json;
  assert.equal(backend.unmute_self_webhooks, false);
  await practice.partner('PATCH', `/partner/backends/${backend.id}`, { unmute_self_webhooks: true });
  await practice.api('PATCH', `/patients/${p.id}`, { email: 'y@mail.example' });
  await receiver.wait(1);
  assert.equal(receiver.calls[0].event.type, 'patient.updated');
});

test('a failed delivery is tried again until it is acknowledged, and logged', async () => {
  receiver = await startReceiver((n) => (n < 3 ? 500 : 200));
  await practice.admin('POST', 'settings', { retry_ms: 20 });
  await register(receiver.url);
  await person();
  await receiver.wait(4);
  await settle();
  assert.equal(new Set(receiver.calls.map((call) => call.event.id)).size, 1, 'the same event');
  const [row] = (await practice.partner('GET', '/partner/webhook_requests')).json;
  assert.equal(row.attempts, 4);
  assert.equal(row.status, 'delivered');
  assert.equal(row.last_status_code, 200);
  assert.equal(row.event_type, 'patient.created');
  assert.equal((await practice.partner('GET', '/partner/webhook_requests?status=failed')).json.length, 0);
});

test('attempts end after three days, squeezed here', async () => {
  receiver = await startReceiver(() => 503);
  await practice.admin('POST', 'settings', { retry_ms: 1 });
  await register(receiver.url);
  await person();
  await receiver.wait(73);
  await settle();
  assert.equal(receiver.calls.length, 73);
  assert.equal((await practice.partner('GET', '/partner/webhook_requests?status=failed')).json[0].attempts, 73);
});

test('a receiver that does not answer in time is tried again', async () => {
  receiver = await startReceiver((n) => (n === 0 ? null : 200));
  await practice.admin('POST', 'settings', { retry_ms: 20, timeout_ms: 150 });
  await register(receiver.url);
  await person();
  await receiver.wait(2);
  assert.equal(receiver.calls[0].event.id, receiver.calls[1].event.id);
});

test('a receiver that is down is tried again', async () => {
  receiver = await startReceiver();
  const { url } = receiver;
  await receiver.stop();
  await practice.admin('POST', 'settings', { retry_ms: 20 });
  await register(url);
  await person();
  const row = await eventually(async () => (await practice.partner('GET', '/partner/webhook_requests')).json.find(({ attempts }) => attempts >= 2), 'it is tried again');
  assert.equal(row.last_status_code, null);
  receiver = undefined;
});

test('duplicates on demand carry the same id and bytes', async () => {
  receiver = await startReceiver();
  await practice.admin('POST', 'settings', { duplicate: true });
  await register(receiver.url);
  await person();
  await receiver.wait(2);
  await settle();
  assert.equal(receiver.calls.length, 2);
  assert.ok(receiver.calls[0].body.equals(receiver.calls[1].body));
});

test('wrong order on demand', async () => {
  receiver = await startReceiver();
  const id = await person();
  await register(receiver.url);
  await practice.admin('POST', 'settings', { reorder: true });
  /* Both are in the queue before either of them leaves, however slow this machine is. */
  const [backend] = (await practice.partner('GET', '/partner/backends')).json;
  await practice.partner('PATCH', `/partner/backends/${backend.id}`, { webhooks_paused: true });
  await edit(id, { email: 'first@mail.example' });
  await edit(id, { email: 'second@mail.example' });
  await practice.partner('PATCH', `/partner/backends/${backend.id}`, { webhooks_paused: false });
  await receiver.wait(2);
  const times = Object.fromEntries(receiver.calls.map((call) => [call.event.object.email, Date.parse(call.event.object.updated_at)]));
  assert.ok(times['second@mail.example'] >= times['first@mail.example']);
  assert.equal(new Set(receiver.calls.map((call) => call.event.id)).size, 2);
  const queue = receiver.calls.map((call) => call.event.object.email);
  assert.equal(queue[0], 'second@mail.example', 'the newer one came first');
});

test('a paused backend holds its events back, a disabled one drops them', async () => {
  receiver = await startReceiver();
  const [backend] = (await practice.partner('GET', '/partner/backends')).json;
  const change = (fields) => practice.partner('PATCH', `/partner/backends/${backend.id}`, fields);
  await register(receiver.url);
  await change({ webhooks_paused: true });
  await person();
  await sleep(60);
  assert.equal(receiver.calls.length, 0);
  await change({ webhooks_paused: false });
  await receiver.wait(1);
  await change({ webhooks_disabled: true });
  await person();
  await change({ webhooks_disabled: false, listened_events: ['patient.updated'] });
  const id = await person();
  await edit(id, { suffix: 'Sr.' });
  await receiver.wait(2);
  await settle();
  assert.deepEqual(receiver.calls.map((call) => call.event.type), ['patient.created', 'patient.updated']);
});

test('an inactive member is an event of its own; a merge is three', async () => {
  receiver = await startReceiver();
  const [a, b] = [await person({ membership_status: 'active', integration_record_id: 'crm-1' }), await person({ membership_status: 'active' })];
  await register(receiver.url);
  await edit(b, { membership_status: 'inactive' });
  await receiver.wait(2);
  assert.deepEqual(receiver.calls.map((call) => call.event.type).sort(), ['patient.inactive', 'patient.updated']);
  const merged = (await practice.admin('POST', 'merge', { loser: a, survivor: b })).json;
  assert.deepEqual(merged.merged_into, { id: b, name: 'Ada Test' });
  assert.equal(merged.integration_record_id, null);
  await receiver.wait(5);
  assert.deepEqual(receiver.calls.slice(2).map((call) => call.event.type).sort(), ['patient.destroyed', 'patient.updated', 'patient.updated']);
});

test('the list of events names those of patients', async () => {
  const events = (await practice.partner('GET', '/partner/webhook_events')).json;
  assert.equal(events.length, 45);
  for (const name of ['created', 'updated', 'destroyed', 'inactive']) assert.ok(events.includes(`patient.${name}`));
});

test('a burst arrives whole', async () => {
  receiver = await startReceiver();
  await register(receiver.url);
  await Promise.all(Array.from({ length: 300 }, () => person()));
  await receiver.wait(300);
  assert.equal(new Set(receiver.calls.map((call) => call.event.object.id)).size, 300);
});

test('deliveries that are lost, repeated or overtaken, the same ones for the same seed', async () => {
  receiver = await startReceiver();
  const heard = async (switches) => {
    const endpoint = await register(receiver.url);
    const id = await person();
    await receiver.wait(1);
    await settle();
    await practice.admin('POST', 'settings', { loss: 0, repeat: 0, overtaken: 0, late: 0, ...switches });
    const before = receiver.calls.length;
    for (let i = 0; i < 20; i++) await edit(id, { email: `${i}@mail.example` });
    await settle();
    await practice.partner('DELETE', `/partner/webhook_endpoints/${endpoint.id}`);
    await practice.admin('POST', 'settings', { loss: 0, repeat: 0, overtaken: 0, late: 0 });
    return receiver.calls.slice(before).map((call) => Number.parseInt(call.event.object.email, 10));
  };
  const sorted = (numbers) => [...numbers].sort((a, b) => a - b);
  const lost = sorted(await heard({ loss: 0.4, seed: 3 }));
  assert.ok(lost.length < 20 && lost.length > 5);
  assert.deepEqual(lost, sorted(await heard({ loss: 0.4, seed: 3 })));
  assert.notDeepEqual(lost, sorted(await heard({ loss: 0.4, seed: 4 })));
  assert.ok((await practice.admin('GET', 'settings')).json.webhooks_waiting === 0);
  const twice = await heard({ repeat: 0.5, seed: 3 });
  assert.ok(twice.length > 20 && new Set(twice).size === 20);
  for (const [share, ms] of [['overtaken', 'overtaken_ms'], ['late', 'late_ms']]) {
    const late = await heard({ [share]: 0.3, [ms]: 1500, seed: 3 }); /* time enough for others to pass, however slow this machine is */
    assert.equal(late.length, 20);
    assert.notDeepEqual(late, sorted(late), share);
  }
});

// API notes 9 and 15 row 10: all of it assumed, so the shape and the header are settings, and delivery is as bad as wanted.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, test } from 'node:test';
import { startReceiver } from '../receiver.mjs';
import { startCompany, whole } from './company.mjs';

let company;
let receiver;
beforeEach(async () => {
  company = await startCompany('--patients', '3');
  receiver = await startReceiver();
});
afterEach(async () => {
  await company.stop();
  await receiver.stop();
});

const Events = ['PatientCreated', 'PatientUpdated', 'PatientDeleted'];
const Secret = 'choose-a-long-random-text';
const subscribe = (more = {}) => company.api('POST', '/webhooks', { Url: `${receiver.url}/niko/events/6b1e?k=1`, Events, Secret, ...more });
const edit = (n, more = {}) => company.admin('POST', 'edit', { object: 'patient', id: `1000000${n}`, fields: { 'General.NickName': `Roz${Math.random()}` }, ...more });
const ids = () => receiver.calls.map((call) => call.event.Data.Id);

test('9: the events can be listed, subscribed to and dropped', async () => {
  const names = (await company.api('GET', '/webhooks/events')).json;
  assert.ok(Array.isArray(names) && Events.every((name) => names.includes(name)));
  const made = await subscribe();
  assert.equal(made.status, 201);
  assert.deepEqual(made.json, { Id: '41', Url: `${receiver.url}/niko/events/6b1e?k=1`, Events, Active: true });
  assert.deepEqual((await company.api('GET', '/webhooks')).json, { Items: [made.json], Count: 1 });
  assert.equal((await company.api('DELETE', '/webhooks/41')).status, 204);
  assert.equal((await company.api('DELETE', '/webhooks/41')).status, 404);
  assert.equal((await subscribe({ Events: ['PatientSneezed'] })).status, 400);
  assert.equal((await subscribe({ Url: 'ftp://x' })).status, 400);
});

test('9: a delivery names the event and the id, nothing else', async () => {
  await subscribe();
  await edit(2);
  await receiver.wait(1);
  const [call] = receiver.calls;
  assert.equal(call.url, '/niko/events/6b1e?k=1');
  assert.equal(call.headers['content-type'], 'application/json');
  assert.deepEqual({ ...call.event, Id: 0, Timestamp: 0 }, { Id: 0, Event: 'PatientUpdated', Timestamp: 0, Data: { Id: '10000002' } });
  assert.match(call.event.Id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
});

test('9: create, update, delete by a person and by us; our own can be kept quiet', async () => {
  await subscribe();
  const made = (await company.admin('POST', 'create', { object: 'patient', fields: { 'General.Name.LastName': 'Late' } })).json;
  const ours = await company.create();
  await company.api('PUT', `/patients/${ours.Id}`, whole(ours));
  await company.api('DELETE', `/patients/${ours.Id}`);
  await receiver.wait(4);
  assert.deepEqual(
    receiver.calls.map((call) => [call.event.Event, call.event.Data.Id]),
    [['PatientCreated', made.id], ['PatientCreated', ours.Id], ['PatientUpdated', ours.Id], ['PatientDeleted', ours.Id]],
  );
  await company.set({ no_echo: true });
  await company.create();
  await edit(1);
  await receiver.wait(5);
  await company.settle();
  assert.deepEqual([receiver.calls.length, ids()[4]], [5, '10000001']);
});

test('9: only what was subscribed to; orders, tasks and insurances have events of their own', async () => {
  await subscribe({ Events: ['OrderCreated', 'OrderUpdated', 'TaskCreated', 'InsuranceCreated'] });
  const order = (await company.admin('POST', 'create', { object: 'order', fields: { PatientId: '10000001' } })).json;
  await edit(1);
  await company.admin('POST', 'edit', { object: 'order', id: order.id, fields: { Status: 'Completed' } });
  await company.admin('POST', 'create', { object: 'task', fields: { PatientId: '10000001', Title: 'Call' } });
  await company.api('POST', '/patients/10000001/insurances', { PayerId: '501', PolicyNumber: '7' });
  await receiver.wait(4);
  await company.settle();
  assert.deepEqual(receiver.calls.map((call) => call.event.Event), ['OrderCreated', 'OrderUpdated', 'TaskCreated', 'InsuranceCreated']);
  assert.deepEqual(receiver.calls[0].event.Data, { Id: order.id, PatientId: '10000001' });
});

test('9: another shape, and a header with the secret or an HMAC of the body, where the tenant has them', async () => {
  await subscribe();
  await company.set({ hook_shape: 'flat', hook_header: 'X-Token' });
  await edit(2);
  await receiver.wait(1);
  assert.deepEqual(receiver.calls[0].event, { Event: 'Patient.Updated', Id: '10000002' });
  assert.equal(receiver.calls[0].headers['x-token'], Secret);
  await company.set({ hook_hmac: true });
  await edit(2);
  await receiver.wait(2);
  assert.equal(receiver.calls[1].headers['x-token'], `sha256=${createHmac('sha256', Secret).update(receiver.calls[1].body).digest('hex')}`);
});

test('15.10: without switches the order is that of the events', async () => {
  await subscribe();
  for (let i = 0; i < 30; i++) await edit((i % 3) + 1);
  await receiver.wait(30);
  assert.deepEqual(ids(), Array.from({ length: 30 }, (_, i) => `1000000${(i % 3) + 1}`));
});

test('15.10: loss', async () => {
  await subscribe();
  await company.set({ loss: 0.5 });
  for (let i = 0; i < 40; i++) await edit(1);
  await company.settle();
  const { hooks_lost: lost, hooks_delivered: delivered } = (await company.admin('GET', 'settings')).json;
  assert.ok(lost > 8 && lost < 32, `${lost} lost`);
  assert.deepEqual([lost + delivered, receiver.calls.length], [40, delivered]);
});

test('15.10: repeats carry the same event id', async () => {
  await subscribe();
  await company.set({ repeat: 1 });
  await edit(1);
  await edit(2);
  await receiver.wait(4);
  const [a, b, c, d] = receiver.calls.map((call) => call.event.Id);
  assert.deepEqual([a === b, c === d, a === c], [true, true, false]);
});

test('15.10: reordering: one is passed by those that come after it, at most by three', async () => {
  await subscribe();
  await company.set({ reorder: 1, reorder_ms: 60_000 });
  await edit(1);
  await company.set({ reorder: 0 });
  for (let i = 0; i < 3; i++) await edit(2);
  await receiver.wait(4);
  assert.equal(ids()[0], '10000002');
  assert.ok(ids().includes('10000001'));
});

test('15.10: one that nobody passes leaves when its time is over', async () => {
  await subscribe();
  await company.set({ reorder: 1, reorder_ms: 50 });
  await edit(3);
  await receiver.wait(1);
});

test('15.10: lateness', async () => {
  await subscribe();
  await company.set({ late: 1, late_ms: 2000 });
  const from = Date.now();
  await edit(1);
  await company.set({ late: 0 });
  await edit(2);
  await receiver.wait(2);
  assert.ok(Date.now() - from >= 1995);
  assert.deepEqual(ids(), ['10000002', '10000001']);
});

test('9: what is not acknowledged is tried again a few times, then given up', async () => {
  await receiver.stop();
  receiver = await startReceiver((n) => (n === 1 ? 200 : 500));
  await subscribe();
  await company.set({ hook_retry_ms: 20 });
  await edit(1);
  await receiver.wait(2);
  await edit(2);
  await receiver.wait(5);
  await company.settle();
  const { hooks_delivered: delivered, hooks_failed: failed } = (await company.admin('GET', 'settings')).json;
  assert.deepEqual([receiver.calls.length, delivered, failed], [5, 1, 1]);
});

test('9: a receiver that is not there costs nothing but the delivery', async () => {
  await company.set({ hook_attempts: 1 });
  await receiver.stop();
  await subscribe();
  receiver = await startReceiver();
  await subscribe();
  await edit(1);
  await receiver.wait(1);
});

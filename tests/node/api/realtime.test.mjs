// Real time by the API (R1, R31, R37, R38): events one by one, pause and resume, addresses and secrets, a test event, deliveries, latency.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admin as tell, states } from '../../../demo/systems.mjs';
import { event, eventually, makePatient, signed } from '../serve/daemon.mjs';
import { withApi } from './lib.mjs';

const path = '/syncs/patients/realtime';
const send = (daemon, body) => daemon.get('/hooks/practice').then(() => fetch(`${daemon.address}/hooks/practice`, signed(body)));
const isOn = (one, name) => one.events.find((item) => item.name === name).on;
const ready = (client, state = 'on') => eventually(async () => (await client.must('get', path)).state === state, `real time is ${state}`);

async function edit(systems, city) {
  const [patient] = (await states(systems)).patients.filter((one) => one.integration_record_id);
  await tell(systems.hint, 'edit', { object: 'patient', id: patient.id, fields: { address_city: city } });
  const whole = await fetch(`${systems.hint}/api/provider/patients/${patient.id}`, { headers: { authorization: 'Bearer practice-key-of-the-demo' } });
  return whole.json();
}

test('R37 events are switched one by one; R31, R38: what a removal does, which mapping', async () => {
  await withApi({ imported: true, as: ['admin', 'operator'] }, async ({ admin, operator, daemon, systems }) => {
    const one = await operator.must('get', path);
    assert.ok(one.events.length >= 4);
    assert.ok(one.events.every((item) => item.on));
    assert.deepEqual([one.enabled, one.paused, one.own_mapping, one.on_emr_delete], [true, false, false, 'unlink']);
    assert.equal((await operator.put(`${path}/events/patient.created`, { on: false })).status, 403);
    const off = await admin.must('put', `${path}/events/patient.created`, { on: false, why: 'made in the org only' });
    assert.equal(isOn(off, 'patient.created'), false);
    assert.equal(isOn(off, 'patient.updated'), true);
    await eventually(async () => {
      const patient = await makePatient(systems, { first_name: 'Nora', last_name: 'Off', dob: '1981-01-01' });
      assert.equal((await send(daemon, event(patient, 'patient.created'))).status, 200);
      return (await admin.must('get', '/syncs/patients/deliveries')).items.every((item) => item.record_id !== patient.id);
    }, 'an event that is off is not staged');
    assert.equal(isOn(await admin.must('put', `${path}/events/patient.created`, { on: true }), 'patient.created'), true);
    const changed = await admin.must('patch', path, { on_emr_delete: 'flag', own_mapping: true, listen: false });
    assert.deepEqual([changed.on_emr_delete, changed.own_mapping, changed.listen], ['flag', true, false]);
    assert.equal((await admin.patch(path, { on_crm_delete: 'delete' })).status, 422);
    assert.equal((await admin.must('patch', path, { own_mapping: false })).own_mapping, false);
  });
});

test('R1 paused, nothing is lost and nothing is delivered; resumed, it goes on', async () => {
  await withApi({ imported: true }, async ({ admin, daemon, systems }) => {
    const contactCity = async (id) => (await states(systems)).contacts.find((contact) => contact.Hint_Patient_Id__c === id).MailingCity;
    await admin.must('patch', path, { paused: true, why: 'the org is being moved' });
    await ready(admin, 'paused');
    await eventually(async () => (await admin.must('get', '/syncs')).items[0].state.paused, 'the sync is paused');
    const patient = await edit(systems, 'Pausetown');
    assert.equal((await send(daemon, event(patient))).status, 200);
    await eventually(async () => (await admin.must('get', path)).waiting >= 1, 'it is staged');
    assert.notEqual(await contactCity(patient.id), 'Pausetown');
    const refused = await admin.post('/syncs/patients/runs', { kind: 'delta' });
    assert.equal(refused.status, 409);
    assert.match(refused.body.error.message, /paused/);
    assert.equal((await daemon.get('/ready')).status, 200);
    await admin.must('patch', path, { paused: false });
    await eventually(async () => (await contactCity(patient.id)) === 'Pausetown', 'the change arrives after resuming');
  });
});

test('switched off as a whole, events are acknowledged and counted', async () => {
  await withApi({ imported: true }, async ({ admin, daemon, systems }) => {
    assert.equal((await admin.must('patch', path, { enabled: false })).state, 'off');
    const patient = await edit(systems, 'Offville');
    await eventually(async () => {
      await send(daemon, event(patient));
      const before = (await admin.must('get', '/syncs/patients/deliveries')).items.length;
      assert.equal((await send(daemon, event(patient))).status, 200);
      return (await admin.must('get', '/syncs/patients/deliveries')).items.length === before;
    }, 'nothing is staged any more');
    await admin.must('patch', path, { enabled: true });
    await ready(admin);
  });
});

test('where webhooks go: told, tried, renewed, taken back', async () => {
  await withApi({ imported: true, as: ['admin', 'operator'] }, async ({ admin, operator, daemon }) => {
    const place = async () => (await operator.must('get', '/hooks')).items.find((item) => item.connection === 'practice');
    const { address, secret_is_set: isSet, registers, told } = await place();
    assert.deepEqual([address, isSet, registers, told], [`${daemon.address}/hooks/practice`, true, true, null]);
    const tried = await operator.must('post', '/hooks/practice/test');
    assert.deepEqual([tried.acknowledged, tried.status, tried.received], [true, 200, 1]);
    assert.ok((await operator.must('post', '/hooks/org/test')).acknowledged);
    assert.deepEqual((await admin.must('get', '/syncs/patients/deliveries')).items, [], 'a test is not staged');
    assert.equal((await operator.post('/hooks/practice/register')).status, 403);
    assert.equal((await admin.must('post', '/hooks/practice/register')).told_address, address);
    assert.equal((await admin.post('/hooks/practice/register', { renew: true })).status, 422);
    assert.equal((await admin.must('post', '/hooks/practice/address')).address, address);
    await admin.must('put', '/hooks/practice/secret', { secret: 'another-key' });
    await eventually(async () => (await operator.must('post', '/hooks/practice/test')).acknowledged, 'the daemon knows the new secret');
    assert.equal((await send(daemon, '{}')).status, 401);
    assert.equal((await admin.must('post', '/hooks/practice/unregister')).told_address, null);
    assert.equal((await operator.post('/hooks/nobody/test')).status, 404);
  });
});

test('deliveries, a masked sample and how long it took', async () => {
  await withApi({ imported: true, as: ['admin', 'viewer'] }, async ({ viewer, daemon, systems }) => {
    assert.equal((await viewer.get(`${path}/sample`)).status, 404);
    const patient = await edit(systems, 'Boise');
    assert.equal((await send(daemon, event(patient))).status, 200);
    const [delivery] = await eventually(async () => {
      const { items } = await viewer.must('get', '/syncs/patients/deliveries');
      return items.some((item) => item.door === 'webhook' && item.state === 'done') && items.filter((item) => item.door === 'webhook');
    }, 'the delivery is done');
    assert.deepEqual([delivery.event, delivery.record_id, delivery.side], ['patient.updated', patient.id, 'emr']);
    const sample = await viewer.must('get', `${path}/sample?event=patient.updated`);
    assert.ok('first_name' in sample.body);
    assert.ok(!JSON.stringify(sample.body).includes(patient.first_name), 'values are masked');
    const latency = await viewer.must('get', '/latency');
    assert.ok(latency.received.count >= 1);
    assert.equal(latency.received.buckets.reduce((all, bucket) => all + bucket.count, latency.received.over), latency.received.count);
    assert.ok(latency.answers.some((item) => item.connection === 'practice' && item.answer === 'received'));
    const [one] = (await viewer.must('get', '/realtime')).items;
    assert.ok(one.last_hour >= 1 && one.last_event);
  });
});

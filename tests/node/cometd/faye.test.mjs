// Our listener knows Bayeux, not only Salesforce: it works unchanged against npm's faye.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastingPort } from '../live/live.mjs';
import { change, sleep, startFaye, startListener, USER } from './server.mjs';

const CHANNEL = '/data/ContactChangeEvent';
const A = '003xx000000000AAAQ';
const B = '003xx000000000BAAQ';

test('R40 changes arrive as they are, one event a record', async () => {
  const faye = await startFaye();
  const listener = startListener(faye.url);
  await listener.wait((line) => line.connected);
  const data = change(7, 'UPDATE', [A, B], { Phone: '555-0100', MailingAddress: { City: 'Bend' } }, { nulledFields: ['Name.FirstName'] });
  await faye.publish(CHANNEL, data);
  const second = await listener.wait((line) => line.id === B);
  const first = listener.lines.find((line) => line.id === A);
  assert.deepEqual(first.json, { Phone: '555-0100', MailingCity: 'Bend', FirstName: null, Id: A });
  assert.deepEqual([first.kind, first.name, first.object, first.by, first.at], ['changed', 'UPDATE', 'Contact', USER, 1795255200000]);
  assert.deepEqual([first.whole, first.deleted, first.fault, first.replay], [false, false, '', '7']);
  assert.deepEqual([first.eventId, second.eventId], [`tx-1:7:${A}`, `tx-1:7:${B}`]);
  assert.deepEqual(JSON.parse(first.bytes), data);
  await faye.publish(CHANNEL, change(9, 'DELETE', [A]));
  const removed = await listener.wait((line) => line.kind === 'removed');
  assert.deepEqual([removed.id, removed.deleted, removed.replay], [A, true, '9']);
  const end = await listener.stop();
  assert.equal(end.ended, 'ok');
  await faye.stop();
});

test('R39 a server that begins anew is found again, and the time between is told', async () => {
  const port = await lastingPort();
  const from = Date.now();
  let faye = await startFaye(port);
  const listener = startListener(faye.url);
  await listener.wait((line) => line.connected);
  await faye.stop();
  await listener.wait((line) => line.connected === false);
  const lost = Date.now();
  await sleep(300);
  faye = await startFaye(port);
  const gap = await listener.wait((line) => line.kind === 'overflow');
  assert.ok(gap.at >= from - 1000 && gap.at <= lost, `since ${gap.at}, begun at ${from}, lost at ${lost}`);
  await faye.publish(CHANNEL, change(3, 'CREATE', [B], { Name: { FirstName: 'Ada', LastName: 'Ng' } }));
  const created = await listener.wait((line) => line.id === B);
  assert.deepEqual(created.json, { FirstName: 'Ada', LastName: 'Ng', Id: B });
  await listener.stop();
  await faye.stop();
});

test('a forgotten session is begun again without a new server', async () => {
  const faye = await startFaye(0, 1);
  const listener = startListener(faye.url);
  await listener.wait((line) => line.connected);
  await sleep(2500); // idle polls end and follow one another
  await faye.publish(CHANNEL, change(1, 'UNDELETE', [A]));
  assert.equal((await listener.wait((line) => line.id === A)).kind, 'changed');
  assert.equal(listener.lines.filter((line) => line.connected === false).length, 0);
  await listener.stop();
  await faye.stop();
});

test('a long poll ends within a second of being told to', async () => {
  const faye = await startFaye(0, 60);
  const took = [];
  // The quickest of a few: others may keep the machine busy, and no machine makes a slow end quick.
  while (took.length < 5 && !(took.at(-1) < 1000)) {
    const listener = startListener(faye.url);
    await listener.wait((line) => line.connected);
    await sleep(300);
    const end = await listener.stop();
    assert.equal(end.ended, 'ok');
    took.push(end.after_ms);
  }
  assert.ok(took.at(-1) < 1000, `${took} ms`);
  await faye.stop();
});

test('other channels and strange messages do no harm (R3)', async () => {
  const faye = await startFaye();
  const listener = startListener(faye.url);
  await listener.wait((line) => line.connected);
  await faye.publish('/data/AccountChangeEvent', change(1, 'UPDATE', [A]));
  await faye.publish(CHANNEL, { hello: 'world' });
  const strange = await listener.wait((line) => line.fault);
  assert.match(strange.fault, /ChangeEventHeader/);
  assert.deepEqual(JSON.parse(strange.bytes), { hello: 'world' });
  assert.equal(listener.lines.some((line) => line.id === A), false);
  await listener.stop();
  await faye.stop();
});

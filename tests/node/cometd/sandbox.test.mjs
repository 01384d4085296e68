// Our listener against the stand-in org: what is edited there arrives, through everything that happens to a stream.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { admin, API, caller, clientToken, startSandbox } from '../salesforce/sandbox.mjs';
import { sleep, startListener } from './server.mjs';

let sandbox;
let call;
before(async () => {
  sandbox = await startSandbox();
  call = caller(sandbox.url, await clientToken(sandbox.url));
});
after(() => sandbox.stop());

async function create(LastName) {
  const answer = await call('POST', `${API}/sobjects/Contact`, { LastName, MailingCity: 'Reno' });
  assert.equal(answer.status, 201);
  return answer.body.id;
}

async function listen(options) {
  const listener = startListener(sandbox.url, options);
  await listener.wait((line) => line.connected);
  return listener;
}

test('R1 R39 a listener that comes back goes on behind its last event', async () => {
  const first = await listen();
  const a = await create('Ames');
  const made = await first.wait((line) => line.id === a);
  assert.deepEqual([made.kind, made.name, made.json.LastName, made.json.MailingCity], ['changed', 'CREATE', 'Ames', 'Reno']);
  assert.equal((await first.stop()).ended, 'ok');
  const b = await create('Bell');
  await call('DELETE', `${API}/sobjects/Contact/${a}`);
  const second = await listen({ replay: made.replay });
  assert.equal((await second.wait((line) => line.id === b)).json.LastName, 'Bell');
  assert.equal((await second.wait((line) => line.kind === 'removed')).id, a);
  assert.equal(second.lines.filter((line) => line.name === 'CREATE').length, 1);
  await second.stop();
});

test('R39 a forgotten session loses nothing', async () => {
  const listener = await listen();
  const a = await create('Cole');
  await listener.wait((line) => line.id === a);
  await admin(sandbox.url, 'cometd/forget', {});
  const b = await create('Dunn');
  await listener.wait((line) => line.id === b);
  assert.deepEqual(listener.lines.filter((line) => line.kind === 'changed').map((line) => line.id), [a, b]);
  await listener.stop();
});

test('R27 an update tells its changed fields and who made it', async () => {
  const id = await create('Eads');
  const listener = await listen();
  await call('PATCH', `${API}/sobjects/Contact/${id}`, { MailingCity: null, Phone: '2' });
  const update = await listener.wait((line) => line.id === id);
  assert.deepEqual([update.json.MailingCity, update.json.Phone, update.json.LastName], [null, '2', undefined]);
  assert.match(update.by, /^005/);
  assert.equal(update.whole, false);
  await listener.stop();
});

test('gaps and overflows ask for the records again', async () => {
  const id = await create('Ford');
  const listener = await listen();
  await admin(sandbox.url, 'cometd/gap', { object: 'Contact', type: 'GAP_UPDATE', id });
  const gap = await listener.wait((line) => line.id === id);
  assert.deepEqual([gap.kind, gap.json], ['changed', { Id: id }]);
  await admin(sandbox.url, 'cometd/gap', { object: 'Contact', type: 'GAP_OVERFLOW' });
  const overflow = await listener.wait((line) => line.kind === 'overflow');
  assert.ok(Math.abs(overflow.at - Date.now()) < 60000);
  await listener.stop();
});

test('what cannot go on says why', async () => {
  const refused = startListener(sandbox.url, { replay: '99999999' });
  assert.equal((await refused.wait((line) => line.ended)).ended, 'gone');
  await admin(sandbox.url, 'settings', { refuse_subscribe: '403:denied_by_security_policy:create_denied' });
  const denied = startListener(sandbox.url);
  const end = await denied.wait((line) => line.ended);
  await admin(sandbox.url, 'settings', { refuse_subscribe: '' });
  assert.equal(end.ended, 'config');
  assert.match(end.text, /Change Data Capture/);
});

test('a token that runs out is replaced on the way, nothing is lost', async () => {
  const brief = await startSandbox('--token-seconds', '2');
  const create = async (LastName) => (await admin(brief.url, 'create', { object: 'Contact', fields: { LastName } })).id;
  for (const status_401 of [false, true]) {
    await admin(brief.url, 'settings', { status_401 });
    const listener = startListener(brief.url);
    await listener.wait((line) => line.connected);
    await sleep(2100);
    const ids = [await create('Gray'), await create('Hale')];
    for (const id of ids) await listener.wait((line) => line.id === id);
    await listener.wait((line) => line.connected === false);
    assert.deepEqual(listener.lines.filter((line) => line.id).map((line) => line.id), ids);
    assert.equal((await listener.stop()).ended, 'ok');
  }
  await brief.stop();
});

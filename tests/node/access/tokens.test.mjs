// API tokens: what they may, and what they never may.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { knock, signIn, suture, withDoor } from './door.mjs';

const door = withDoor([
  ['ann', 'admin'],
  ['oli', 'operator'],
]);
const bearer = (token) => ({ authorization: `Bearer ${token}` });

async function makeToken(name, scopes, more = {}) {
  const who = await signIn(door.address, name);
  const answer = await knock(door.address, 'POST', '/tokens', { body: { name: 'nightly', scopes, ...more }, headers: who.headers });
  return { ...answer, who };
}

test('a token does what it was made for and nothing else', async () => {
  const { said } = await makeToken('ann', ['see']);
  assert.match(said.token, /^sut_[\w-]{43}$/);
  const headers = bearer(said.token);
  const session = await knock(door.address, 'GET', '/session', { headers });
  assert.deepEqual(session.said.rights, ['see']);
  assert.equal(session.said.csrf, null);
  assert.equal((await knock(door.address, 'GET', '/accounts', { headers })).status, 403);
  assert.equal((await knock(door.address, 'POST', '/accounts', { body: { name: 'x', role: 'admin' }, headers })).status, 403);
  assert.equal((await knock(door.address, 'POST', '/tokens', { body: { name: 'more', scopes: ['see'] }, headers })).status, 403);
  assert.equal((await knock(door.address, 'POST', '/session/password', { body: { old: 'x', new: 'y' }, headers })).status, 422);
});

test('a token needs no token against forgery, and a cookie beside it does not count', async () => {
  const { said, who } = await makeToken('ann', ['see', 'accounts']);
  const headers = bearer(said.token);
  assert.equal((await knock(door.address, 'POST', '/accounts', { body: { name: 'made-by-token', role: 'viewer' }, headers })).status, 201);
  const weak = await makeToken('ann', ['see']);
  const both = { ...bearer(weak.said.token), cookie: who.cookie, 'x-csrf-token': who.csrf };
  assert.equal((await knock(door.address, 'GET', '/accounts', { headers: both })).status, 403);
});

test('nobody makes a token for more than he may', async () => {
  const { status, said } = await makeToken('oli', ['see', 'setup']);
  assert.equal(status, 409);
  assert.match(said.error.message, /operator/);
  assert.equal((await makeToken('oli', ['everything'])).status, 422);
  assert.equal((await makeToken('oli', [])).status, 422);
});

test('whoever loses a right loses it in his tokens', async () => {
  const { said } = await makeToken('oli', ['see', 'work']);
  await suture(door.dir, ['account', 'role', 'oli', 'viewer']);
  assert.deepEqual((await knock(door.address, 'GET', '/session', { headers: bearer(said.token) })).said.rights, ['see']);
  await suture(door.dir, ['account', 'disable', 'oli']);
  assert.equal((await knock(door.address, 'GET', '/session', { headers: bearer(said.token) })).status, 401);
  await suture(door.dir, ['account', 'enable', 'oli']);
});

test('everybody sees his own tokens, an administrator all; none is shown twice', async () => {
  const mine = await makeToken('oli', ['see'], { days: 30 });
  const list = await knock(door.address, 'GET', '/tokens', { headers: mine.who.headers });
  assert.ok(list.said.items.every((token) => token.account === 'oli' && token.mine));
  assert.ok(!JSON.stringify(list.said).includes(mine.said.token));
  const theirs = await makeToken('ann', ['see']);
  assert.equal((await knock(door.address, 'DELETE', `/tokens/${theirs.said.id}`, { headers: mine.who.headers })).status, 404);
  assert.equal((await knock(door.address, 'DELETE', `/tokens/${mine.said.id}`, { headers: theirs.who.headers })).status, 204);
  assert.equal((await knock(door.address, 'GET', '/session', { headers: bearer(mine.said.token) })).status, 401);
});

test('made and revoked on the command line', async () => {
  const made = await suture(door.dir, ['token', 'add', 'cli', '--account', 'ann', '--scopes', 'see,audit', '--until', '2099-01-31']);
  assert.equal((await knock(door.address, 'GET', '/audit', { headers: bearer(made.token) })).status, 200);
  await suture(door.dir, ['token', 'revoke', String(made.id)]);
  assert.equal((await knock(door.address, 'GET', '/audit', { headers: bearer(made.token) })).status, 401);
});

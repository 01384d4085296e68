// Sessions, as somebody would attack them who is not at the keyboard of the person that has one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { knock, signIn, suture, withDoor } from './door.mjs';

const door = withDoor([
  ['ann', 'admin'],
  ['vic', 'viewer'],
  ['gone', 'operator'],
]);

test('the cookie is out of reach of scripts and of other sites', async () => {
  const { setCookie, status, said } = await signIn(door.address, 'ann');
  assert.equal(status, 200);
  assert.match(setCookie, /^suture=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
  assert.ok(!JSON.stringify(said).includes(setCookie.split(/[=;]/)[1]), 'the body repeats the cookie');
});

test('a wrong password, an unknown name: the same answer', async () => {
  const wrong = await signIn(door.address, 'vic', { secret: 'not the password' });
  const unknown = await signIn(door.address, 'nobody-here', { secret: 'not the password' });
  assert.equal(wrong.status, 401);
  assert.equal(unknown.status, 401);
  assert.deepEqual(wrong.said, unknown.said);
  assert.equal(wrong.setCookie, '');
});

test('without the token against forgery nothing changes', async () => {
  const ann = await signIn(door.address, 'ann');
  const body = { name: 'forged', role: 'admin' };
  for (const headers of [{ cookie: ann.cookie }, { cookie: ann.cookie, 'x-csrf-token': 'made up' }, { cookie: ann.cookie, 'x-csrf-token': (await signIn(door.address, 'vic')).csrf }]) {
    const answer = await knock(door.address, 'POST', '/accounts', { body, headers });
    assert.equal(answer.status, 403);
    assert.equal(answer.said.error.code, 'csrf');
  }
  assert.equal((await knock(door.address, 'POST', '/accounts', { body: { ...body, name: 'genuine' }, headers: ann.headers })).status, 201);
});

test('a page of another site gets nowhere, not even to sign somebody in', async () => {
  const ann = await signIn(door.address, 'ann');
  for (const origin of ['https://evil.example', 'null', `${door.address}.evil.example`]) {
    const forged = await knock(door.address, 'POST', '/accounts', { body: { name: 'x', role: 'admin' }, headers: { ...ann.headers, origin } });
    assert.equal(forged.status, 403, origin);
    assert.equal((await signIn(door.address, 'ann', { headers: { origin } })).status, 403, origin);
  }
  const own = await knock(door.address, 'POST', '/accounts', { body: { name: 'own-origin', role: 'viewer' }, headers: { ...ann.headers, origin: door.address } });
  assert.equal(own.status, 201);
});

test('a session that was planted is not the one that signing in gives', async () => {
  const planted = await signIn(door.address, 'vic');
  const ann = await signIn(door.address, 'ann', { headers: { cookie: planted.cookie } });
  assert.notEqual(ann.cookie, planted.cookie);
  assert.equal((await knock(door.address, 'GET', '/session', { headers: { cookie: planted.cookie } })).status, 401);
  const invented = `suture=${'A'.repeat(43)}`;
  const second = await signIn(door.address, 'ann', { headers: { cookie: invented } });
  assert.notEqual(second.cookie, invented);
  assert.equal((await knock(door.address, 'GET', '/session', { headers: { cookie: invented } })).status, 401);
});

test('a cookie that was kept is worth nothing after signing out', async () => {
  const ann = await signIn(door.address, 'ann');
  const out = await knock(door.address, 'DELETE', '/session', { headers: ann.headers });
  assert.equal(out.status, 204);
  assert.match(out.setCookie, /^suture=; .*Max-Age=0$/);
  assert.equal((await knock(door.address, 'GET', '/session', { headers: ann.headers })).status, 401);
});

test('an account that is disabled is out with its next request, wherever it was disabled', async () => {
  const gone = await signIn(door.address, 'gone');
  assert.equal((await knock(door.address, 'GET', '/session', { headers: gone.headers })).status, 200);
  await suture(door.dir, ['account', 'disable', 'gone']);
  assert.equal((await knock(door.address, 'GET', '/session', { headers: gone.headers })).status, 401);
  assert.equal((await signIn(door.address, 'gone')).status, 401);
});

test('a viewer is told no by every route that is not for viewers', async () => {
  const vic = await signIn(door.address, 'vic');
  const { paths } = await (await fetch(`${door.address}/api/v1/openapi.json`)).json();
  const mayNot = [
    ['GET', '/accounts'],
    ['POST', '/accounts'],
    ['PATCH', '/accounts/1'],
    ['POST', '/accounts/1/invitation'],
    ['GET', '/audit'],
  ];
  for (const [method, path] of mayNot) {
    const template = Object.keys(paths).find((p) => p.split('/').length === path.split('/').length && p.startsWith(`/${path.split('/')[1]}`));
    assert.ok(paths[template]?.[method.toLowerCase()], `${method} ${path} is described`);
    const answer = await knock(door.address, method, path, { body: method === 'GET' ? undefined : { name: 'mallory', role: 'admin' }, headers: vic.headers });
    assert.equal(answer.status, 403, `${method} ${path}`);
  }
});

test('nobody gets anything but the door', async () => {
  const { paths } = await (await fetch(`${door.address}/api/v1/openapi.json`)).json();
  const open = [];
  for (const [path, operations] of Object.entries(paths)) {
    for (const method of Object.keys(operations).filter((name) => /^(get|post|put|patch|delete)$/.test(name))) {
      const answer = await knock(door.address, method.toUpperCase(), path.replaceAll(/\{\w+\}/g, '1'), { body: method === 'get' ? undefined : {} });
      if (answer.status !== 401) open.push(`${method.toUpperCase()} ${path}`);
      else assert.equal(answer.said.error.code, 'auth');
    }
  }
  const described = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([, operation]) => operation.security?.length === 0)
      .map(([method]) => `${method.toUpperCase()} ${path}`),
  );
  assert.deepEqual(open.sort(), described.filter((name) => open.includes(name)).sort(), 'open to everybody without saying so');
});

test('one password changed: the other browser is out, and both passwords were looked at', async () => {
  const here = await signIn(door.address, 'vic');
  const there = await signIn(door.address, 'vic');
  const change = (body) => knock(door.address, 'POST', '/session/password', { body, headers: here.headers });
  assert.equal((await change({ old: 'not the password', new: 'seven kettles at dawn' })).status, 422);
  const weak = await change({ old: 'correct horse battery staple', new: 'password2026' });
  assert.equal(weak.status, 422);
  assert.match(weak.said.error.message, /tried first/);
  assert.equal((await change({ old: 'correct horse battery staple', new: 'seven kettles at dawn' })).status, 204);
  assert.equal((await knock(door.address, 'GET', '/session', { headers: here.headers })).status, 200);
  assert.equal((await knock(door.address, 'GET', '/session', { headers: there.headers })).status, 401);
});

test('the audit trail knows who came, who failed and who went', async () => {
  const ann = await signIn(door.address, 'ann');
  const { said } = await knock(door.address, 'GET', '/audit?limit=1000', { headers: ann.headers });
  const actions = new Set(said.items.map((entry) => entry.action));
  for (const action of ['signed in', 'signed out', 'sign-in failed', 'account added', 'account changed', 'password set']) assert.ok(actions.has(action), action);
  assert.ok(!JSON.stringify(said).includes('nobody-here'), 'what was typed as a name is kept');
  await suture(door.dir, ['audit', '--verify']);
});

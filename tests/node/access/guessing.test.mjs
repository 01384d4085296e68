// Guessing passwords, and who comes first to a house without people.
import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { password } from '../api/lib.mjs';
import { eventually } from '../serve/daemon.mjs';
import { knock, signIn, suture, withDoor } from './door.mjs';

const door = withDoor();
const first = { name: 'ann', display: 'Ann Lee', password };

test('the first account needs the code that only the house knows', async () => {
  const welcome = await knock(door.address, 'GET', '/welcome');
  assert.equal(welcome.said.setup, true);
  const file = join(door.dir, 'setup-code');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.match(door.setup_code, /^[0-9A-Z]{5}(-[0-9A-Z]{5}){3}$/);
  assert.ok(!JSON.stringify(welcome.said).includes(door.setup_code));
  assert.equal((await knock(door.address, 'POST', '/setup', { body: { ...first, code: 'AAAAA-AAAAA-AAAAA-AAAAA' } })).status, 401);
  assert.equal((await knock(door.address, 'POST', '/setup', { body: { ...first, code: door.setup_code }, headers: { origin: 'https://evil.example' } })).status, 403);
  const made = await knock(door.address, 'POST', '/setup', { body: { ...first, code: door.setup_code.toLowerCase().replaceAll('-', ' ') } });
  assert.equal(made.status, 200);
  assert.equal(made.said.role, 'admin');
  assert.equal((await knock(door.address, 'GET', '/session', { headers: { cookie: made.cookie } })).said.name, 'ann');
  assert.ok(!existsSync(file));
  assert.equal((await knock(door.address, 'GET', '/welcome')).said.setup, false);
  assert.equal((await knock(door.address, 'POST', '/setup', { body: { ...first, name: 'mallory', code: door.setup_code } })).status, 409);
});

test('an invitation is good once', async () => {
  const ann = await signIn(door.address, 'ann');
  const added = await knock(door.address, 'POST', '/accounts', { body: { name: 'bea', display: 'Bea Moor', role: 'operator' }, headers: ann.headers });
  assert.equal(added.status, 201);
  const { code, url } = added.said.invitation;
  assert.equal(url, `${door.address}/invitation#${code}`);
  assert.equal((await knock(door.address, 'POST', '/invitation', { body: { code } })).said.name, 'bea');
  assert.equal((await knock(door.address, 'POST', '/invitation/accept', { body: { code, password: 'too short' } })).status, 422);
  const [one, other] = await Promise.all([1, 2].map((n) => knock(door.address, 'POST', '/invitation/accept', { body: { code, password: `${password} number ${n}` } })));
  assert.deepEqual([one.status, other.status].sort(), [200, 401]);
  assert.equal((await knock(door.address, 'POST', '/invitation/accept', { body: { code, password } })).status, 401);
});

test('nobody takes away the last administrator, nor his own password by mistake', async () => {
  const ann = await signIn(door.address, 'ann');
  const { id } = (await knock(door.address, 'GET', '/accounts', { headers: ann.headers })).said.items.find((account) => account.name === 'ann');
  for (const body of [{ role: 'viewer' }, { disabled: true }]) {
    const answer = await knock(door.address, 'PATCH', `/accounts/${id}`, { body, headers: ann.headers });
    assert.equal(answer.status, 409);
    assert.match(answer.said.error.message, /last administrator/);
  }
  assert.equal((await knock(door.address, 'POST', `/accounts/${id}/invitation`, { headers: ann.headers })).status, 409);
});

test('guesses get slower, also many at once, and the answer says until when', async () => {
  await suture(door.dir, ['account', 'add', 'carl', '--role', 'viewer', '--stdin'], `${password}\n`);
  const guess = () => knock(door.address, 'POST', '/session', { body: { name: 'carl', password: 'a wrong guess again' } });
  const answers = [];
  const from = Date.now();
  // Few at a time: more than the house hashes at once are told to come back, and that is no guess.
  for (let round = 0; round < 3; round += 1) answers.push(...(await Promise.all([guess(), guess(), guess()])));
  // The first wait is five seconds: a machine that took longer for all of this may have been let in to one more guess.
  const quick = Date.now() - from < 5000;
  const wrong = answers.filter(({ status }) => status === 401).length;
  assert.ok(quick ? wrong === 5 : wrong >= 5 && wrong < 9, `${wrong} guesses`);
  const refused = answers.filter(({ status }) => status === 429);
  assert.equal(refused.length, 9 - wrong);
  for (const { headers, said } of refused) {
    assert.ok(Number(headers.get('retry-after')) >= 1 && Number(headers.get('retry-after')) <= (quick ? 5 : 10));
    assert.match(said.error.message, /possible at \d{4}-\d\d-\d\dT[\d:.]+Z/);
  }
  for (let slow = true; slow; ) {
    const told = await eventually(async () => {
      const answer = await guess();
      return answer.status === 429 && answer;
    }, 'he has to wait');
    const asked = Date.now();
    const { status } = await signIn(door.address, 'carl');
    slow = Date.now() - asked > 1000 * (Number(told.headers.get('retry-after')) - 1); // the wait may be over: once more
    if (!slow) assert.equal(status, 429, 'the right password does not help meanwhile');
  }
  assert.equal((await signIn(door.address, 'ann')).status, 200, 'others are not held up');
});

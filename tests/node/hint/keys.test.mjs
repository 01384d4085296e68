// Keys, codes, pace (checklist rows 8, 9, 11, 12).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually } from '../live/live.mjs';
import { partnerKey, practiceKey, startPractice } from './practice.mjs';

let practice;
before(async () => {
  practice = await startPractice();
});
after(() => practice.stop());

test('without a key, or with an unknown one: 401', async () => {
  for (const key of [null, 'nobody', '']) {
    const answer = await practice.call(key, 'GET', '/api/provider/patients');
    assert.equal(answer.status, 401);
    assert.deepEqual(answer.json, { status: 401, message: "You couldn't be authenticated" });
  }
  assert.equal((await practice.call(practiceKey, 'GET', '/api/partner/backends')).status, 401, 'a practice key opens no partner route');
});

test('the older Basic form is taken', async () => {
  const basic = `Basic ${Buffer.from(`${practiceKey}:`).toString('base64')}`;
  assert.equal((await practice.call(null, 'GET', '/api/provider/patients', undefined, { authorization: basic })).status, 200);
});

test('a partner key on a practice route: 428', async () => {
  const answer = await practice.call(partnerKey, 'GET', '/api/provider/patients');
  assert.equal(answer.status, 428);
  assert.equal(answer.json.status, 428);
});

test('a code becomes a token once, on the classic route', async () => {
  const { code } = (await practice.admin('POST', 'code')).json;
  const body = { grant_type: 'authorization_code', code };
  const answer = await practice.partner('POST', '/oauth/tokens', body);
  assert.equal(answer.status, 200);
  assert.equal(answer.json.expires_in, null);
  assert.equal(answer.json.refresh_token, null);
  assert.equal(answer.json.status, 'active');
  assert.match(answer.json.practice.id, /^pra-/);
  assert.equal(answer.json.api_keys[0].token, answer.json.access_token);
  assert.equal((await practice.call(answer.json.access_token, 'GET', '/api/provider/practice')).status, 200);
  assert.equal((await practice.partner('POST', '/oauth/tokens', body)).status, 422);
  assert.equal((await practice.partner('POST', '/partner/installations/connect', { code })).status, 422, 'used on the other route too');
  assert.equal((await practice.partner('POST', '/oauth/tokens', { code })).status, 422, 'the grant type is required');
});

test('a code becomes a token once, on the marketplace route', async () => {
  const answer = await practice.partner('POST', '/partner/installations/connect', { code: 'hint-first-code' });
  assert.equal(answer.status, 200);
  assert.equal((await practice.call(answer.json.api_keys[0].token, 'GET', '/api/provider/practice')).status, 200);
  assert.equal((await practice.partner('POST', '/partner/installations/connect', { code: 'hint-first-code' })).status, 422);
});

test('a deactivated connection ends the practice keys until it is active again', async () => {
  const [integration] = (await practice.partner('GET', '/integrations')).json;
  const [installation] = (await practice.partner('GET', '/partner/installations')).json;
  assert.equal((await practice.partner('POST', `/integrations/${integration.id}/deactivate`)).json.status, 'inactive');
  assert.equal((await practice.api('GET', '/practice')).status, 401);
  assert.equal((await practice.partner('GET', '/partner/installations?status=active')).json.length, 0);
  assert.equal((await practice.partner('POST', `/partner/installations/${installation.id}/activate`)).json.status, 'active');
  assert.equal((await practice.api('GET', '/practice')).status, 200);
  assert.equal((await practice.partner('GET', '/integrations/int-other')).status, 404);
});

test('the pace is kept over all keys, with the words of Hint and no Retry-After', async () => {
  const slow = await startPractice('--pace', '20');
  try {
    const from = performance.now();
    const burst = await Promise.all(
      Array.from({ length: 60 }, (_, i) => slow.call(i % 2 ? practiceKey : partnerKey, 'GET', i % 2 ? '/api/provider/practice' : '/api/integrations')),
    );
    /* Twenty at once, and twenty for each second that this machine took. */
    const most = 20 + 20 * ((performance.now() - from) / 1000) + 1;
    const refused = burst.filter((answer) => answer.status === 429);
    assert.ok(refused.length >= 60 - most && refused.length <= 40, `${refused.length} of 60 were refused, ${most} may pass`);
    await slow.admin('POST', 'settings', { rate: 1 });
    const [one] = await eventually(async () => {
      const more = (await Promise.all(Array.from({ length: 10 }, () => slow.api('GET', '/practice')))).filter((answer) => answer.status === 429);
      return more.length && more;
    }, 'more was asked than the pace allows');
    assert.equal(one.text, '{"status":429,"message":"Enhance your calm"}');
    assert.equal(one.headers.get('retry-after'), null);
    await eventually(async () => (await slow.api('GET', '/practice')).status === 200, 'the bucket fills again');
    await slow.admin('POST', 'settings', { rate: 0 });
    const free = await Promise.all(Array.from({ length: 100 }, () => slow.api('GET', '/practice')));
    assert.ok(free.every((answer) => answer.status === 200));
  } finally {
    await slow.stop();
  }
});

test('twenty a second is what an unset pace means', async () => {
  const plain = await startPractice('--pace', '0');
  try {
    assert.equal((await plain.admin('GET', 'settings')).json.rate, 20);
    assert.equal((await plain.admin('GET', 'settings')).json.daily, 500000);
    await plain.admin('POST', 'settings', { rate: 0, daily: 3 });
    const answers = [];
    for (let i = 0; i < 5; i++) answers.push((await plain.api('GET', '/practice')).status);
    assert.deepEqual(answers, [200, 200, 200, 429, 429]);
  } finally {
    await plain.stop();
  }
});

test('sandbox practices carry a prefix', async () => {
  await practice.admin('POST', 'settings', { sbx: true });
  assert.match((await practice.api('GET', '/practice')).json.id, /^sbx-pra-/);
  assert.match((await practice.create({})).id, /^sbx-pat-/);
  const { code } = (await practice.admin('POST', 'code')).json;
  assert.match((await practice.partner('POST', '/partner/installations/connect', { code })).json.api_keys[0].token, /^sbx-/);
  await practice.admin('POST', 'settings', { sbx: false });
});

test('routes that are not there answer 404 in the shape of errors', async () => {
  assert.deepEqual((await practice.api('GET', '/nothing')).json, { status: 404, message: 'Not found' });
});

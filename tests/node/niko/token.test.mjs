// API notes 2 (authentication), 13 and 14 (errors, limits), 15 rows 1, 2 and 11.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sleep } from '../receiver.mjs';
import { eventually } from '../live/live.mjs';
import { startCompany } from './company.mjs';

let company;
before(async () => {
  company = await startCompany();
});
after(() => company.stop());

test('2: client credentials by Basic give an opaque token of 64 hex digits for 1200 s', async () => {
  const { status, json } = await company.askToken();
  assert.equal(status, 200);
  assert.match(json.access_token, /^[0-9a-fA-F]{64}$/);
  assert.deepEqual({ ...json, access_token: 0 }, { access_token: 0, expires_in: 1200, token_type: 'Bearer', scope: 'external' });
});

test('2: the credentials may stand in the body, the scope may be left out', async () => {
  const { status, json } = await company.askToken('grant_type=client_credentials&client_id=niko-client&client_secret=niko-secret', {});
  assert.equal(status, 200);
  const answer = await company.api('GET', '/hcpcs?pageSize=10', undefined, { authorization: `Bearer ${json.access_token}` });
  assert.equal(answer.status, 200);
});

for (const [what, form, headers, error] of [
  ['a wrong secret', 'grant_type=client_credentials', { authorization: `Basic ${Buffer.from('niko-client:no').toString('base64')}` }, 'invalid_client'],
  ['no credentials', 'grant_type=client_credentials', {}, 'invalid_client'],
  ['another grant', 'grant_type=password', undefined, 'unsupported_grant_type'],
  ['another scope', 'grant_type=client_credentials&scope=internal', undefined, 'invalid_scope'],
]) {
  test(`2: ${what} is refused as OAuth words it`, async () => {
    const answer = await company.askToken(form, headers);
    assert.equal(answer.status, 400);
    assert.deepEqual(answer.json, { error });
  });
}

test('2, 15.2: every API call wants a token; a new one does not end the old one', async () => {
  for (const authorization of ['', 'Bearer nobody', 'Basic bmlrbw=='])
    assert.equal((await company.api('GET', '/patients', undefined, { authorization })).status, 401);
  const old = (await company.askToken()).json.access_token;
  await company.askToken();
  assert.equal((await company.api('GET', '/patients', undefined, { authorization: `Bearer ${old}` })).status, 200);
});

test('15.1: a token ends after its life, which a test can set to a second', async () => {
  const use = async (token) => (await company.api('GET', '/patients', undefined, { authorization: `Bearer ${token}` })).status;
  await company.set({ token_seconds: 1 });
  for (let tookMs = Infinity; tookMs >= 1000; ) {
    const from = Date.now();
    const { json } = await company.askToken();
    const status = await use(json.access_token);
    tookMs = Date.now() - from;
    assert.equal(json.expires_in, 1);
    if (tookMs < 1000) assert.equal(status, 200); /* else this machine stood still: another one */
    await sleep(1050);
    assert.equal(await use(json.access_token), 401);
  }
  await company.set({ token_seconds: 1200 });
});

test('15.11: the fault "expire" ends the token of the caller for good', async () => {
  const headers = { authorization: `Bearer ${(await company.askToken()).json.access_token}` };
  await company.admin('POST', 'faults', [{ match: 'GET *', kind: 'expire', times: 1 }]);
  assert.equal((await company.api('GET', '/patients', undefined, headers)).status, 401);
  assert.equal((await company.api('GET', '/patients', undefined, headers)).status, 401);
  assert.equal((await company.api('GET', '/patients')).status, 200);
});

test('14, 15.11: past the pace comes 429, without headers unless the tenant sends Retry-After', async () => {
  const past = () => eventually(async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => company.api('GET', '/locations')));
    return answers.find((answer) => answer.status === 429);
  }, 'more was asked than the pace allows');
  await company.set({ rate: 3 });
  const late = await past();
  assert.equal(late.headers.get('retry-after'), null);
  assert.equal([...late.headers.keys()].some((name) => name.startsWith('x-rate')), false);
  await company.set({ retry_after: 2 });
  assert.equal((await past()).headers.get('retry-after'), '2');
  await company.set({ rate: 0, retry_after: 0 });
});

test('15.11: faults of kind 429, 500 and drop_after_commit', async () => {
  const times = 1;
  await company.admin('POST', 'faults', [{ match: 'GET */locations', kind: '429', times }, { match: 'GET */payers', kind: '500', times }]);
  assert.equal((await company.api('GET', '/locations')).status, 429);
  assert.equal((await company.api('GET', '/payers')).status, 500);
  const before = (await company.api('GET', '/patients')).json.Count;
  await company.admin('POST', 'faults', [{ match: 'POST */patients', kind: 'drop_after_commit', times }]);
  await assert.rejects(company.create());
  assert.equal((await company.api('GET', '/patients')).json.Count, before + 1, 'the POST took effect');
});

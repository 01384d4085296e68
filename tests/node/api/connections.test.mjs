// Connections over the API: secrets go in and never come out, signing in at Salesforce's own page, what an attacker could try with its callback.
import assert from 'node:assert/strict';
import test from 'node:test';
import { withApi } from './lib.mjs';

const org = (systems) => ({ kind: 'salesforce', settings: { login_url: systems.salesforce, auth: 'refresh_token', client_id: 'suture-client', client_secret: 'suture-secret' } });

test('a secret goes in and never comes out; what is not given stays', async () => {
  await withApi({ as: ['admin', 'viewer'] }, async ({ admin, viewer, systems }) => {
    assert.equal((await viewer.put('/connections/second', org(systems))).status, 403);
    const made = await admin.must('put', '/connections/second', org(systems));
    assert.deepEqual(made.settings.client_secret, { sealed: true });
    assert.ok(!JSON.stringify(await admin.must('get', '/connections')).includes('suture-secret'));
    const changed = await admin.must('put', '/connections/second', { settings: { api_version: '61.0' } });
    assert.deepEqual([changed.settings.api_version, changed.settings.client_secret, changed.settings.client_id], ['61.0', { sealed: true }, 'suture-client']);
    assert.equal((await admin.must('put', '/connections/second', { settings: { api_version: null } })).settings.api_version, undefined);
    const trail = JSON.stringify(await admin.must('get', '/audit?limit=1000'));
    assert.ok(!trail.includes('suture-secret'));
    const wrong = await admin.put('/connections/second', { settings: { ulr: 'x' } });
    assert.equal(wrong.status, 422);
    assert.match(wrong.body.error.message, /ulr/);
    assert.equal((await admin.put('/connections/Bad%20Name', org(systems))).status, 422);
    assert.equal((await admin.put('/connections/practice', org(systems))).status, 409);
    assert.equal((await admin.get('/connections/nobody')).status, 404);
  });
});

test('signing in at Salesforce: a state works once, and only for who began here', async () => {
  await withApi({ as: ['admin'] }, async ({ admin, systems, daemon }) => {
    await admin.must('put', '/connections/second', org(systems));
    const { url, callback } = await admin.must('post', '/connections/second/authorize');
    const asked = new URL(url);
    assert.equal(asked.searchParams.get('redirect_uri'), callback);
    assert.equal(asked.searchParams.get('code_challenge_method'), 'S256');
    const back = (await fetch(url, { redirect: 'manual' })).headers.get('location');
    const forged = new URL(back);
    forged.searchParams.set('state', 'A'.repeat(43));
    const place = async (where) => (await fetch(where, { redirect: 'manual' })).headers.get('location');
    assert.match(await place(forged), /^\/connections\?result=unknown/);
    assert.equal(await place(back), '/connections/second?result=connected');
    assert.match(await place(back), /^\/connections\?result=unknown/, 'the same answer again');
    const { items } = await admin.must('post', '/connections/second/test');
    assert.deepEqual(items.map(({ name, level }) => [name, level]), [['settings', 'ok'], ['sign_in', 'ok'], ['calls', 'ok'], ['webhook', 'ok']]);
    const said = daemon.log.join('\n');
    assert.ok(!said.includes(asked.searchParams.get('state')));
    const denied = await admin.must('post', '/connections/second/authorize');
    const state = new URL(denied.url).searchParams.get('state');
    assert.match(await place(`${callback}?error=access_denied&state=${state}`), /^\/connections\/second\?result=refused/);
    assert.equal((await admin.post('/connections/practice/authorize')).status, 422);
  });
});

test('a wrong secret is told by the tests of the connection, with what to do', async () => {
  await withApi({ as: ['operator', 'admin'] }, async ({ admin, operator, systems }) => {
    await admin.must('put', '/connections/second', { kind: 'salesforce', settings: { login_url: systems.salesforce, client_id: 'suture-client', client_secret: 'wrong' } });
    const { items } = await operator.must('post', '/connections/second/test');
    assert.deepEqual(items.map(({ level }) => level), ['ok', 'error']);
    assert.match(items[1].text, /invalid_client/);
  });
});

test('kinds say what each system takes; the integration keeps its name', async () => {
  await withApi({ as: ['admin'] }, async ({ admin }) => {
    const { items } = await admin.must('get', '/kinds');
    const salesforce = items.find(({ name }) => name === 'salesforce');
    assert.deepEqual([salesforce.side, salesforce.signs_in, salesforce.takes_codes], ['crm', true, false]);
    assert.ok(items.find(({ name }) => name === 'hint').takes_codes);
    const { integration } = await admin.must('put', '/integration', { name: 'another', default_account: 'New Patients' });
    assert.deepEqual([integration.name, integration.default_account], ['practice-org', 'New Patients']);
    assert.equal((await admin.put('/integration', { emr: 'nobody' })).status, 422);
  });
});

// Token grants and what follows from them, by jsforce and by hand.
import assert from 'node:assert/strict';
import { createHash, createSign, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import jsforce from 'jsforce';
import { API, admin, caller, client, clientToken, requestToken, startSandbox } from './sandbox.mjs';

const folder = mkdtempSync(join(tmpdir(), 'suture-oauth-'));
const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const strangers = generateKeyPairSync('rsa', { modulusLength: 2048 });
let sandbox;

before(async () => {
	writeFileSync(join(folder, 'key.pem'), keys.publicKey.export({ type: 'spki', format: 'pem' }));
	sandbox = await startSandbox('--public-key', join(folder, 'key.pem'));
});
after(async () => {
	assert.equal(await sandbox.stop(), 0);
	rmSync(folder, { recursive: true });
});

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const soon = () => Math.floor(Date.now() / 1000) + 120;

function assertion(changes = {}, key = keys.privateKey, header = { alg: 'RS256', typ: 'JWT' }) {
	const claims = {
		iss: client.id, sub: 'integration@suture.example', aud: 'https://login.salesforce.com', exp: soon(), ...changes,
	};
	const signed = `${part(header)}.${part(claims)}`;
	return `${signed}.${createSign('RSA-SHA256').update(signed).sign(key).toString('base64url')}`;
}

const jwt = (text) => requestToken(sandbox.url, { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: text });

test('jsforce signs in with client credentials', async () => {
	const connection = new jsforce.Connection({
		oauth2: { clientId: client.id, clientSecret: client.secret, loginUrl: sandbox.url },
	});
	await connection.authorize({ grant_type: 'client_credentials' });
	assert.equal(connection.instanceUrl, sandbox.url);
	const identity = await connection.identity();
	assert.equal(identity.username, 'integration@suture.example');
	assert.equal(identity.user_id.length, 18);
	assert.ok(identity.urls.rest.includes('{version}'));
});

test('jsforce signs in with a signed assertion', async () => {
	const connection = new jsforce.Connection({ oauth2: { clientId: client.id, loginUrl: sandbox.url } });
	await connection.authorize({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: assertion() });
	assert.equal((await connection.query('SELECT COUNT() FROM Contact')).totalSize, 0);
});

test('the answer to a signed assertion has no issued_at, signature or refresh token', async () => {
	const { status, body } = await jwt(assertion());
	assert.equal(status, 200);
	assert.deepEqual(Object.keys(body).sort(), ['access_token', 'id', 'instance_url', 'scope', 'token_type']);
});

const refusals = [
	['a stranger\'s signature', () => assertion({}, strangers.privateKey), 'invalid_grant', 'invalid assertion'],
	['no signature', () => `${part({ alg: 'none' })}.${part({ iss: client.id })}.`, 'invalid_grant', 'invalid assertion'],
	['another algorithm in the header', () => assertion({}, keys.privateKey, { alg: 'HS256' }), 'invalid_grant', 'invalid assertion'],
	['text that is no assertion', () => 'banana', 'invalid_grant', 'invalid assertion'],
	['a wrong audience', () => assertion({ aud: 'https://example.com' }), 'invalid_grant', 'audience is invalid'],
	['an expired assertion', () => assertion({ exp: soon() - 600 }), 'invalid_grant', 'expired authorization code'],
	['a user nobody approved', () => assertion({ sub: 'nobody@suture.example' }), 'invalid_grant', 'user hasn\'t approved this consumer'],
	['another client', () => assertion({ iss: 'stranger' }), 'invalid_client_id', 'client identifier invalid'],
];
for (const [name, make, error, description] of refusals) {
	test(`an assertion is refused: ${name}`, async () => {
		assert.deepEqual(await jwt(make()), { status: 400, body: { error, error_description: description } });
	});
}

test('the vendor\'s CLI sends exp in milliseconds and the instance with a slash', async () => {
	assert.equal((await jwt(assertion({ exp: Date.now() + 300000, aud: `${sandbox.url}/` }))).status, 200);
});

test('wrong grants and credentials', async () => {
	const ask = async (form) => (await requestToken(sandbox.url, form)).body.error;
	assert.equal(await ask({ grant_type: 'banana' }), 'unsupported_grant_type');
	assert.equal(await ask({ grant_type: 'client_credentials', client_id: 'x', client_secret: client.secret }), 'invalid_client_id');
	assert.equal(await ask({ grant_type: 'client_credentials', client_id: client.id, client_secret: 'x' }), 'invalid_client');
	assert.equal(await ask({ grant_type: 'refresh_token', refresh_token: 'x', client_id: client.id }), 'invalid_grant');
	assert.equal(await ask({ grant_type: 'password', username: 'a', password: 'b' }), 'invalid_grant');
});

test('client credentials by HTTP Basic', async () => {
	const answer = await fetch(`${sandbox.url}/services/oauth2/token`, {
		method: 'POST',
		headers: { authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}` },
		body: new URLSearchParams({ grant_type: 'client_credentials' }),
	});
	assert.equal(answer.status, 200);
	assert.match((await answer.json()).issued_at, /^\d{13}$/);
});

async function browserCode(url, verifier) {
	const query = new URLSearchParams({
		response_type: 'code', client_id: client.id, redirect_uri: 'http://localhost/back', state: 's1',
		code_challenge: createHash('sha256').update(verifier).digest('base64url'),
	});
	const answer = await fetch(`${url}/services/oauth2/authorize?${query}`, { redirect: 'manual' });
	const back = new URL(answer.headers.get('location'));
	assert.equal(answer.status, 302);
	assert.equal(back.searchParams.get('state'), 's1');
	return back.searchParams.get('code');
}

const codeForm = (code, verifier) => ({
	grant_type: 'authorization_code', code, client_id: client.id, client_secret: client.secret,
	redirect_uri: 'http://localhost/back', code_verifier: verifier,
});

test('web-server flow with PKCE, then jsforce refreshes by itself', async () => {
	const verifier = 'v'.repeat(50);
	const { status, body } = await requestToken(sandbox.url, codeForm(await browserCode(sandbox.url, verifier), verifier));
	assert.equal(status, 200);
	const connection = new jsforce.Connection({
		oauth2: { clientId: client.id, clientSecret: client.secret, loginUrl: sandbox.url },
		instanceUrl: body.instance_url, accessToken: 'expired', refreshToken: body.refresh_token,
	});
	let refreshed = 0;
	connection.on('refresh', () => { refreshed += 1; });
	assert.equal((await connection.query('SELECT COUNT() FROM Account')).totalSize, 0);
	assert.equal(refreshed, 1);
	assert.notEqual(connection.accessToken, 'expired');
});

test('a code works once, with its own verifier and address', async () => {
	const verifier = 'w'.repeat(50);
	const code = await browserCode(sandbox.url, verifier);
	assert.equal((await requestToken(sandbox.url, codeForm(code, verifier))).status, 200);
	assert.equal((await requestToken(sandbox.url, codeForm(code, verifier))).body.error, 'invalid_grant');
	const other = await browserCode(sandbox.url, verifier);
	assert.equal((await requestToken(sandbox.url, codeForm(other, 'x'.repeat(50)))).body.error, 'invalid_request');
});

test('refresh-token rotation ends the old one', async () => {
	const rotating = await startSandbox('--rotate-refresh');
	try {
		const verifier = 'r'.repeat(50);
		const first = await requestToken(rotating.url, codeForm(await browserCode(rotating.url, verifier), verifier));
		const form = { grant_type: 'refresh_token', refresh_token: first.body.refresh_token, client_id: client.id };
		const second = await requestToken(rotating.url, form);
		assert.equal(second.status, 200);
		assert.notEqual(second.body.refresh_token, first.body.refresh_token);
		assert.equal((await requestToken(rotating.url, form)).body.error, 'invalid_grant');
		assert.equal((await requestToken(rotating.url, { ...form, refresh_token: second.body.refresh_token })).status, 200);
	} finally {
		await rotating.stop();
	}
});

test('an unused token dies after its time', async () => {
	const brief = await startSandbox('--token-seconds', '1');
	try {
		let call;
		for (let took = Infinity; took >= 1000;) {
			const from = Date.now();
			call = caller(brief.url, await clientToken(brief.url));
			const { status } = await call('GET', `${API}/limits`);
			took = Date.now() - from;
			if (took < 1000) assert.equal(status, 200); // else this machine stood still: another one
		}
		await new Promise((resolve) => setTimeout(resolve, 1100));
		const answer = await call('GET', `${API}/limits`);
		assert.equal(answer.status, 401);
		assert.deepEqual(answer.body, [{ message: 'Session expired or invalid', errorCode: 'INVALID_SESSION_ID' }]);
	} finally {
		await brief.stop();
	}
});

test('an expire fault ends the session for good', async () => {
	const call = caller(sandbox.url, await clientToken(sandbox.url));
	await admin(sandbox.url, 'faults', [{ match: `GET ${API}/limits`, kind: 'expire', times: 1 }]);
	assert.equal((await call('GET', `${API}/limits`)).status, 401);
	assert.equal((await call('GET', `${API}/limits`)).status, 401);
	await admin(sandbox.url, 'faults', []);
});

test('revoke, introspect, userinfo', async () => {
	const token = await clientToken(sandbox.url);
	const ask = async (path, form) => fetch(`${sandbox.url}/services/oauth2/${path}`, { method: 'POST', body: new URLSearchParams(form) });
	const introspect = async () => (await ask('introspect', { token, client_id: client.id, client_secret: client.secret })).json();
	const before = await introspect();
	assert.equal(before.active, true);
	assert.equal(before.username, 'integration@suture.example');
	const info = await (await fetch(`${sandbox.url}/services/oauth2/userinfo`, { headers: { authorization: `Bearer ${token}` } })).json();
	assert.equal(info.preferred_username, 'integration@suture.example');
	assert.equal((await ask('revoke', { token })).status, 200);
	assert.deepEqual(await introspect(), { active: false });
	assert.equal((await ask('revoke', { token })).status, 400);
	assert.equal((await caller(sandbox.url, token)('GET', `${API}/limits`)).status, 401);
});

test('"OAuth" works in place of "Bearer", and so does a doubled slash', async () => {
	const token = await clientToken(sandbox.url);
	const answer = await fetch(`${sandbox.url}//services//data/v62.0/limits`, { headers: { authorization: `OAuth ${token}` } });
	assert.equal(answer.status, 200);
});

// What client libraries hide: status codes, headers, conditions, gzip, faults, the admin routes.
import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { API, admin, caller, clientToken, startSandbox } from './sandbox.mjs';

const KEY = 'Hint_Patient_Id__c';
const contacts = `${API}/sobjects/Contact`;
let sandbox;
let token;
let call;

before(async () => {
	sandbox = await startSandbox();
	token = await clientToken(sandbox.url);
	call = caller(sandbox.url, token);
});
after(() => sandbox.stop());
beforeEach(() => admin(sandbox.url, 'faults', []));

const make = async (fields) => (await call('POST', contacts, fields)).body.id;
const count = async (where) => (await call('GET', `${API}/query?q=${encodeURIComponent(`SELECT COUNT() FROM Contact WHERE ${where}`)}`)).body.totalSize;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

test('a call without a token, and with a wrong one', async () => {
	for (const stranger of [caller(sandbox.url, ''), caller(sandbox.url, 'banana')]) {
		const answer = await stranger('GET', `${API}/limits`);
		assert.equal(answer.status, 401);
		assert.equal(answer.body[0].errorCode, 'INVALID_SESSION_ID');
	}
});

test('versions need no token', async () => {
	const answer = await fetch(`${sandbox.url}/services/data/`);
	const versions = await answer.json();
	assert.ok(versions.some((row) => row.version === '62.0' && row.url === '/services/data/v62.0'));
});

test('create answers 201 with Location; change and delete answer 204', async () => {
	const made = await call('POST', contacts, { LastName: 'Status' });
	assert.equal(made.status, 201);
	assert.equal(made.headers.get('location'), `${contacts}/${made.body.id}`);
	const changed = await call('PATCH', `${contacts}/${made.body.id}`, { FirstName: 'x' });
	assert.deepEqual([changed.status, changed.body], [204, null]);
	assert.equal((await call('POST', `${contacts}/${made.body.id}?_HttpMethod=PATCH`, { FirstName: 'y' })).status, 204);
	assert.equal((await call('GET', `${contacts}/${made.body.id}?fields=FirstName`)).body.FirstName, 'y');
	assert.equal((await call('DELETE', `${contacts}/${made.body.id}`)).status, 204);
});

test('upsert: the four outcomes', async () => {
	const path = (value, version = 'v62.0') => `/services/data/${version}/sobjects/Contact/${KEY}/${encodeURIComponent(value)}`;
	const created = await call('PATCH', path('a/b #+1'), { LastName: 'One' });
	assert.deepEqual([created.status, created.body.created], [201, true]);
	const updated = await call('PATCH', path('a/b #+1'), { LastName: 'Two' });
	assert.deepEqual([updated.status, updated.body.created, updated.body.id], [200, false, created.body.id]);
	assert.equal((await call('PATCH', path('a/b #+1', 'v45.0'), { LastName: 'Three' })).status, 204);
	assert.equal((await call('GET', path('a/b #+1'))).body.LastName, 'Three');
	// An e-mail address may be there twice, and is a key as well (idLookup).
	await make({ LastName: 'Twin', Email: 'twin@example.com' });
	await make({ LastName: 'Twin', Email: 'twin@example.com' });
	const several = await call('PATCH', `${contacts}/Email/${encodeURIComponent('twin@example.com')}`, { LastName: 'x' });
	assert.equal(several.status, 300);
	assert.equal(several.body.length, 2);
	assert.match(several.body[0], /^\/services\/data\/v62\.0\/sobjects\/Contact\/003/);
	assert.equal(await count('LastName = \'x\''), 0);
});

test('a deleted record does not match an upsert', async () => {
	const first = await call('PATCH', `${contacts}/${KEY}/again`, { LastName: 'One' });
	await call('DELETE', `${contacts}/${first.body.id}`);
	const second = await call('PATCH', `${contacts}/${KEY}/again`, { LastName: 'Two' });
	assert.equal(second.status, 201);
	assert.notEqual(second.body.id, first.body.id);
});

test('conditional headers', async () => {
	const id = await make({ LastName: 'Conditional' });
	const stamp = (await call('GET', `${contacts}/${id}`)).headers.get('last-modified');
	const before = new Date(Date.parse(stamp) - 5000).toUTCString();
	assert.equal((await call('GET', `${contacts}/${id}`, undefined, { 'if-modified-since': stamp })).status, 304);
	assert.equal((await call('GET', `${contacts}/${id}`, undefined, { 'if-modified-since': before })).status, 200);
	assert.equal((await call('PATCH', `${contacts}/${id}`, { FirstName: 'a' }, { 'if-unmodified-since': before })).status, 412);
	assert.equal((await call('PATCH', `${contacts}/${id}`, { FirstName: 'a' }, { 'if-unmodified-since': stamp })).status, 204);
	assert.equal((await call('PATCH', `${contacts}/${id}`, { FirstName: 'a' }, { 'if-unmodified-since': 'banana' })).status, 400);
	const account = (await call('POST', `${API}/sobjects/Account`, { Name: 'Tagged' })).body.id;
	const tag = (await call('GET', `${API}/sobjects/Account/${account}`)).headers.get('etag');
	assert.equal((await call('GET', `${API}/sobjects/Account/${account}`, undefined, { 'if-none-match': tag })).status, 304);
	assert.equal((await call('PATCH', `${API}/sobjects/Account/${account}`, { Phone: '1' }, { 'if-match': '"other"' })).status, 412);
	assert.equal((await call('PATCH', `${API}/sobjects/Account/${account}`, { Phone: '1' }, { 'if-match': tag })).status, 204);
	assert.equal((await call('GET', `${API}/sobjects/Contact/describe`, undefined, { 'if-modified-since': stamp })).status, 304);
});

test('values come back as the vendor keeps them', async () => {
	const id = await make({
		LastName: '  Ng  ', FirstName: '\t', Description: 'line 1\nline 2', MailingStreet: ' 1 Main St ',
		Last_Hint_Sync__c: '2026-07-18T09:15:22+02:00', Birthdate: '1980-01-02', Title: '😀'.repeat(128),
	});
	const { body } = await call('GET', `${contacts}/${id}`);
	assert.deepEqual([body.LastName, body.FirstName, body.Description, body.MailingStreet, body.Last_Hint_Sync__c, body.Synced_to_Hint__c],
		['Ng', null, 'line 1\nline 2', '1 Main St', '2026-07-18T07:15:22.000+0000', false]);
	assert.equal([...body.Title].length, 128);
});

test('an id in another case is the same id', async () => {
	const id = await make({ LastName: 'Case' });
	assert.equal((await call('GET', `${contacts}/${id.toUpperCase()}`)).body.Id, id);
});

test('collections: read by ids, GET and POST', async () => {
	const ids = [await make({ LastName: 'A' }), '003000000000001AAA', await make({ LastName: 'B' })];
	const names = (answer) => answer.body.map((row) => row && row.LastName);
	assert.deepEqual(names(await call('POST', `${API}/composite/sobjects/Contact`, { ids, fields: ['LastName'] })), ['A', null, 'B']);
	assert.deepEqual(names(await call('GET', `${API}/composite/sobjects/Contact?ids=${ids}&fields=Id,LastName`)), ['A', null, 'B']);
});

test('a URL of 16 KB is too long', async () => {
	const query = (letters) => `${API}/query?q=${encodeURIComponent(`SELECT Id FROM Contact WHERE LastName = '${'x'.repeat(letters)}'`)}`;
	assert.equal((await call('GET', query(15000))).status, 200);
	const answer = await call('GET', query(16400));
	assert.equal(answer.status, 414);
	assert.match(answer.body, /^<html>/);
});

test('gzip both ways', async () => {
	const { port } = new URL(sandbox.url);
	const body = gzipSync(JSON.stringify({ LastName: 'Zipped', Description: 'z'.repeat(2000) }));
	const exchange = (method, path, headers, data) => new Promise((resolve, reject) => {
		const sent = httpRequest({ host: '127.0.0.1', port, path, method, headers: { authorization: `Bearer ${token}`, ...headers } }, (answer) => {
			const parts = [];
			answer.on('data', (part) => parts.push(part));
			answer.on('end', () => resolve({ headers: answer.headers, body: Buffer.concat(parts) }));
		});
		sent.on('error', reject);
		sent.end(data);
	});
	const made = JSON.parse((await exchange('POST', contacts, { 'content-encoding': 'gzip' }, body)).body);
	const read = await exchange('GET', `${contacts}/${made.id}`, { 'accept-encoding': 'gzip' });
	assert.equal(read.headers['content-encoding'], 'gzip');
	assert.equal(JSON.parse(gunzipSync(read.body)).LastName, 'Zipped');
});

test('faults: each kind', async () => {
	const strike = (row) => admin(sandbox.url, 'faults', [{ match: `* ${API}/sobjects/*`, times: 1, ...row }]);
	const create = () => call('POST', contacts, { LastName: 'Faulty' });
	const answerOf = async (kind) => {
		await strike({ kind });
		return create();
	};
	const codes = [['500', 500, 'UNKNOWN_EXCEPTION'], ['503', 503, 'SERVER_UNAVAILABLE'], ['limit', 403, 'REQUEST_LIMIT_EXCEEDED'], ['lock', 400, 'UNABLE_TO_LOCK_ROW'], ['expire', 401, 'INVALID_SESSION_ID']];
	for (const [kind, status, code] of codes) {
		const answer = await answerOf(kind);
		assert.deepEqual([answer.status, answer.body[0].errorCode], [status, code]);
	}
	call = caller(sandbox.url, token = await clientToken(sandbox.url));
	assert.equal((await answerOf('429')).status, 429);
	assert.match((await answerOf('html')).body, /^<html>/);
	await assert.rejects(answerOf('drop_before'));
	assert.equal(await count('LastName = \'Faulty\''), 0);
	await assert.rejects(answerOf('drop_after_commit'));
	assert.equal(typeof (await answerOf('malformed')).body, 'string');
	assert.equal(await count('LastName = \'Faulty\''), 2);
	await strike({ kind: 'latency', ms: 300 });
	const from = Date.now();
	await create();
	assert.ok(Date.now() - from >= 300);
});

test('a slow answer does not hold others up', async () => {
	await admin(sandbox.url, 'faults', [{ match: `GET ${API}/limits`, kind: 'latency', ms: 600000, times: 1 }]);
	let over = false;
	const slow = call('GET', `${API}/limits`).finally(() => { over = true; });
	while ((await admin(sandbox.url, 'faults'))[0].struck === 0) await pause(5);
	assert.equal((await call('GET', `${API}/limits`)).status, 200);
	assert.equal(over, false);
	await admin(sandbox.url, 'faults', []); // who takes the fault away does not wait for it
	assert.equal((await slow).status, 200);
});

test('partial failure: some rows of a call, the same ones for the same seed', async () => {
	const records = Array.from({ length: 50 }, (_, i) => ({ attributes: { type: 'Contact' }, LastName: `Partial ${i}` }));
	const run = async () => {
		await admin(sandbox.url, 'faults', [{ match: `POST ${API}/composite/*`, kind: 'partial', share: 0.3, seed: 5 }]);
		return (await call('POST', `${API}/composite/sobjects`, { records })).body.map((row) => row.success);
	};
	const first = await run();
	const failed = first.filter((ok) => !ok).length;
	assert.ok(failed > 5 && failed < 25);
	assert.deepEqual(await run(), first);
	await admin(sandbox.url, 'faults', []);
	assert.equal(await count('LastName LIKE \'Partial %\''), 2 * (50 - failed));
});

test('a rate is drawn from the seed', async () => {
	const run = async (seed) => {
		await admin(sandbox.url, 'faults', [{ match: `GET ${API}/limits`, kind: '500', rate: 0.2, seed }]);
		const statuses = [];
		for (let i = 0; i < 60; i += 1) statuses.push((await call('GET', `${API}/limits`)).status);
		return statuses.join();
	};
	const first = await run(1);
	assert.equal(await run(1), first);
	assert.notEqual(await run(2), first);
	const struck = first.split(',').filter((status) => status === '500').length;
	assert.ok(struck > 2 && struck < 30);
});

test('wrong fault rows are refused and change nothing', async () => {
	await admin(sandbox.url, 'faults', [{ kind: 'latency', ms: 1 }]);
	await assert.rejects(admin(sandbox.url, 'faults', [{ kind: 'banana' }]), /kind/);
	await assert.rejects(admin(sandbox.url, 'faults', [{ kind: '500', chance: 1 }]), /chance/);
	assert.equal((await admin(sandbox.url, 'faults')).length, 1);
});

test('counters count calls by route, not the admin\'s', async () => {
	await admin(sandbox.url, 'counters/reset', {});
	await call('GET', `${API}/limits`);
	await call('GET', `${API}/limits`);
	await call('GET', `${contacts}/123`);
	const counters = await admin(sandbox.url, 'counters');
	assert.equal(counters.total, 3);
	assert.deepEqual(counters.routes['GET /services/data/{version}/limits'], { calls: 2, status: { 200: 2 } });
	assert.deepEqual(counters.routes['GET /services/data/{version}/sobjects/{object}/{id}'].status, { 404: 1 });
});

test('the daily limit', async () => {
	const small = await startSandbox('--limit', '3');
	try {
		const few = caller(small.url, await clientToken(small.url));
		const answers = [];
		for (let i = 0; i < 4; i += 1) answers.push(await few('GET', `${API}/sobjects`));
		assert.deepEqual(answers.map((answer) => answer.status), [200, 200, 200, 403]);
		assert.equal(answers[2].headers.get('sforce-limit-info'), 'api-usage=3/3');
		assert.equal(answers[3].body[0].errorCode, 'REQUEST_LIMIT_EXCEEDED');
	} finally {
		await small.stop();
	}
});

test('custom fields from a file, in place of the package\'s', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'suture-fields-'));
	writeFileSync(join(folder, 'fields.yaml'), [
		'Contact:', '  - { name: Code__c, type: text, length: 10, externalId: true }',
		'  - { name: Plan__c, type: picklist, values: [Basic, Plus], restricted: true }',
		'Visit__c:', '  - { name: Minutes__c, type: number, precision: 5, scale: 1 }', ''].join('\n'));
	const own = await startSandbox('--custom-fields', join(folder, 'fields.yaml'));
	try {
		const ask = caller(own.url, await clientToken(own.url));
		const describe = (await ask('GET', `${contacts}/describe`)).body;
		assert.deepEqual(describe.fields.filter((field) => field.custom).map((field) => field.name), ['Code__c', 'Plan__c']);
		// Not unique: two may have the same code, and then an upsert cannot choose.
		for (const LastName of ['A', 'B']) await ask('POST', contacts, { LastName, Code__c: 'same' });
		assert.equal((await ask('PATCH', `${contacts}/Code__c/same`, { LastName: 'x' })).status, 300);
		assert.equal((await ask('POST', contacts, { LastName: 'x', Plan__c: 'Gold' })).body[0].errorCode, 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST');
		const visit = await ask('POST', `${API}/sobjects/Visit__c`, { Name: 'v', Minutes__c: 12.34 });
		assert.equal((await ask('GET', `${API}/sobjects/Visit__c/${visit.body.id}`)).body.Minutes__c, 12.3);
		assert.equal((await ask('POST', `${API}/sobjects/Visit__c`, { Minutes__c: 99999 })).body[0].errorCode, 'NUMBER_OUTSIDE_VALID_RANGE');
	} finally {
		await own.stop();
		rmSync(folder, { recursive: true });
	}
});

test('--birthdate-year-ignored: SOQL compares month and day only', async () => {
	const trap = await startSandbox('--birthdate-year-ignored');
	try {
		const ask = caller(trap.url, await clientToken(trap.url));
		for (const Birthdate of ['1980-01-02', '1999-01-02', '1980-03-04']) await ask('POST', contacts, { LastName: 'x', Birthdate });
		const query = encodeURIComponent('SELECT Birthdate FROM Contact WHERE Birthdate = 1980-01-02 ORDER BY Birthdate');
		const { body } = await ask('GET', `${API}/query?q=${query}`);
		assert.deepEqual(body.records.map((record) => record.Birthdate), ['1980-01-02', '1999-01-02']);
	} finally {
		await trap.stop();
	}
});

test('--sqlite: what was answered survives a kill', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'suture-sqlite-'));
	const first = await startSandbox('--sqlite', folder, '--patients', '50');
	let id;
	let total;
	try {
		const ask = caller(first.url, await clientToken(first.url));
		id = (await ask('POST', contacts, { LastName: 'Kept', [KEY]: 'kept', Description: 'two\nlines "quoted"' })).body.id;
		const gone = (await ask('POST', contacts, { LastName: 'Gone' })).body.id;
		await ask('DELETE', `${contacts}/${gone}`);
		const rolledBack = await ask('POST', `${API}/composite/sobjects`, { allOrNone: true, records: [
			{ attributes: { type: 'Contact' }, LastName: 'Never' }, { attributes: { type: 'Contact' } }] });
		assert.equal(rolledBack.body[0].success, false);
		await ask('PATCH', `${contacts}/${id}`, { FirstName: 'Zoë' });
		total = (await ask('GET', `${API}/queryAll?q=SELECT+COUNT()+FROM+Contact`)).body.totalSize;
	} finally {
		await first.kill();
	}
	const second = await startSandbox('--sqlite', folder, '--patients', '50');
	try {
		const ask = caller(second.url, await clientToken(second.url));
		const { body } = await ask('GET', `${contacts}/${KEY}/kept`);
		assert.deepEqual([body.Id, body.FirstName, body.Description], [id, 'Zoë', 'two\nlines "quoted"']);
		assert.equal((await ask('GET', `${API}/queryAll?q=SELECT+COUNT()+FROM+Contact`)).body.totalSize, total);
		assert.equal((await ask('GET', `${API}/query?q=SELECT+COUNT()+FROM+Contact+WHERE+LastName+IN+('Gone','Never')`)).body.totalSize, 0);
		assert.notEqual((await ask('POST', contacts, { LastName: 'New' })).body.id, id);
	} finally {
		await second.stop();
		rmSync(folder, { recursive: true });
	}
});

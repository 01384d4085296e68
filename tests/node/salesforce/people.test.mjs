// What people and administrators of an org do: merge, undelete, the button, changed fields, triggers, limits.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import jsforce from 'jsforce';
import { Listener } from './listener.mjs';
import { admin, API, caller, clientToken, startSandbox } from './sandbox.mjs';

const KEY = 'Hint_Patient_Id__c';
let sandbox;
let connection;
let token;
let call;

before(async () => {
	sandbox = await startSandbox();
	token = await clientToken(sandbox.url);
	call = caller(sandbox.url, token);
	connection = new jsforce.Connection({ version: '62.0', instanceUrl: sandbox.url, accessToken: token });
});
after(() => sandbox.stop());

async function listen(channel) {
	const listener = new Listener(sandbox.url, token);
	await listener.handshake();
	assert.equal((await listener.subscribe(channel)).successful, true);
	return listener;
}

test('merge: the loser is deleted and names its master, the winner is updated, children move', async () => {
	const contacts = connection.sobject('Contact');
	const [winner, loser] = await contacts.create([{ LastName: 'Keep' }, { LastName: 'Lose', [KEY]: 'P-1' }]);
	const { id: child } = await contacts.create({ LastName: 'Child', ReportsToId: loser.id });
	const listener = await listen('/data/ContactChangeEvent');

	const merged = await admin(sandbox.url, 'merge', { winner: winner.id, loser: loser.id, fields: { [KEY]: 'P-1' } });
	assert.equal(merged[KEY], 'P-1');
	await listener.until(3);
	assert.deepEqual(listener.headers().map(({ changeType, recordIds }) => [changeType, recordIds[0]]), [
		['UPDATE', child], ['DELETE', loser.id], ['UPDATE', winner.id],
	]);
	assert.equal(new Set(listener.headers().map((header) => header.transactionKey)).size, 1);
	assert.equal((await contacts.retrieve(child)).ReportsToId, winner.id);
	const found = await connection.query('SELECT Id, MasterRecordId FROM Contact WHERE IsDeleted = TRUE AND MasterRecordId != NULL', { scanAll: true });
	assert.deepEqual(found.records.map(({ Id, MasterRecordId }) => [Id, MasterRecordId]), [[loser.id, winner.id]]);
	await assert.rejects(admin(sandbox.url, 'merge', { winner: winner.id, loser: loser.id }), /live records/);
	await assert.rejects(admin(sandbox.url, 'merge', { winner: winner.id, loser: winner.id }), /live records/);
	await listener.stop();
});

test('a merge whose winner is refused changes nothing', async () => {
	const contacts = connection.sobject('Contact');
	const [winner, loser] = await contacts.create([{ LastName: 'Stay' }, { LastName: 'Stay too' }]);
	await assert.rejects(admin(sandbox.url, 'merge', { winner: winner.id, loser: loser.id, fields: { Email: 'no address' } }), /INVALID_EMAIL/);
	assert.equal((await contacts.retrieve(loser.id)).MasterRecordId, null);
});

test('accounts merge too, and their contacts move', async () => {
	const [winner, loser] = await connection.sobject('Account').create([{ Name: 'A' }, { Name: 'B' }]);
	const { id } = await connection.sobject('Contact').create({ LastName: 'Member', AccountId: loser.id });
	await admin(sandbox.url, 'merge', { winner: winner.id, losers: [loser.id] });
	assert.equal((await connection.sobject('Contact').retrieve(id)).AccountId, winner.id);
});

test('undelete: the same id, with its values, its contacts, and an UNDELETE event', async () => {
	const { id } = await connection.sobject('Account').create({ Name: 'Back' });
	const { id: member } = await connection.sobject('Contact').create({ LastName: 'Back', AccountId: id });
	await connection.sobject('Account').destroy(id);
	const listener = await listen('/data/ChangeEvents');
	await admin(sandbox.url, 'undelete', { id });
	await listener.until(2);
	assert.deepEqual(listener.payloads().map((payload) => [payload.ChangeEventHeader.changeType, payload.ChangeEventHeader.recordIds[0]]), [
		['UNDELETE', id], ['UNDELETE', member],
	]);
	assert.equal(listener.payloads()[0].Name, 'Back');
	assert.equal((await connection.sobject('Contact').retrieve(member)).LastName, 'Back');
	await assert.rejects(admin(sandbox.url, 'undelete', { id }), /no deleted record/);
	await listener.stop();
});

test('undelete is refused when its unique value has been taken', async () => {
	const contacts = connection.sobject('Contact');
	const { id } = await contacts.create({ LastName: 'First', [KEY]: 'P-2' });
	await contacts.destroy(id);
	await contacts.create({ LastName: 'Second', [KEY]: 'P-2' });
	await assert.rejects(admin(sandbox.url, 'undelete', { id }), /DUPLICATE_VALUE/);
});

test('a batch edit by a person is one transaction and one event', async () => {
	const made = await connection.sobject('Contact').create(['A', 'B', 'C'].map((LastName) => ({ LastName })));
	const ids = made.map(({ id }) => id);
	const listener = await listen('/data/ContactChangeEvent');
	await admin(sandbox.url, 'batch', { object: 'Contact', ids, fields: { Department: 'North' } });
	await listener.until(1);
	assert.deepEqual(listener.headers()[0].recordIds, ids);
	await assert.rejects(admin(sandbox.url, 'batch', { object: 'Contact', ids: [...ids, '003000000000000AAA'], fields: { Department: 'South' } }), /no record/);
	assert.equal((await connection.sobject('Contact').retrieve(ids[0])).Department, 'North');
	await listener.stop();
});

// ---- the button ----

async function engine(status) {
	const calls = [];
	const server = createServer((request, response) => {
		const chunks = [];
		request.on('data', (chunk) => chunks.push(chunk));
		request.on('end', () => {
			calls.push({ url: request.url, method: request.method, headers: request.headers, text: Buffer.concat(chunks).toString() });
			response.writeHead(status, { 'content-type': 'application/json' }).end('{"accepted":true}');
		});
	});
	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	return { calls, url: `http://127.0.0.1:${server.address().port}/hooks/salesforce`, stop: () => new Promise((resolve) => server.close(resolve)) };
}

test('the button sends one signed call and tells what came back', async () => {
	const receiver = await engine(202);
	await admin(sandbox.url, 'settings', { button_url: receiver.url, button_secret: 'shared secret' });
	const from = Math.floor(Date.now() / 1000);
	const result = await admin(sandbox.url, 'button', { action: 'link', object: 'Contact', ids: ['003000000000001AAA'], emrId: 'pat-1' });
	assert.deepEqual([result.status, result.body], [202, '{"accepted":true}']);
	const [sent] = receiver.calls;
	const body = JSON.parse(sent.text);
	const stamp = sent.headers['x-suture-timestamp'];

	assert.deepEqual([sent.method, sent.url, sent.headers['content-type']], ['POST', '/hooks/salesforce', 'application/json']);
	assert.ok(Number(stamp) >= from && Number(stamp) <= Date.now() / 1000, stamp);
	assert.equal(sent.headers['x-suture-signature'], `sha256=${createHmac('sha256', 'shared secret').update(`${stamp}.${sent.text}`).digest('hex')}`);
	assert.deepEqual(Object.keys(body), ['action', 'object', 'ids', 'emrId', 'user', 'at', 'eventId']);
	assert.deepEqual([body.action, body.object, body.ids, body.emrId], ['link', 'Contact', ['003000000000001AAA'], 'pat-1']);
	assert.match(body.user, /^005/);
	assert.match(body.at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
	assert.match(body.eventId, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
	assert.equal(result.eventId, body.eventId);
	await receiver.stop();
});

test('the button: repeated, stale, forged, and nobody there', async () => {
	const receiver = await engine(401);
	const push = (more) => admin(sandbox.url, 'button', { action: 'sync', ids: [], url: receiver.url, ...more });
	assert.equal((await push({ eventId: 'same', timestamp: '1000' })).status, 401);
	await push({ eventId: 'same', signature: 'sha256=00' });
	assert.deepEqual(receiver.calls.map((sent) => JSON.parse(sent.text).eventId), ['same', 'same']);
	assert.equal(receiver.calls[0].headers['x-suture-timestamp'], '1000');
	assert.equal(receiver.calls[1].headers['x-suture-signature'], 'sha256=00');
	assert.equal('emrId' in JSON.parse(receiver.calls[0].text), false);
	await receiver.stop();
	assert.equal((await push({})).status, 0);
	await assert.rejects(push({ url: 'mailto:x' }), /no http address/);
	await assert.rejects(push({ ids: '003' }), /no list/);
});

// ---- limits ----

test('calls of the day are counted, shown, and end at the allowance', async () => {
	const first = await call('GET', `${API}/limits`);
	const { Max, Remaining } = first.body.DailyApiRequests;
	assert.equal(first.headers.get('sforce-limit-info'), `api-usage=${Max - Remaining}/${Max}`);
	assert.equal((await call('GET', `${API}/limits`)).body.DailyApiRequests.Remaining, Remaining - 1);
	await admin(sandbox.url, 'settings', { daily_limit: Max - Remaining + 1 });
	const refused = await call('GET', `${API}/limits`);
	assert.deepEqual([refused.status, refused.body[0].errorCode], [403, 'REQUEST_LIMIT_EXCEEDED']);
	await admin(sandbox.url, 'settings', { daily_limit: 100000 });
	assert.equal((await call('GET', `${API}/limits`)).status, 200);
	await assert.rejects(admin(sandbox.url, 'settings', { daily_limit: 'much' }), /another kind/);
	await assert.rejects(admin(sandbox.url, 'settings', { nothing: 1 }), /no such setting/);
});

test('all tokens expire at once', async () => {
	const other = caller(sandbox.url, await clientToken(sandbox.url));
	assert.equal((await other('GET', `${API}/limits`)).status, 200);
	await admin(sandbox.url, 'expire', {});
	assert.equal((await other('GET', `${API}/limits`)).status, 401);
	token = await clientToken(sandbox.url);
	call = caller(sandbox.url, token);
	connection = new jsforce.Connection({ version: '62.0', instanceUrl: sandbox.url, accessToken: token });
});

// ---- drift ----

const schema = (field, change, more) => admin(sandbox.url, 'schema', { object: 'Contact', field, change, ...more });
const fieldOf = async (name) => (await call('GET', `${API}/sobjects/Contact/describe`)).body.fields.find((field) => field.name === name);
const write = async (fields) => (await call('POST', `${API}/sobjects/Contact`, { LastName: 'Drift', ...fields })).body;

test('a removed field is gone from everything and comes back with its values', async () => {
	const { id } = await write({ Gender__c: 'female' });
	const before = Date.now();
	const since = { 'if-modified-since': new Date(before + 60_000).toUTCString() };
	assert.equal((await call('GET', `${API}/sobjects/Contact/describe`, undefined, since)).status, 304);
	await schema('Gender__c', 'remove');
	assert.equal(await fieldOf('Gender__c'), undefined);
	const changed = { 'if-modified-since': new Date(before - 1000).toUTCString() };
	assert.equal((await call('GET', `${API}/sobjects/Contact/describe`, undefined, changed)).status, 200);
	assert.equal((await write({ Gender__c: 'male' }))[0].errorCode, 'INVALID_FIELD');
	assert.equal((await call('GET', `${API}/query?q=SELECT+Gender__c+FROM+Contact`)).body[0].errorCode, 'INVALID_FIELD');
	assert.equal('Gender__c' in (await call('GET', `${API}/sobjects/Contact/${id}`)).body, false);
	await schema('Gender__c', 'restore');
	assert.equal((await call('GET', `${API}/sobjects/Contact/${id}`)).body.Gender__c, 'female');
});

test('read-only, shorter, narrower', async () => {
	await schema('Gender__c', 'read_only');
	assert.equal((await fieldOf('Gender__c')).updateable, false);
	assert.equal((await write({ Gender__c: 'x' }))[0].errorCode, 'INVALID_FIELD_FOR_INSERT_UPDATE');
	await schema('Gender__c', 'restore');
	await schema('Gender__c', 'shorten', { length: 3 });
	assert.equal((await write({ Gender__c: 'long' }))[0].errorCode, 'STRING_TOO_LONG');
	await schema('Gender__c', 'restore');
	await schema('LeadSource', 'narrow', { values: ['Web'] });
	assert.deepEqual((await fieldOf('LeadSource')).picklistValues.map(({ value }) => value), ['Web']);
	assert.equal((await write({ LeadSource: 'Other' }))[0].errorCode, 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST');
	await schema('LeadSource', 'restore');
	assert.equal((await write({ LeadSource: 'Other' })).success, true);
	await assert.rejects(schema('Nothing__c', 'remove'), /no such field/);
	await assert.rejects(schema('Gender__c', 'paint'), /unknown "change"/);
	await assert.rejects(schema('Gender__c', 'narrow', { values: ['x'] }), /needs a picklist/);
});

test('another type: values that do not fit are lost, and a gap event says so', async () => {
	const { id: text } = await write({ Practitioner_Name__c: 'Dr. Ng' });
	const { id: date } = await write({ Practitioner_Name__c: '1980-01-02' });
	const listener = await listen('/data/ContactChangeEvent');
	await schema('Practitioner_Name__c', 'retype', { type: 'date' });
	await listener.until(1);
	assert.deepEqual([listener.headers()[0].changeType, listener.headers()[0].recordIds], ['GAP_UPDATE', ['003*']]);
	assert.equal((await fieldOf('Practitioner_Name__c')).type, 'date');
	const read = async (id) => (await call('GET', `${API}/sobjects/Contact/${id}`)).body.Practitioner_Name__c;
	assert.deepEqual([await read(text), await read(date)], [null, '1980-01-02']);
	await schema('Practitioner_Name__c', 'restore');
	assert.equal((await fieldOf('Practitioner_Name__c')).type, 'string');
	await listener.stop();
});

test('triggers respell what was written, in the same transaction', async () => {
	await admin(sandbox.url, 'settings', { respell: 'phone,state_code,name_upper' });
	const listener = await listen('/data/ContactChangeEvent');
	const { id } = await write({ Phone: '312.555.0100', MobilePhone: '1 312 555 0101', HomePhone: '555-0100', MailingState: 'Illinois', FirstName: 'Zoë' });
	const { body } = await call('GET', `${API}/sobjects/Contact/${id}`);
	assert.deepEqual([body.Phone, body.MobilePhone, body.HomePhone, body.MailingState, body.LastName, body.FirstName],
		['(312) 555-0100', '(312) 555-0101', '555-0100', 'IL', 'DRIFT', 'ZOë']);
	await listener.until(1);
	assert.equal(listener.payloads()[0].Phone, '(312) 555-0100');
	await admin(sandbox.url, 'settings', { respell: '' });
	assert.equal((await call('GET', `${API}/sobjects/Contact/${(await write({ Phone: '3125550100' })).id}`)).body.Phone, '3125550100');
	await listener.stop();
});

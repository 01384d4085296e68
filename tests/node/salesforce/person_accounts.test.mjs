// Person accounts: one person as an Account and a Contact half (section 9.3).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Listener } from './listener.mjs';
import { admin, API, caller, clientToken, startSandbox } from './sandbox.mjs';

let sandbox;
let call;
let token;
let type;

before(async () => {
	sandbox = await startSandbox();
	token = await clientToken(sandbox.url);
	call = caller(sandbox.url, token);
});
after(() => sandbox.stop());

const names = async (object) => (await call('GET', `${API}/sobjects/${object}/describe`)).body.fields.map(({ name }) => name);
const read = async (object, id) => (await call('GET', `${API}/sobjects/${object}/${id}`)).body;
const create = (fields) => call('POST', `${API}/sobjects/Account`, fields);
const code = ({ body }) => [body[0].errorCode, body[0].fields];

test('their fields are there once the feature is on', async () => {
	const before_ = { account: await names('Account'), contact: await names('Contact') };
	assert.ok(!before_.account.includes('IsPersonAccount') && !before_.account.includes('LastName'));
	assert.equal(code(await create({ LastName: 'Early' }))[0], 'INVALID_FIELD');
	await admin(sandbox.url, 'settings', { person_accounts: true });
	const account = await names('Account');
	for (const name of ['IsPersonAccount', 'PersonContactId', 'RecordTypeId', 'LastName', 'PersonEmail', 'PersonBirthdate', 'PersonMailingCity', 'PersonMailingAddress', 'Gender__pc', 'Hint_Patient_Id__pc']) assert.ok(account.includes(name), name);
	assert.ok((await names('Contact')).includes('IsPersonAccount'));
	const found = await call('GET', `${API}/query?q=${encodeURIComponent("SELECT Id FROM RecordType WHERE SobjectType='Account' AND IsPersonType=true")}`);
	assert.equal(found.body.totalSize, 1);
	type = found.body.records[0].Id;
	await admin(sandbox.url, 'settings', { person_accounts: false });
	assert.deepEqual(await names('Account'), before_.account);
	await admin(sandbox.url, 'settings', { person_accounts: true });
});

test('a person is written through the account, and the contact half follows', async () => {
	const listener = new Listener(sandbox.url, token);
	await listener.handshake();
	await listener.subscribe('/data/ChangeEvents');
	const made = await create({ RecordTypeId: type, FirstName: 'Ada', LastName: 'Ng', PersonEmail: 'ada@mail.example', PersonMailingCity: 'Reno', Gender__pc: 'female', Phone: '1' });
	assert.equal(made.status, 201);
	const account = await read('Account', made.body.id);
	assert.deepEqual([account.Name, account.IsPersonAccount, account.RecordTypeId, account.PersonMailingAddress.city], ['Ada Ng', true, type, 'Reno']);
	const contact = await read('Contact', account.PersonContactId);
	assert.deepEqual([contact.FirstName, contact.LastName, contact.Email, contact.MailingCity, contact.Gender__c, contact.Phone, contact.AccountId, contact.IsPersonAccount],
		['Ada', 'Ng', 'ada@mail.example', 'Reno', 'female', '1', made.body.id, true]);

	assert.equal((await call('PATCH', `${API}/sobjects/Account/${made.body.id}`, { LastName: 'Byron', PersonEmail: null })).status, 204);
	assert.equal((await read('Account', made.body.id)).Name, 'Ada Byron');
	const changed = await read('Contact', account.PersonContactId);
	assert.deepEqual([changed.LastName, changed.Email], ['Byron', null]);

	await listener.until(4);
	assert.deepEqual(listener.headers().map(({ entityName, changeType }) => `${entityName} ${changeType}`), ['Account CREATE', 'Contact CREATE', 'Account UPDATE', 'Contact UPDATE']);
	assert.deepEqual(listener.payloads()[2].Name, { LastName: 'Byron' });
	assert.deepEqual(listener.headers()[2].changedFields, ['Name.LastName', 'PersonEmail', 'LastModifiedDate']);
	assert.equal(listener.headers()[2].transactionKey, listener.headers()[3].transactionKey);
	assert.equal(listener.payloads()[0].PersonContactId, account.PersonContactId);
	await listener.stop();
});

test('without a record type, a last name makes a person, a name a business', async () => {
	const person = await create({ LastName: 'Only' });
	assert.equal((await read('Account', person.body.id)).IsPersonAccount, true);
	const business = await create({ Name: 'House' });
	assert.equal((await read('Account', business.body.id)).IsPersonAccount, false);
	assert.deepEqual(code(await create({ Name: 'House', PersonEmail: 'a@mail.example' })), ['INVALID_FIELD_FOR_INSERT_UPDATE', ['PersonEmail']]);
	assert.deepEqual(code(await create({ LastName: 'Ng', Name: 'Ng' })), ['INVALID_FIELD_FOR_INSERT_UPDATE', ['Name']]);
	assert.deepEqual(code(await create({ RecordTypeId: type, FirstName: 'Ada' })), ['REQUIRED_FIELD_MISSING', ['LastName']]);
	assert.equal(code(await call('PATCH', `${API}/sobjects/Account/${person.body.id}`, { LastName: null }))[0], 'REQUIRED_FIELD_MISSING');
});

test('the contact half is locked for the API, not for a person, and goes with the account', async () => {
	const { body: { id } } = await create({ LastName: 'Half' });
	const half = (await read('Account', id)).PersonContactId;
	assert.deepEqual(code(await call('PATCH', `${API}/sobjects/Contact/${half}`, { Email: 'x@mail.example' })), ['INVALID_FIELD_FOR_INSERT_UPDATE', ['Email']]);
	await admin(sandbox.url, 'edit', { object: 'Contact', id: half, fields: { FirstName: 'Bo' } });
	assert.deepEqual([(await read('Account', id)).FirstName, (await read('Account', id)).Name], ['Bo', 'Bo Half']);
	await admin(sandbox.url, 'settings', { person_contact_locked: false });
	assert.equal((await call('PATCH', `${API}/sobjects/Contact/${half}`, { Email: 'x@mail.example' })).status, 204);
	assert.equal((await read('Account', id)).PersonEmail, 'x@mail.example');
	await call('DELETE', `${API}/sobjects/Account/${id}`);
	assert.equal((await call('GET', `${API}/sobjects/Contact/${half}`)).status, 404);
});

test('upsert by a person\'s external id, and a record type that does not exist', async () => {
	const path = `${API}/sobjects/Account/Hint_Patient_Id__pc/P-9`;
	assert.equal((await call('PATCH', path, { LastName: 'Key' })).status, 201);
	assert.equal((await call('PATCH', path, { LastName: 'Key', FirstName: 'Second' })).body.created, false);
	const found = await call('GET', `${API}/query?q=${encodeURIComponent("SELECT Name, LastName FROM Contact WHERE Hint_Patient_Id__c = 'P-9'")}`);
	assert.deepEqual(found.body.records.map(({ Name }) => Name), ['Second Key']);
	assert.equal(code(await create({ LastName: 'x', RecordTypeId: '012000000000099AAA' }))[0], 'INVALID_CROSS_REFERENCE_KEY');
});

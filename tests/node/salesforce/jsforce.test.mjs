// The sandbox as jsforce sees it: records, collections, paging, search, bulk, describe.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import jsforce from 'jsforce';
import { admin, client, startSandbox } from './sandbox.mjs';

const KEY = 'Hint_Patient_Id__c';
let sandbox;
let connection;

before(async () => {
	sandbox = await startSandbox();
	connection = new jsforce.Connection({
		version: '62.0', oauth2: { clientId: client.id, clientSecret: client.secret, loginUrl: sandbox.url },
	});
	await connection.authorize({ grant_type: 'client_credentials' });
	connection.bulk2.pollInterval = 20;
	connection.bulk2.pollTimeout = 60000;
});
after(() => sandbox.stop());
beforeEach(async () => {
	const left = await connection.query('SELECT Id FROM Contact', { autoFetch: true, maxFetch: 10000 });
	const ids = left.records.map((record) => record.Id);
	for (let i = 0; i < ids.length; i += 200) await connection.sobject('Contact').destroy(ids.slice(i, i + 200));
});

const people = (count) => Array.from({ length: count }, (_, i) => ({
	LastName: `Person ${String(i).padStart(5, '0')}`, FirstName: 'Test', [KEY]: `P${i}`,
}));

test('create, retrieve, update, delete one record', async () => {
	const contacts = connection.sobject('Contact');
	const made = await contacts.create({ FirstName: 'Zoë', LastName: ' O\'Neil ', Birthdate: '1980-01-02', Email: 'zoe@example.com' });
	assert.equal(made.success, true);
	assert.match(made.id, /^003[0-9A-Za-z]{15}$/);
	const read = await contacts.retrieve(made.id);
	assert.equal(read.LastName, 'O\'Neil');
	assert.equal(read.Name, 'Zoë O\'Neil');
	assert.equal(read.Birthdate, '1980-01-02');
	assert.equal(read.HasOptedOutOfEmail, false);
	assert.match(read.SystemModstamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000\+0000$/);
	await contacts.update({ Id: made.id, FirstName: '  ', Email: null, MailingStreet: '1 Main St\nApt 2', MailingCity: 'Reno' });
	const changed = await contacts.retrieve(made.id);
	assert.equal(changed.FirstName, null);
	assert.equal(changed.Email, null);
	assert.deepEqual([changed.MailingAddress.street, changed.MailingAddress.city], ['1 Main St\nApt 2', 'Reno']);
	await contacts.destroy(made.id);
	await assert.rejects(contacts.retrieve(made.id), { errorCode: 'NOT_FOUND' });
});

test('a 15-character id is as good as one of 18', async () => {
	const contacts = connection.sobject('Contact');
	const { id } = await contacts.create({ LastName: 'Short' });
	assert.equal((await contacts.retrieve(id.slice(0, 15))).Id, id);
});

test('upsert by external id creates, then updates', async () => {
	const contacts = connection.sobject('Contact');
	const first = await contacts.upsert({ [KEY]: 'a b-1', LastName: 'One' }, KEY);
	assert.equal(first.created, true);
	const second = await contacts.upsert({ [KEY]: 'a b-1', LastName: 'Two' }, KEY);
	assert.deepEqual([second.created, second.id], [false, first.id]);
	assert.equal((await contacts.retrieve(first.id)).LastName, 'Two');
});

test('collections: create, update, upsert, delete, in order', async () => {
	const contacts = connection.sobject('Contact');
	const made = await contacts.create(people(200), { allOrNone: false });
	assert.equal(made.length, 200);
	assert.ok(made.every((row) => row.success));
	const updates = made.map((row, i) => ({ Id: row.id, Title: i === 3 ? 'x'.repeat(129) : `T${i}` }));
	const updated = await contacts.update(updates, { allOrNone: false });
	assert.deepEqual(updated.map((row) => row.success).indexOf(false), 3);
	assert.equal(updated[3].errors[0].statusCode ?? updated[3].errors[0].errorCode, 'STRING_TOO_LONG');
	assert.equal(updated[4].id, made[4].id);
	const upserted = await contacts.upsert([...people(2), { LastName: 'New', [KEY]: 'N1' }], KEY);
	assert.deepEqual(upserted.map((row) => row.created), [false, false, true]);
	const deleted = await contacts.destroy(made.slice(0, 5).map((row) => row.id));
	assert.ok(deleted.every((row) => row.success));
	assert.equal((await connection.query('SELECT COUNT() FROM Contact')).totalSize, 196);
});

test('allOrNone undoes everything', async () => {
	const rows = await connection.sobject('Contact').create([{ LastName: 'Fine' }, { FirstName: 'No last name' }], { allOrNone: true });
	assert.ok(rows.every((row) => !row.success));
	assert.equal(rows[0].errors[0].statusCode, 'ALL_OR_NONE_OPERATION_ROLLED_BACK');
	assert.equal(rows[1].errors[0].statusCode, 'REQUIRED_FIELD_MISSING');
	assert.equal((await connection.query('SELECT COUNT() FROM Contact')).totalSize, 0);
});

test('query pages to the end', async () => {
	const contacts = connection.sobject('Contact');
	for (let i = 0; i < 5; i += 1) await contacts.create(people(500).slice(i * 100, i * 100 + 100));
	const first = await connection.query('SELECT Id, Name FROM Contact ORDER BY LastName', { headers: { 'Sforce-Query-Options': 'batchSize=200' } });
	assert.deepEqual([first.totalSize, first.done, first.records.length], [500, false, 200]);
	assert.match(first.nextRecordsUrl, /-200$/);
	const seen = first.records.map((record) => record.Name);
	let page = first;
	while (!page.done) {
		page = await connection.queryMore(page.nextRecordsUrl, { headers: { 'Sforce-Query-Options': 'batchSize=200' } });
		seen.push(...page.records.map((record) => record.Name));
	}
	assert.deepEqual(seen, people(500).map((person) => `Test ${person.LastName}`));
});

test('queryAll shows what is deleted', async () => {
	const contacts = connection.sobject('Contact');
	const { id } = await contacts.create({ LastName: 'Gone' });
	await contacts.destroy(id);
	const soql = `SELECT Id, IsDeleted FROM Contact WHERE Id = '${id}'`;
	assert.equal((await connection.query(soql)).totalSize, 0);
	const all = await connection.query(soql, { scanAll: true });
	assert.deepEqual(all.records.map((record) => record.IsDeleted), [true]);
});

test('search: SOSL and parameterized', async () => {
	await connection.sobject('Contact').create([
		{ FirstName: 'José', LastName: 'García' }, { FirstName: 'Josephine', LastName: 'Garner' }, { FirstName: 'Ann', LastName: 'Lee' },
	]);
	const found = await connection.search('FIND {jose gar*} IN NAME FIELDS RETURNING Contact(Id, LastName ORDER BY LastName)');
	assert.deepEqual(found.searchRecords.map((record) => record.LastName), ['García', 'Garner']);
	const body = { q: 'lee', in: 'NAME', fields: ['id', 'firstName'], sobjects: [{ name: 'Contact', limit: 10, where: 'FirstName != null' }] };
	const answer = await connection.requestPost('/parameterizedSearch', body);
	assert.deepEqual(answer.searchRecords.map((record) => record.FirstName), ['Ann']);
	const byUrl = await connection.requestGet('/parameterizedSearch?q=garn&sobject=Contact&Contact.fields=id,name&Contact.limit=10');
	assert.deepEqual(byUrl.searchRecords.map((record) => record.Name), ['Josephine Garner']);
});

test('Bulk 2 ingest: upsert with good and bad rows', async () => {
	const rows = [...people(3000), { LastName: '', FirstName: 'Bad', [KEY]: 'bad' }];
	const result = await connection.bulk2.loadAndWaitForResults({
		object: 'Contact', operation: 'upsert', externalIdFieldName: KEY, input: rows, pollInterval: 20, pollTimeout: 60000,
	});
	assert.equal(result.successfulResults.length, 3000);
	assert.equal(result.failedResults.length, 1);
	assert.equal(result.unprocessedRecords.length, 0);
	assert.match(result.failedResults[0].sf__Error, /^REQUIRED_FIELD_MISSING:Required fields are missing: \[LastName\]:LastName --$/);
	assert.equal(result.successfulResults[0].sf__Created, 'true');
	const again = await connection.bulk2.loadAndWaitForResults({
		object: 'Contact', operation: 'upsert', externalIdFieldName: KEY, input: people(10).map((p) => ({ ...p, FirstName: '#N/A', Title: 'Say "hi", twice' })),
		pollInterval: 20, pollTimeout: 60000,
	});
	assert.ok(again.successfulResults.every((row) => row.sf__Created === 'false'));
	const { records } = await connection.query(`SELECT FirstName, Title FROM Contact WHERE ${KEY} = 'P3'`);
	assert.deepEqual([records[0].FirstName, records[0].Title], [null, 'Say "hi", twice']);
});

test('Bulk 2 ingest fails as a whole on an unknown column', async () => {
	const job = connection.bulk2.createJob({ object: 'Contact', operation: 'insert' });
	await job.open();
	await job.uploadData('LastName,Nope__c\nA,B\n');
	await job.close();
	await assert.rejects(job.poll(20, 60000), /Field name not found : Nope__c/);
});

test('Bulk 2 query', async () => {
	await connection.sobject('Contact').create(people(120));
	const stream = await connection.bulk2.query(`SELECT Id, LastName, ${KEY}, Account.Name, Synced_to_Hint__c FROM Contact ORDER BY LastName`, {
		pollInterval: 20, pollTimeout: 60000,
	});
	const rows = await stream.toArray();
	assert.equal(rows.length, 120);
	assert.deepEqual([rows[7].LastName, rows[7][KEY], rows[7]['Account.Name'] || null, rows[7].Synced_to_Hint__c], ['Person 00007', 'P7', null, 'false']);
});

test('describe', async () => {
	const all = await connection.describeGlobal();
	assert.ok(['Account', 'Contact', 'User'].every((name) => all.sobjects.some((object) => object.name === name)));
	const contact = await connection.describe('Contact');
	const field = (name) => contact.fields.find((row) => row.name === name);
	assert.deepEqual([field('LastName').length, field('LastName').nillable, field('LastName').createable], [80, false, true]);
	assert.deepEqual([field('Name').createable, field('Name').updateable, field('Name').nameField], [false, false, true]);
	assert.deepEqual([field(KEY).externalId, field(KEY).unique, field(KEY).idLookup, field(KEY).length], [true, true, true, 64]);
	assert.deepEqual(field('AccountId').referenceTo, ['Account']);
	assert.equal(field('AccountId').relationshipName, 'Account');
	assert.equal(field('Birthdate').type, 'date');
	assert.equal(field('Synced_to_Hint__c').defaultedOnCreate, true);
	assert.ok(field('Salutation').picklistValues.some((value) => value.value === 'Dr.'));
	assert.equal(contact.keyPrefix, '003');
	const custom = contact.fields.filter((row) => row.custom).length;
	assert.equal(custom, 16);
});

test('limits are counted and shown', async () => {
	await connection.query('SELECT COUNT() FROM Account');
	const before = connection.limitInfo.apiUsage.used;
	await connection.query('SELECT COUNT() FROM Account');
	assert.equal(connection.limitInfo.apiUsage.used, before + 1);
	const limits = await connection.requestGet('/limits');
	assert.equal(limits.DailyApiRequests.Max, 5000000);
	assert.equal(limits.DailyApiRequests.Remaining, 5000000 - before - 2);
});

test('getUpdated and getDeleted', async () => {
	const contacts = connection.sobject('Contact');
	const kept = await contacts.create({ LastName: 'Kept' });
	const gone = await contacts.create({ LastName: 'Gone' });
	await contacts.destroy(gone.id);
	// The end is cut to the minute and then to now: a window that begins an hour ago and ends in an hour holds both.
	const [from, to] = [new Date(Date.now() - 3600e3), new Date(Date.now() + 3600e3)].map((date) => date.toISOString());
	await new Promise((resolve) => setTimeout(resolve, 1100));
	const updated = await contacts.updated(from, to);
	assert.ok(updated.ids.includes(kept.id));
	assert.ok(!updated.ids.includes(gone.id));
	const deleted = await contacts.deleted(from, to);
	assert.ok(deleted.deletedRecords.some((row) => row.id === gone.id));
});

test('a person\'s edit has another author and a new stamp', async () => {
	const contacts = connection.sobject('Contact');
	const { id } = await contacts.create({ LastName: 'Before' });
	const before = await contacts.retrieve(id);
	await new Promise((resolve) => setTimeout(resolve, 1100));
	await admin(sandbox.url, 'edit', { object: 'Contact', id, fields: { LastName: 'After' } });
	const edited = await contacts.retrieve(id);
	assert.equal(edited.LastName, 'After');
	assert.notEqual(edited.LastModifiedById, before.LastModifiedById);
	assert.ok(edited.SystemModstamp > before.SystemModstamp);
	const { records } = await connection.query(`SELECT LastModifiedBy.Name FROM Contact WHERE Id = '${id}'`);
	assert.equal(records[0].LastModifiedBy.Name, 'Ana Admin');
});

test('composite: references and rollback', async () => {
	const call = (allOrNone, last) => connection.requestPost('/composite', {
		allOrNone,
		compositeRequest: [
			{ method: 'POST', url: '/services/data/v62.0/sobjects/Account', referenceId: 'home', body: { Name: 'Ng household' } },
			{ method: 'POST', url: '/services/data/v62.0/sobjects/Contact', referenceId: 'person', body: { ...last, AccountId: '@{home.id}' } },
			{ method: 'GET', url: '/services/data/v62.0/sobjects/Contact/@{person.id}', referenceId: 'read' },
		],
	});
	const bad = await call(true, { FirstName: 'no last name' });
	assert.deepEqual(bad.compositeResponse.map((row) => row.httpStatusCode), [400, 400, 400]);
	assert.equal(bad.compositeResponse[0].body[0].errorCode, 'PROCESSING_HALTED');
	assert.equal((await connection.query('SELECT COUNT() FROM Account')).totalSize, 0);
	const good = await call(true, { LastName: 'Ng' });
	assert.deepEqual(good.compositeResponse.map((row) => row.httpStatusCode), [201, 201, 200]);
	assert.equal(good.compositeResponse[2].body.AccountId, good.compositeResponse[0].body.id);
	await connection.sobject('Account').destroy(good.compositeResponse[0].body.id);
	assert.equal((await connection.query('SELECT COUNT() FROM Contact')).totalSize, 0);
});

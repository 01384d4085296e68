// Every query of soql.json, and the shape of records.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { API, caller, clientToken, startSandbox } from './sandbox.mjs';

const data = JSON.parse(readFileSync(new URL('./soql.json', import.meta.url)));
const letters = new Map();
const ids = {};
let sandbox;
let call;

const query = async (text, route = 'query') => {
	const answer = await call('GET', `${API}/${route}?q=${encodeURIComponent(text)}`);
	assert.equal(answer.status, 200, JSON.stringify(answer.body));
	return answer.body;
};

before(async () => {
	sandbox = await startSandbox();
	call = caller(sandbox.url, await clientToken(sandbox.url));
	for (const Name of ['home', 'other']) ids[Name] = (await call('POST', `${API}/sobjects/Account`, { Name })).body.id;
	for (const [letter, fields] of Object.entries(data.contacts)) {
		const record = { ...fields };
		if (record.AccountId) record.AccountId = ids[record.AccountId];
		const made = await call('POST', `${API}/sobjects/Contact`, record);
		assert.equal(made.status, 201, JSON.stringify(made.body));
		letters.set(made.body.id, letter);
		ids[letter] = made.body.id;
	}
});
after(() => sandbox.stop());

for (const [rest, expected] of data.queries) {
	test(`SELECT Id FROM Contact ${rest}`, async () => {
		const found = (await query(`SELECT Id FROM Contact ${rest}`)).records.map((record) => letters.get(record.Id));
		if (!/order by/i.test(rest)) found.sort();
		assert.equal(found.join(''), expected);
	});
}
for (const [text, expected] of data.values) {
	test(text, async () => assert.deepEqual(await query(text), expected));
}

test('parent fields nest, null where there is no parent', async () => {
	const { records } = await query('SELECT Id, Account.Name, Account.Owner.Username, LastName, Account.Id FROM Contact WHERE LastName IN (\'Anders\') ORDER BY FirstName');
	assert.equal(records[0].Account, null);
	assert.deepEqual(Object.keys(records[1]), ['attributes', 'Id', 'Account', 'LastName']);
	assert.equal(records[1].Account.Name, 'home');
	assert.equal(records[1].Account.Id, ids.home);
	assert.equal(records[1].Account.attributes.type, 'Account');
	assert.equal(records[1].Account.Owner.Username, 'integration@suture.example');
	assert.deepEqual(records[1].attributes, { type: 'Contact', url: `${API}/sobjects/Contact/${ids.a}` });
});

test('the delta cursor of (SystemModstamp, Id) walks through rows of one second', async () => {
	const seen = [];
	let last = { stamp: '2000-01-01T00:00:00Z', id: '000000000000000AAA' };
	for (let i = 0; i < 10; i += 1) {
		const { records } = await query(`SELECT Id, SystemModstamp FROM Contact WHERE SystemModstamp < 2100-01-01T00:00:00Z AND (SystemModstamp > ${last.stamp} OR (SystemModstamp = ${last.stamp} AND Id > '${last.id}')) ORDER BY SystemModstamp ASC, Id ASC LIMIT 2`);
		if (records.length === 0) break;
		seen.push(...records.map((record) => letters.get(record.Id)));
		last = { stamp: records.at(-1).SystemModstamp.replace('+0000', 'Z'), id: records.at(-1).Id };
	}
	assert.equal(seen.join(''), 'abcdef');
});

test('by id, 15 and 18 characters, and many of them', async () => {
	const found = async (where) => (await query(`SELECT Id FROM Contact WHERE ${where}`)).records.map((record) => letters.get(record.Id)).sort().join('');
	assert.equal(await found(`Id = '${ids.c.slice(0, 15)}'`), 'c');
	assert.equal(await found(`Id IN ('${ids.c}', '${ids.a}', '${ids.c.slice(0, 15)}', '003000000000001AAA')`), 'ac');
	assert.equal(await found(`AccountId = '${ids.home.slice(0, 15)}'`), 'ab');
	assert.equal(await found(`Id > '${ids.d}'`), 'ef');
});

test('FIELDS(ALL) and ?columns=true', async () => {
	const { records } = await query('SELECT FIELDS(ALL) FROM Contact LIMIT 1');
	assert.ok('Hint_Patient_Id__c' in records[0] && 'SystemModstamp' in records[0]);
	const { body } = await call('GET', `${API}/query?q=${encodeURIComponent('SELECT Id, Account.Name FROM Contact')}&columns=true`);
	assert.deepEqual(body.columnMetadata.map((column) => column.columnName), ['Id', 'Account']);
	assert.equal(body.columnMetadata[1].joinColumns[0].columnName, 'Name');
});

test('Account deleted: its contacts go with it, queryAll still knows them', async () => {
	await call('DELETE', `${API}/sobjects/Account/${ids.other}`);
	assert.equal((await query(`SELECT Id FROM Contact WHERE Id = '${ids.c}'`)).totalSize, 0);
	assert.equal((await query(`SELECT Id FROM Contact WHERE Id = '${ids.c}' AND IsDeleted = true`, 'queryAll')).totalSize, 1);
	assert.equal((await query('SELECT COUNT() FROM Contact', 'queryAll')).totalSize, 6);
});

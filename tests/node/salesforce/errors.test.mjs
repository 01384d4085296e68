// Every row of errors.json, and that none of them changed anything.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { API, admin, caller, clientToken, startSandbox } from './sandbox.mjs';

const { rows } = JSON.parse(readFileSync(new URL('./errors.json', import.meta.url)));
let sandbox;
let call;
const known = { long: 'x'.repeat(300) };

async function make(object, fields) {
	const answer = await call('POST', `${API}/sobjects/${object}`, fields);
	assert.equal(answer.status, 201);
	return answer.body.id;
}

before(async () => {
	sandbox = await startSandbox();
	call = caller(sandbox.url, await clientToken(sandbox.url));
	known.contact = await make('Contact', { LastName: 'Here', Hint_Patient_Id__c: 'taken' });
	known.account = await make('Account', { Name: 'Home' });
	known.gone = await make('Contact', { LastName: 'Gone' });
	assert.equal((await call('DELETE', `${API}/sobjects/Contact/${known.gone}`)).status, 204);
});
after(() => sandbox.stop());

const filled = (value) => JSON.parse(JSON.stringify(value).replace(/\$\{(\w+)\}/g, (_, name) => known[name]));

function requestOf(row) {
	if (row.soql) return ['GET', `/query?q=${encodeURIComponent(row.soql)}`];
	if (row.many) {
		const records = Array.from({ length: row.many }, () => ({ attributes: { type: 'Contact' }, LastName: 'x' }));
		return ['POST', '/composite/sobjects', { records }];
	}
	return filled(row.call);
}

async function checkRequest(row) {
	const [method, path, body] = requestOf(row);
	const answer = await call(method, path.startsWith('/services') ? path : API + path, body);
	assert.equal(answer.status, row.status);
	assert.ok(Array.isArray(answer.body));
	assert.equal(answer.body[0].errorCode, row.code);
	assert.match(answer.body[0].message, new RegExp(row.message));
	if (row.fields) assert.deepEqual(answer.body[0].fields, row.fields);
}

async function checkRow(row) {
	const [method, path, records] = filled(row.row);
	for (const record of records) record.attributes ??= { type: 'Contact' };
	const answer = await call(method, API + path, { allOrNone: false, records });
	assert.equal(answer.status, 200);
	assert.equal(answer.body.length, records.length);
	for (const result of row.all ? answer.body : answer.body.slice(-1)) {
		assert.equal(result.success, false);
		assert.equal(result.errors[0].statusCode, row.code);
		assert.match(result.errors[0].message, new RegExp(row.message));
		if (row.fields) assert.deepEqual(result.errors[0].fields, row.fields);
	}
}

for (const row of rows) {
	test(row.name, async () => {
		const records = async () => JSON.stringify((await admin(sandbox.url, 'state')).Contact);
		const untouched = await records();
		await (row.row ? checkRow(row) : checkRequest(row));
		assert.equal(await records(), untouched);
	});
}

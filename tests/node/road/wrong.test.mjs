// Wrong input: a clear message that says what to do, a non-zero exit, nothing half-done.
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { configuration } from '../../../demo/systems.mjs';
import { must, suture, withWorld, writeCalls } from './world.mjs';

const server = Boolean(process.env.SUTURE_TEST_STORE);
const dead = { hint: 'http://127.0.0.1:1', salesforce: 'http://127.0.0.1:1' };

/** A folder that is initialised, without a configuration. */
async function withFolder(use) {
  const home = mkdtempSync(join(tmpdir(), 'suture-wrong-'));
  try {
    const dir = join(home, 's');
    await must(dir, ['init', dir]);
    await use(dir, (text) => {
      const file = join(home, 'c.yaml');
      writeFileSync(file, text);
      return file;
    });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** A whole file, with lines put in the place of some. */
const whole = ({ emr = 'p', sync = '', token = 'x' } = {}) => `connections:
  p: {kind: hint, token: ${token}}
  o: {kind: salesforce, login_url: "https://a.example", client_id: a, client_secret: b}
integration: {name: i, emr: ${emr}, crm: o}
syncs:
  s: {emr_object: patient, crm_object: Contact, mapping: hint-contact, crm_id_field: X__c${sync}}
`;

const cases = [
  ['bad YAML', 'connections: [', /line \d+/],
  ['an unknown setting', 'connections:\n  p: {kind: hint, ulr: x}\n', /line 2.*unknown setting 'ulr'.*url/],
  ['an unknown kind', 'connections:\n  p: {kind: hnit}\n', /needs a kind; there is: .*hint/],
  ['an unknown field of a mapping', 'integration: {name: i, emr: a, crm: b}\nsyncs:\n  s:\n    emr_object: patient\n    crm_object: Contact\n    crm_id_field: X__c\n    mapping:\n      fields:\n        - {name: A, emr: a, crm: B, derection: both}\n', /derection/],
  ['a two-way field with a one-way transform', 'integration: {name: i, emr: a, crm: b}\nsyncs:\n  s:\n    emr_object: patient\n    crm_object: Contact\n    crm_id_field: X__c\n    mapping:\n      fields:\n        - {name: A, emr: a, crm: B, transform: {truncate: 5}}\n', /A/],
  ['a connection that is not there', whole({ emr: 'nope' }), /line 4.*no connection 'nope'/],
  ['an integration that is not there', whole({ sync: ', integration: zz' }), /line 6.*no integration 'zz'/],
  ['a policy for a field that is not mapped', whole({ sync: ', policy: {Nope: {winner: emr}}' }), /line 6.*no field 'Nope'/],
  ['a winner that is none', whole({ sync: ', policy: {Email: {winner: nobody}}' }), /line 6.*'Email'.*newest/],
  ['a mistyped setting of a policy', whole({ sync: ', policy: {Email: {winnr: crm}}' }), /line 6.*winnr.*winner, blank/],
  ['a secret that says neither file nor env', whole({ token: '{fiel: x}' }), /line 2.*'fiel' of token.*env, file/],
  ['a missing setting', 'integration: {name: i}\n', /needs the setting 'emr'/],
];
for (const [what, text, message] of cases) {
  test(`wrong input: ${what} is told with its line, and nothing is stored`, async () => {
    await withFolder(async (dir, write) => {
      const result = await suture(dir, ['apply', write(text)]);
      assert.equal(result.code, 1);
      assert.match(result.stderr, message);
      assert.doesNotMatch((await must(dir, ['export'])).stdout, /kind/);
    });
  });
}

test('wrong input: an unreachable host is named, with what to do', async () => {
  await withFolder(async (dir, write) => {
    const extra = { practice: { token: 'x', attempts: '1' }, org: { client_secret: 'x', attempts: '1' } };
    await must(dir, ['apply', write(JSON.stringify(configuration(dead, extra)))]);
    const result = await suture(dir, ['check', '--json']);
    assert.equal(result.code, 3);
    assert.match(result.json[0].text, /127\.0\.0\.1:1: no connection; check/);
  });
});

test('wrong input: wrong credentials are told for each system', async () => {
  await withWorld({ patients: 3, extra: { practice: { token: 'wrong' }, org: { client_secret: 'wrong' } } }, async ({ dir, systems }) => {
    const result = await suture(dir, ['check', '--json']);
    assert.equal(result.code, 3);
    assert.equal(result.json.filter((row) => row.level === 'error' && row.subject.startsWith('connection')).length, 2);
    const run = await suture(dir, ['import', '--quiet']);
    assert.equal(run.code, 1);
    assert.equal(await writeCalls(systems.salesforce), 0);
  });
});

test('wrong input: an external id that is not unique, and a field that does not exist, are findings', async () => {
  const extra = { patients: { crm_id_field: 'Department', crm_synced_field: 'Nope__c' } };
  await withWorld({ patients: 3, extra }, async ({ dir }) => {
    const result = await suture(dir, ['check', '--json']);
    assert.equal(result.code, 3);
    const texts = result.json.map((row) => `${row.subject} ${row.text}`).join('\n');
    assert.match(texts, /Department is no external id/);
    assert.match(texts, /Department is not unique/);
    assert.match(texts, /Nope__c does not exist/);
  });
});

test('wrong input: a key that does not fit is told, and the database stays as it is', async () => {
  await withWorld({ patients: 3 }, async ({ dir }) => {
    const key = join(dir, 'suture.key');
    const right = readFileSync(key);
    chmodSync(key, 0o600);
    writeFileSync(key, `${'0'.repeat(64)}\n`);
    const result = await suture(dir, ['export']);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /key/);
    writeFileSync(key, right);
    chmodSync(key, 0o644);
    assert.match((await suture(dir, ['export'])).stderr, /chmod 600/);
    chmodSync(key, 0o600);
    assert.equal((await suture(dir, ['export'])).code, 0);
  });
});

test('R25: what is exported can be applied again and changes nothing; every change leaves who, when, before, after and why', async () => {
  await withWorld({ patients: 3 }, async ({ dir }) => {
    const file = join(dir, 'export.yaml');
    writeFileSync(file, (await must(dir, ['export'])).stdout);
    assert.deepEqual((await must(dir, ['apply', file, '--json'])).json, { created: 0, changed: 0, unchanged: 4 });
    writeFileSync(file, readFileSync(file, 'utf8').replace('create: true', 'create: false'));
    assert.equal((await must(dir, ['apply', file, '--why', 'the clinic wants to look first', '--json'])).json.changed, 1);
    const last = (await must(dir, ['audit', '--json'])).json.at(-1);
    assert.equal(last.why, 'the clinic wants to look first');
    assert.match(last.before, /"create":true/);
    assert.match(last.after, /"create":false/);
    assert.doesNotMatch(JSON.stringify(last), /suture-secret/);
    assert.match((await must(dir, ['audit', '--verify'])).stdout, /intact/);
  });
});

test('wrong use: an unknown command, option or run says what there is, exit 2 or 1', async () => {
  await withFolder(async (dir) => {
    assert.equal((await suture(dir, ['improt'])).code, 2);
    assert.equal((await suture(dir, ['import', '--fast'])).code, 2);
    assert.match((await suture(dir, ['report', '99'])).stderr, /suture runs/);
    assert.match((await suture(join(dir, 'nowhere'), ['runs'])).stderr, /suture init/);
    assert.match((await suture(dir, ['import'])).stderr, /suture apply/);
  });
});

test('a damaged page of the database: the run stops, says that a backup is to be restored, and writes nothing to either system', { skip: server && 'the files of a server are its own' }, async () => {
  await withWorld({ patients: 60 }, async ({ dir, systems }) => {
    await must(dir, ['import', '--quiet']);
    const before = await writeCalls(systems.salesforce);
    const file = join(dir, 'suture.db');
    const bytes = readFileSync(file);
    bytes.fill(0xa5, 20 * 4096, bytes.length - 4096); // the schema and the first tables stay whole
    writeFileSync(file, bytes);
    const result = await suture(dir, ['import', '--quiet']);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /damaged.*restore the last backup/);
    assert.equal(await writeCalls(systems.salesforce), before);
  });
});

test('a full disk: the run stops with a clear message, and goes on when there is room', async () => {
  await withWorld({ patients: 400 }, async ({ dir, wrong }) => {
    const full = await suture(dir, ['import', '--json', '--quiet'], { env: { SUTURE_STORE: `sqlite:${dir}/suture.db?max_pages=90` } });
    assert.equal(full.code, 1);
    assert.match(full.stderr, /full/);
    const rest = await must(dir, ['import', '--json', '--quiet']);
    assert.equal(rest.json.failed, 0);
    await must(dir, ['drain', '--quiet']);
    assert.deepEqual(await wrong(), []);
  });
});

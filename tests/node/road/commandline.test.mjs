// The command line as people and scripts meet it: every command explains itself, answers in JSON whatever happens, and says what next.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { hasControls, must, paths, suture, withWorld } from './world.mjs';

async function withFolder(use) {
  const home = mkdtempSync(join(tmpdir(), 'suture-cli-'));
  try {
    await use(home);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
const commands = async () => (await must('.', ['--help', '--json'])).json;

test('every command explains itself, as text and as JSON, and is in the manual', async () => {
  const manual = (await must('.', ['man'])).stdout;
  const rows = await commands();
  assert.ok(rows.length >= 16);
  for (const { command, arguments: words } of rows) {
    const help = (await must('.', [command, '--help'])).stdout;
    assert.match(help, new RegExp(`^usage: suture ${command}`));
    assert.ok(help.split('\n').every((line) => line.length <= 100), `${command}: a line is too wide`);
    assert.equal((await must('.', ['help', command])).stdout, help);
    assert.equal((await must('.', [command, '--help', '--json'])).json.command, command);
    assert.ok(manual.includes(`.SS "suture ${command}${words ? ` ${words}` : ''}"`), command);
  }
});

test('the manual page renders without a warning', async (t) => {
  if (spawnSync('man', ['--version']).status !== 0) return t.skip('man is not installed');
  await withFolder(async (home) => {
    writeFileSync(join(home, 'suture.1'), (await must('.', ['man'])).stdout);
    const shown = spawnSync('man', ['--warnings', '-l', join(home, 'suture.1')], { encoding: 'utf8', env: { ...process.env, MANWIDTH: '80' } });
    assert.equal(shown.stderr, '');
    assert.match(shown.stdout, /EXIT STATUS/);
  });
});

test('the url of a database elsewhere is kept once, and one that cannot be read is not taken for none', async () => {
  await withFolder(async (home) => {
    const dir = join(home, 's');
    const [one, two] = ['one', 'two'].map((name) => `sqlite:${join(home, name)}.db`);
    const says = async (args, code, text) => {
      const { json } = await suture(dir, [...args, '--json']);
      assert.equal(json.error?.code, code, JSON.stringify(json));
      assert.match(json.error.text, text);
    };
    await must(dir, ['init', dir, '--store', one]);
    await must(dir, ['init', dir, '--store', one]);
    await says(['init', dir, '--store', two], 'conflict', /names another database already/);
    assert.equal(readFileSync(join(dir, 'suture.store'), 'utf8'), `${one}\n`);
    assert.deepEqual(readdirSync(home).filter((name) => name.endsWith('.db')), ['one.db']);
    writeFileSync(join(dir, 'suture.store'), '\n');
    await says(['init', dir], 'config', /is empty/);
    rmSync(join(dir, 'suture.store'));
    mkdirSync(join(dir, 'suture.store'));
    await says(['init', dir], 'system', /suture\.store/);
    await says(['runs'], 'system', /suture\.store/);
    await says(['restore', join(home, 'one.db')], 'system', /suture\.store/);
    assert.ok(!readdirSync(dir).includes('suture.db'), 'no empty database was made instead');
  });
});

test('with --json stdout is one JSON value, whatever is wrong', async () => {
  await withFolder(async (home) => {
    const nowhere = join(home, 'nowhere');
    const wrong = [[], ['improt'], ['import', '--fast'], ['import', '-x'], ['import', 'a', 'b'], ['runs', '--limit'], ['runs', '--limit', '0'],
      ['apply'], ['apply', join(home, 'none.yaml')], ['init'], ['report', '--csv'], ['report', '--outcome', 'x'], ['staged', '--show'], ['import', '--csv', 'f'], ['import', '--max-change', '5']];
    for (const args of wrong) {
      const result = await suture(nowhere, [...args, '--json']);
      assert.ok(result.code === 1 || result.code === 2, `${args}: ${result.code}`);
      assert.equal(typeof result.json?.error?.text, 'string', `${args}: ${result.stdout}`);
      assert.match(result.stderr, /^suture: /);
    }
    assert.match((await suture(nowhere, ['improt'])).stderr, /did you mean `suture import`/);
    const dir = join(home, 's');
    assert.equal((await must(dir, ['init', dir, '--json'])).json.existed, false);
    for (const command of ['runs', 'staged', 'links', 'conflicts', 'log', 'audit']) assert.deepEqual((await must(dir, [command, '--json'])).json, [], command);
    assert.deepEqual((await must(dir, ['export', '--json'])).json, { connections: {}, syncs: {} });
    for (const args of [['report'], ['import'], ['check'], ['preview'], ['drain'], ['retry', '9'], ['staged', '--id', '9'], ['connect', 'x', '--code', 'y']]) {
      const result = await suture(dir, [...args, '--json']);
      assert.equal(result.code, 1, `${args}`);
      assert.equal(result.json.error.code, 'not_found', `${args}`);
    }
  });
});

test('a table on no terminal is whole and free of control characters; preview says what would be written; texts stay texts in JSON', async () => {
  await withWorld({ patients: 40 }, async ({ dir, world }) => {
    const { id } = world.patients.find((row) => row.treatment === 'linked');
    const shown = await must(dir, ['preview', '--id', id]);
    assert.match(shown.stdout, new RegExp(`patient ${id} .*would be linked`));
    assert.match(shown.stdout, /Nothing was written\. An import would write \d+ fields? to the CRM/);
    const json = (await must(dir, ['preview', '--id', id, '--json'])).json;
    assert.equal(json.outcome, 'linked');
    assert.equal(json.fields.length, 23);
    for (const field of json.fields) assert.ok(field.emr === null || typeof field.emr === 'string', field.field);
    assert.equal(json.fields.find((f) => f.field === 'Street').transform, 'lines');
    const run = await must(dir, ['import']);
    assert.equal(run.stderr, '', 'a short run makes no progress noise where there is no terminal');
    assert.match(run.stdout, /of sync patients: done/);
    assert.match(run.stdout, /suture drain patients/);
    for (const args of [['report'], ['runs'], ['staged'], ['links'], ['log'], ['check'], ['audit']]) {
      const { stdout } = await must(dir, args);
      assert.ok(!hasControls(stdout) && !stdout.includes('…'), `${args}`);
      assert.ok(stdout.split('\n').every((line) => !line.endsWith(' ')), `${args}: blanks at the end of a line`);
    }
    assert.equal((await must(dir, ['log', '--limit', '1', '--json'])).json[0].code, 'run_done', 'the log shows its latest entries');
    const full = spawnSync('sh', ['-c', `${paths.suture} report --csv --dir ${dir} >/dev/full`], { encoding: 'utf8' });
    assert.equal(full.status, 1);
    assert.match(full.stderr, /could not be written/);
  });
});

test('init: twice destroys nothing, a lost key is told, a folder that cannot be made too', async () => {
  await withFolder(async (home) => {
    const dir = join(home, 's');
    await must(dir, ['init', dir]);
    for (const name of ['suture.db', 'suture.key', 'suture.yaml']) assert.equal(statSync(join(dir, name)).mode & 0o777, 0o600, name);
    assert.equal(statSync(dir).mode & 0o777, 0o700);
    writeFileSync(join(dir, 'suture.yaml'), '# mine\n');
    const key = readFileSync(join(dir, 'suture.key'), 'utf8');
    assert.match((await must(dir, ['init', dir])).stdout, /stays as it was/);
    assert.equal(readFileSync(join(dir, 'suture.key'), 'utf8'), key);
    assert.equal(readFileSync(join(dir, 'suture.yaml'), 'utf8'), '# mine\n');
    rmSync(join(dir, 'suture.key'));
    const lost = await suture(dir, ['init', dir]);
    assert.equal(lost.code, 1);
    assert.match(lost.stderr, /key .* is gone: put your copy/);
    assert.ok(!readdirSync(dir).includes('suture.key'), 'no second key');
    writeFileSync(join(home, 'file'), '');
    assert.match((await suture(dir, ['init', join(home, 'file')])).stderr, /not a folder/);
    assert.match((await suture(dir, ['init', join(home, 'a', 'b')])).stderr, /folder above it/);
  });
});

test('the sample that init leaves applies as it is; what a file leaves out is named and kept', async () => {
  await withFolder(async (home) => {
    const dir = join(home, 's');
    await must(dir, ['init', dir]);
    const sample = join(dir, 'suture.yaml');
    assert.deepEqual((await must(dir, ['apply', sample, '--json'])).json, { created: 4, changed: 0, unchanged: 0 });
    writeFileSync(sample, readFileSync(sample, 'utf8').replace('  patients:', '  people:'));
    const renamed = await must(dir, ['apply', sample, '--json']);
    assert.deepEqual(renamed.json, { created: 1, changed: 0, unchanged: 3, not_in_file: ['sync patients'] });
    assert.match((await must(dir, ['apply', sample])).stdout, /kept as it was: sync patients\nLeaving something out deletes nothing/);
    assert.match((await suture(dir, ['import'])).stderr, /say which sync: patients, people/);
  });
});

test('docs/CONFIGURATION.md: its example applies, and no setting is missing', async () => {
  const text = readFileSync(join(paths.root, 'docs', 'CONFIGURATION.md'), 'utf8');
  const example = text.match(/```yaml\n([\s\S]*?)```/)[1];
  await withFolder(async (home) => {
    const dir = join(home, 's');
    await must(dir, ['init', dir]);
    writeFileSync(join(home, 'c.yaml'), example);
    const applied = (await must(dir, ['apply', join(home, 'c.yaml'), '--json'])).json;
    assert.ok(applied.created >= 4);
    const again = (await must(dir, ['apply', join(home, 'c.yaml'), '--json'])).json;
    assert.equal(again.created + again.changed, 0);
    const base = 'connections:\n  p: {kind: hint}\nintegration: {name: i, emr: p, crm: p}\nsyncs:\n  s: {emr_object: patient, crm_object: Contact, mapping: hint-contact, crm_id_field: X__c}\n';
    const askers = [base.replace('kind: hint', 'kind: hint, zzz: 1'), 'connections:\n  o: {kind: salesforce, zzz: 1}\n', base.replace('name: i', 'name: i, zzz: 1'), base.replace('X__c', 'X__c, zzz: 1'), 'zzz: 1\n'];
    for (const asker of askers) {
      writeFileSync(join(home, 'c.yaml'), asker);
      const { stderr } = await suture(dir, ['apply', join(home, 'c.yaml')]);
      const settings = stderr.match(/(?:it takes|takes): (.*)/)[1].split(', ');
      for (const name of settings) assert.ok(text.includes(`\`${name.trim()}\``), `docs/CONFIGURATION.md does not explain ${name}`);
    }
  });
});

test('a dry run cleans up behind one that was killed', async () => {
  await withWorld({ patients: 20 }, async ({ dir }) => {
    const left = join(dir, 'scratch-4194000-AbCdEf'); /* a process number that is not in use */
    mkdirSync(left);
    for (const name of ['scratch.db', 'scratch.db-wal', 'scratch.db.part']) writeFileSync(join(left, name), '');
    await must(dir, ['import', '--dry-run']);
    assert.deepEqual(readdirSync(dir).filter((name) => name.startsWith('scratch')), []);
  });
});

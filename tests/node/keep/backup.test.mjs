// A backup has what a restore needs and not the key; what must be refused is, and then nothing has changed.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { must, suture, withWorld } from '../road/world.mjs';
import { serve } from '../serve/daemon.mjs';

async function withHome(use) {
  await withWorld({ patients: 10 }, async (w) => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'suture-keep-'));
    try {
      await must(w.dir, ['import', '--quiet']);
      await use({ ...w, elsewhere, at: (name) => join(elsewhere, name) });
    } finally {
      rmSync(elsewhere, { recursive: true, force: true });
    }
  });
}

const fails = async (dir, args, code, text) => {
  const result = await suture(dir, [...args, '--json']);
  assert.equal(result.code, code === 'usage' ? 2 : 1, result.stdout);
  assert.equal(result.json.error.code, code, result.json.error.text);
  assert.match(result.json.error.text, text);
};

test('a backup holds the database and the files beside it, and makes a Suture of an empty folder that has the key', async () => {
  await withHome(async ({ dir, at }) => {
    mkdirSync(join(dir, 'descriptors'));
    writeFileSync(join(dir, 'descriptors', 'note.yaml.txt'), 'none of ours');
    const { json } = await must(dir, ['backup', at('b.db'), '--json', '--quiet']);
    assert.deepEqual(json.files.sort(), ['hint.token', 'salesforce.secret', 'suture.yaml']);
    assert.equal(json.key_included, false);
    assert.equal(statSync(at('b.db')).mode & 0o777, 0o600);
    const bytes = readFileSync(at('b.db'), 'latin1');
    for (const secret of ['practice-key-of-the-demo', 'suture-secret', readFileSync(join(dir, 'suture.key'), 'utf8').trim()]) assert.ok(!bytes.includes(secret), 'no secret in the open');
    assert.deepEqual(readdirSync(at('.')), ['b.db'], 'nothing unfinished is left');

    const home = at('new');
    await fails(home, ['restore', at('b.db')], 'key', /put your copy/);
    assert.deepEqual(readdirSync(home).filter((name) => !name.endsWith('.lock')), [], 'nothing was left behind');
    copyFileSync(join(dir, 'suture.key'), join(home, 'suture.key'));
    const done = await must(home, ['restore', at('b.db'), '--json']);
    assert.deepEqual(done.json.files_restored.sort(), ['hint.token', 'salesforce.secret', 'suture.yaml']);
    assert.equal(done.json.links, json.links);
    assert.equal(readFileSync(join(home, 'salesforce.secret'), 'utf8'), 'suture-secret\n');
    assert.equal((await must(home, ['export'])).stdout.length > 0, true);
    assert.equal((await suture(home, ['audit', '--verify'])).code, 0, 'the chain goes on');
    assert.ok((await must(home, ['audit', '--json'])).json.some((row) => row.action === 'store.restored'));
  });
});

test('every file in the folder that a secret is read from comes back, wherever it lies; the others are named', async () => {
  await withHome(async ({ dir, at }) => {
    mkdirSync(join(dir, 'secrets', 'far'), { recursive: true });
    copyFileSync(join(dir, 'hint.token'), join(dir, 'secrets', 'far', 'hint.token'));
    copyFileSync(join(dir, 'salesforce.secret'), join(dir, '..', 'beside.secret'));
    writeFileSync(join(dir, 'console.secret'), 'of-the-provider', { mode: 0o600 });
    const said = readFileSync(join(dir, 'suture.yaml'), 'utf8').replace('"hint.token"', '"secrets/far/hint.token"').replace('"salesforce.secret"', '"../beside.secret"');
    const provider = { issuer: 'https://id.example', client_id: 'suture', client_secret: { file: 'console.secret' } };
    writeFileSync(join(dir, 'suture.yaml'), JSON.stringify({ ...JSON.parse(said), identity_provider: provider }));
    await must(dir, ['apply', join(dir, 'suture.yaml')]);

    const { json } = await must(dir, ['backup', at('b.db'), '--json', '--quiet']);
    assert.deepEqual(json.files.sort(), ['console.secret', 'secrets/far/hint.token', 'suture.yaml']);
    assert.deepEqual(json.not_included, [`${dir}/../beside.secret`]);
    mkdirSync(at('new'), { mode: 0o700 });
    copyFileSync(join(dir, 'suture.key'), join(at('new'), 'suture.key'));
    await must(at('new'), ['restore', at('b.db')]);
    for (const name of ['console.secret', 'secrets/far/hint.token']) {
      assert.equal(readFileSync(join(at('new'), name), 'utf8'), readFileSync(join(dir, name), 'utf8'));
      assert.equal(statSync(join(at('new'), name)).mode & 0o777, 0o600);
    }
    assert.equal(statSync(join(at('new'), 'secrets')).mode & 0o777, 0o700);
  });
});

test('--with-key: the file alone is enough, and says what that means', async () => {
  await withHome(async ({ dir, at }) => {
    const told = await must(dir, ['backup', at('b.db'), '--with-key', '--quiet']);
    assert.match(told.stdout, /can read every patient/);
    await must(at('new'), ['restore', at('b.db')]);
    assert.equal(readFileSync(join(at('new'), 'suture.key'), 'utf8'), readFileSync(join(dir, 'suture.key'), 'utf8'));
  });
});

test('a backup made while the key is being changed needs both keys, says so, and is not restored with one', async () => {
  await withHome(async ({ dir, at }) => {
    const keyFile = join(dir, 'suture.key');
    const [older, newer] = [readFileSync(keyFile, 'utf8').trim(), 'a1'.repeat(32)];
    writeFileSync(keyFile, `${newer}\nold ${older}\n`); // where `suture rekey` was killed: the configuration is sealed anew, the rest is not
    const { connections, integration, syncs } = JSON.parse(readFileSync(join(dir, 'suture.yaml'), 'utf8'));
    const again = (all, change) => Object.fromEntries(Object.entries(all).map(([name, one]) => [name, { ...one, ...change }]));
    writeFileSync(join(dir, 'suture.yaml'), JSON.stringify({ connections: again(connections, { window: 3 }), integration: { ...integration, default_account: 'Others' }, syncs: again(syncs, { turns_max: 7 }) }));
    await must(dir, ['apply', join(dir, 'suture.yaml')]);
    const { json } = await must(dir, ['backup', at('b.db'), '--json', '--quiet']);
    assert.equal(json.keys_needed, 2);

    mkdirSync(at('new'), { mode: 0o700 });
    writeFileSync(join(at('new'), 'suture.key'), newer, { mode: 0o600 });
    await fails(at('new'), ['restore', at('b.db')], 'key', /needs 2 keys/);
    assert.ok(!existsSync(join(at('new'), 'suture.db')));
    copyFileSync(keyFile, join(at('new'), 'suture.key'));
    await must(at('new'), ['restore', at('b.db')]);
    await must(at('new'), ['rekey']);
    assert.equal((await must(at('new'), ['backup', at('c.db'), '--json', '--quiet'])).json.keys_needed, 1);
  });
});

test('nothing is overwritten, nothing is replaced that does not fit', async () => {
  await withHome(async ({ dir, at }) => {
    await must(dir, ['backup', at('b.db'), '--quiet']);
    await fails(dir, ['backup', at('b.db')], 'conflict', /nothing is overwritten/);
    await fails(dir, ['backup', join(at('not-there'), 'b.db')], 'store', /./);
    await fails(dir, ['restore', at('b.db')], 'conflict', /--aside/);
    await fails(dir, ['restore'], 'usage', /name the backup/);
    await fails(dir, ['restore', at('nothing.db'), '--aside', at('old.db')], 'system', /No such file/);
    await fails(dir, ['restore', join(dir, 'suture.key'), '--aside', at('old.db')], 'bad_value', /not a backup/);
    writeFileSync(at('torn.db'), readFileSync(at('b.db')).subarray(0, 40_000));
    await fails(dir, ['restore', at('torn.db'), '--aside', at('old.db')], 'store', /damaged/);
    writeFileSync(at('empty.db'), '');
    await fails(dir, ['restore', at('empty.db'), '--aside', at('old.db')], 'bad_value', /not a backup/);
    writeFileSync(at('zeros.db'), Buffer.alloc(200_000));
    await fails(dir, ['restore', at('zeros.db'), '--aside', at('old.db')], 'bad_value', /not a backup/);
    await must(at('other'), ['init', at('other')]);
    await fails(at('other'), ['restore', at('b.db'), '--aside', at('old.db')], 'key', /not the one that sealed/);
    assert.ok(!existsSync(at('old.db')), 'nothing was put aside');
    assert.ok(!existsSync(join(dir, 'restore-unfinished.db')));
    assert.equal((await must(dir, ['links', '--json'])).json.length > 0, true, 'the store is what it was');
  });
});

test('while the daemon runs a backup is made and a restore is refused', async () => {
  await withHome(async ({ dir, at }) => {
    const daemon = await serve(dir, ['--no-stream']);
    try {
      await must(dir, ['backup', at('live.db'), '--quiet']);
      writeFileSync(join(dir, 'restore-unfinished.db'), "another restore's copy");
      await fails(dir, ['restore', at('live.db'), '--aside', at('old.db')], 'conflict', /daemon stopped/);
      assert.ok(existsSync(join(dir, 'restore-unfinished.db')), 'who may not restore deletes nothing');
      assert.equal((await daemon.get('/health')).status, 200);
    } finally {
      await daemon.stop();
    }
    assert.equal((await must(dir, ['restore', at('live.db'), '--aside', at('old.db'), '--json'])).json.put_aside, at('old.db'));
    assert.ok(existsSync(at('old.db')));
  });
});

test('a restore has the folder for itself: a command without a lease would go on with the database that was put aside', async () => {
  await withHome(async ({ dir, at }) => {
    await must(dir, ['backup', at('b.db'), '--quiet']);
    const command = spawn('flock', ['--shared', join(dir, 'key.lock'), 'sh', '-c', 'echo at work; cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = once(command, 'exit');
    try {
      await once(command.stdout, 'data');
      await fails(dir, ['restore', at('b.db'), '--aside', at('old.db')], 'conflict', /a command is at work/);
      assert.ok(!existsSync(at('old.db')), 'nothing was put aside');
    } finally {
      command.stdin.end();
      await ended;
    }
    await must(dir, ['restore', at('b.db'), '--aside', at('old.db')]);
  });
});

test('the log of a restore that was killed is not taken for the log of the next one', async () => {
  await withHome(async ({ dir, at }) => {
    await must(dir, ['backup', at('b.db'), '--quiet']);
    const daemon = await serve(dir, ['--no-stream']); // while it is there, what commands write stays in the log
    try {
      const [link] = (await must(dir, ['links', '--json'])).json;
      await must(dir, ['unlink', '--emr', link.emr_id, '--why', 'since the backup']);
      copyFileSync(join(dir, 'suture.db-wal'), join(dir, 'restore-unfinished.db-wal'));
    } finally {
      await daemon.stop();
    }
    assert.ok(statSync(join(dir, 'restore-unfinished.db-wal')).size > 0, 'the log holds something');
    await must(dir, ['restore', at('b.db'), '--aside', at('old.db'), '--json']);
    const why = (await must(dir, ['audit', '--json'])).json.map((row) => row.why);
    assert.ok(!why.includes('since the backup'), 'the store is that of the backup');
    assert.equal((await suture(dir, ['audit', '--verify'])).code, 0);
  });
});

test('the log of a backup that was killed is not taken for the log of the next one', async () => {
  await withHome(async ({ dir, at }) => {
    const daemon = await serve(dir, ['--no-stream']);
    try {
      const [link] = (await must(dir, ['links', '--json'])).json;
      await must(dir, ['unlink', '--emr', link.emr_id, '--why', 'of another time']);
      copyFileSync(join(dir, 'suture.db-wal'), at('b.db.unfinished-wal'));
    } finally {
      await daemon.stop();
    }
    const pairs = (await must(dir, ['links', '--json'])).json;
    await must(dir, ['import', '--quiet']);
    const { json } = await must(dir, ['backup', at('b.db'), '--json', '--quiet']);
    assert.deepEqual(readdirSync(at('.')), ['b.db'], 'nothing unfinished is left');
    copyFileSync(join(dir, 'suture.key'), (mkdirSync(at('new'), { mode: 0o700 }), join(at('new'), 'suture.key')));
    const runs = async (home) => (await must(home, ['runs', '--json'])).json.map((run) => run.kind);
    const before = await runs(dir);
    await must(at('new'), ['restore', at('b.db')]);
    assert.equal((await runs(at('new'))).length, before.length + 1, 'the runs of the backup, and the import that a restore asks for');
    assert.equal(json.links, pairs.filter((pair) => pair.state !== 'ended').length);
  });
});

// A store that an older program made (older.db.gz: schema 37, an import of the small world) is opened by this one and goes on where it was.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { admin, states, suture, writeCalls } from '../road/world.mjs';
import { must, world } from './world.mjs';

const PAIRS = 10;
const older = gunzipSync(readFileSync(new URL('older.db.gz', import.meta.url)));
const key = readFileSync(new URL('older.key', import.meta.url));

/** The older program's folder, anew. */
function put(dir) {
  writeFileSync(join(dir, 'suture.db'), older, { mode: 0o600 });
  writeFileSync(join(dir, 'suture.key'), key, { mode: 0o600 });
}

async function withFolder(use) {
  const dir = mkdtempSync(join(tmpdir(), 'suture-upgrade-'));
  try {
    put(dir);
    await use(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const writes = async (systems) => (await writeCalls(systems.hint)) + (await writeCalls(systems.salesforce));

test('pairs, payloads and audit trail of the older program are there, and nothing that it had settled is written again', async () => {
  await world(async ({ dir: today, systems }) => {
    await must(today, ['import', '--quiet']); /* the world as the older program left it */
    await must(today, ['drain', '--quiet']);
    await withFolder(async (dir) => {
      for (const name of ['hint.token', 'salesforce.secret', 'suture.yaml']) cpSync(join(today, name), join(dir, name));
      const links = (await must(dir, ['links', '--json'])).json.filter((link) => link.state === 'linked');
      const ids = ({ emr_id: emr, crm_id: crm }) => `${emr} ${crm}`;
      assert.deepEqual(links.map(ids).sort(), (await must(today, ['links', '--json'])).json.filter((link) => link.state === 'linked').map(ids).sort(), 'the seed makes the world of then (make.mjs)');
      assert.equal(links.length, PAIRS);
      assert.equal((await must(dir, ['audit', '--verify', '--json'])).code, 0);
      assert.equal((await must(dir, ['runs', '--json'])).json.length, 1);
      assert.ok((await must(dir, ['audit', '--json'])).json.some((row) => row.why === 'a line of the audit trail'));
      const [first] = (await must(dir, ['staged', '--json'])).json;
      assert.match((await must(dir, ['staged', '--id', String(first.payload ?? first.id), '--show'])).stdout, /"last_name"/);

      await must(dir, ['apply', join(dir, 'suture.yaml')]); /* the systems have other addresses today */
      const before = await writes(systems);
      await must(dir, ['import', '--quiet']);
      assert.equal(await writes(systems), before, 'nothing is written again');
      const [pair] = links;
      await admin(systems.hint, 'edit', { object: 'patient', id: pair.emr_id, fields: { email: 'after-upgrade@mail.example' } });
      await must(dir, ['import', '--quiet']);
      const { contacts } = await states(systems);
      assert.equal(contacts.find((contact) => contact.Id === pair.crm_id).Email, 'after-upgrade@mail.example');
    });
  });
});

test('an upgrade that is killed anywhere leaves the store as it was, and the next start does it', async () => {
  await withFolder(async (dir) => {
    let deaths = 0;
    for (let at = 1; ; at += 4) {
      put(dir);
      const { code } = await suture(dir, ['links', '--json'], { env: { SUTURE_STORE: `trace:${join(dir, 'suture.db')}?die_at=${at}&quiet=1` } });
      assert.equal((await must(dir, ['links', '--json'])).json.filter((link) => link.state === 'linked').length, PAIRS);
      if (code === 0) break;
      assert.equal(code, 86);
      deaths++;
    }
    assert.ok(deaths >= 3, `${deaths} deaths: the points of a schema step are at the beginning`);
  });
});

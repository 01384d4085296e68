// The first import over HTTP, undisturbed and disturbed: the end state is always the same.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { admin, importToTheEnd, interruptAtWork, must, paths, suture, withWorld, writeCalls } from './world.mjs';

test('R6 R7 R8 R12 R16 R18: the first import gives every patient the treatment that the truth says', async () => {
  await withWorld({ patients: 600 }, async ({ dir, wrong, world }) => {
    const first = await must(dir, ['import', '--json', '--quiet']);
    const expected = (treatment) => world.patients.filter((row) => row.treatment === treatment).length;
    for (const name of ['created', 'linked', 'skipped_ambiguous', 'skipped_linked']) assert.equal(first.json[name], expected(name), name);
    assert.equal(first.json.read, 600);
    assert.equal(first.json.failed, 0);
    await must(dir, ['drain', '--quiet']);
    assert.deepEqual(await wrong(), []);
  });
});

const sample = join(process.env.SUTURE_SHARED ?? join(paths.root, '../shared'), 'data/fhir/synthea-patients-1144.ndjson');

test('R3 R33: of 1,144 FHIR patients one is malformed; 1,143 flow, and retry brings the last one through', { skip: existsSync(sample) ? false : 'the sample data is not beside the repository' }, async () => {
  await withWorld({ sandbox: ['--data', sample] }, async ({ dir, systems, world, wrong }) => {
    const victim = world.patients.find((row) => row.treatment === 'created').id;
    await admin(systems.hint, 'malformed', { id: victim, kind: 'bad_date' });
    const first = await must(dir, ['import', '--json', '--quiet']);
    assert.equal(first.json.read, 1144);
    assert.equal(first.json.failed, 1);
    await admin(systems.hint, `malformed?id=${victim}`, undefined, 'DELETE');
    assert.equal((await must(dir, ['retry', '--run', String(first.json.run), '--json'])).json.through, 1);
    await must(dir, ['drain', '--quiet']);
    assert.deepEqual(await wrong(), []);
  });
});

test('R19 R26 R27: the same import again makes no write call at either system', async () => {
  await withWorld({}, async ({ dir, systems, wrong }) => {
    await importToTheEnd(dir);
    const count = async () => (await writeCalls(systems.hint)) + (await writeCalls(systems.salesforce));
    const before = await count();
    assert.ok(before > 0);
    for (let n = 0; n < 2; n++) {
      const again = await importToTheEnd(dir);
      assert.equal(again.json.updated + again.json.created + again.json.linked, 0);
    }
    assert.equal(await count(), before);
    assert.deepEqual(await wrong(), []);
  });
});

test('R5: 5 % of all calls fail in every way, and the end state is that of the undisturbed run', async () => {
  await withWorld({ patients: 500, extra: { practice: { backoff_ms: '20' }, org: { backoff_ms: '20' } } }, async ({ dir, systems, wrong }) => {
    const kinds = ['429', '500', '503', 'drop_before', 'drop_after_commit'];
    const rows = kinds.map((kind, n) => ({ match: '*', kind, rate: 0.01, seed: 100 + n }));
    await admin(systems.hint, 'faults', rows);
    await admin(systems.salesforce, 'faults', [...rows, { match: '*composite/sobjects*', kind: 'lock', rate: 0.2, seed: 3 }]);
    const result = await importToTheEnd(dir);
    assert.equal(result.json.failed, 0);
    await admin(systems.hint, 'faults', []);
    await admin(systems.salesforce, 'faults', []);
    await must(dir, ['drain', '--quiet']);
    assert.deepEqual(await wrong(), []);
  });
});

test('R5 R34: kill -9 at 20 moments of an import, and it goes on where it was', async () => {
  await withWorld({ patients: 800, sandbox: [] }, async ({ dir, systems, wrong }) => {
    await admin(systems.hint, 'faults', [{ match: '*', kind: 'latency', rate: 1, ms: 15 }]);
    await admin(systems.salesforce, 'faults', [{ match: '*', kind: 'latency', rate: 1, ms: 15 }]);
    let killed = 0;
    for (let n = 0; n < 20; n++) {
      const result = await suture(dir, ['import', '--json', '--quiet'], {
        kill: (child) => setTimeout(() => child.kill('SIGKILL'), 20 + n * 14),
      });
      if (result.signal === 'SIGKILL') killed++;
    }
    assert.ok(killed >= 8, `only ${killed} imports were alive when they were killed`);
    await admin(systems.hint, 'faults', []);
    await admin(systems.salesforce, 'faults', []);
    const last = await importToTheEnd(dir);
    assert.equal(last.json.failed, 0);
    assert.deepEqual(await wrong(), []);
  });
});

test('R34: Ctrl-C stops after the chunk in hand, says so, and the next call goes on', async () => {
  await withWorld({ patients: 800 }, async ({ dir, systems, wrong }) => {
    await admin(systems.salesforce, 'faults', [{ match: '*', kind: 'latency', rate: 1, ms: 300 }]);
    const stopped = await suture(dir, ['import', '--json', '--quiet'], { kill: interruptAtWork(dir) });
    await admin(systems.salesforce, 'faults', []);
    assert.equal(stopped.code, 130);
    assert.match(stopped.stderr, /again to go on/);
    const runs = await must(dir, ['runs', '--json']);
    assert.equal(runs.json[0].state, 'aborted');
    const rest = await importToTheEnd(dir);
    assert.equal(rest.json.run, runs.json[0].run);
    assert.equal(rest.json.read, 800);
    assert.deepEqual(await wrong(), []);
  });
});

test('R1 R3 R33: one malformed patient stays staged with its error, the others flow, retry brings it through once it is mended', async () => {
  for (const kind of ['bad_utf8', 'wrong_type', 'bad_date']) {
    await withWorld({ patients: 120 }, async ({ dir, systems, world, wrong }) => {
      const victim = world.patients.find((row) => row.treatment === 'created').id;
      await admin(systems.hint, 'malformed', { id: victim, kind });
      const first = await must(dir, ['import', '--json', '--quiet']);
      assert.equal(first.code, 3);
      assert.equal(first.json.failed, 1, kind);
      assert.equal(first.json.read, 120);
      const failed = (await must(dir, ['staged', '--failed', '--json'])).json;
      assert.equal(failed.length, 1);
      assert.equal(failed[0].record, victim, `${kind}: the record is known although it is broken`);
      await admin(systems.hint, `malformed?id=${victim}`, undefined, 'DELETE');
      const retried = await must(dir, ['retry', String(failed[0].id), '--json']);
      assert.deepEqual(retried.json, { tried: 1, through: 1, failed: 0 }, kind);
      await must(dir, ['drain', '--quiet']);
      assert.deepEqual(await wrong(), []);
      const report = (await must(dir, ['report', '--json'])).json;
      assert.equal(report.failed, 0);
      assert.equal(report.read, 120);
    });
  }
});

test('a dry run changes nothing anywhere, and says what the real one then does', async () => {
  await withWorld({ patients: 200 }, async ({ dir, systems, before }) => {
    const csv = join(dir, 'plan.csv');
    const dry = await must(dir, ['import', '--dry-run', '--csv', csv, '--json', '--quiet']);
    assert.equal(await writeCalls(systems.hint), 0);
    assert.equal(await writeCalls(systems.salesforce), 0);
    assert.deepEqual((await must(dir, ['runs', '--json'])).json, []);
    assert.equal(readdirSync(dir).filter((name) => name.startsWith('scratch')).length, 0, 'the scratch copy is deleted');
    const rows = readFileSync(csv, 'utf8').split('\r\n').length;
    assert.ok(rows > before.patients.length, 'every record has a row');
    const real = await must(dir, ['import', '--json', '--quiet']);
    for (const name of ['read', 'created', 'linked', 'skipped_ambiguous', 'skipped_linked', 'failed']) assert.equal(dry.json[name], real.json[name], name);
  });
});

test('--max-change refuses a run that would change more, and writes nothing', async () => {
  await withWorld({ patients: 60 }, async ({ dir, systems }) => {
    const refused = await suture(dir, ['import', '--max-change', '5%', '--json', '--quiet']);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /more than --max-change 5%/);
    assert.equal(await writeCalls(systems.salesforce), 0);
    assert.equal((await suture(dir, ['import', '--max-change', '100%', '--json', '--quiet'])).code, 0);
    assert.equal((await suture(dir, ['import', '--max-change', '0%', '--json', '--quiet'])).code, 0, 'a second run changes nothing');
  });
});

/* Several processes at once, as fast as their pace lets them. The busiest second as the far side counts it. */
async function busiestSecond() {
  return withWorld({ patients: 40, extra: { practice: { pace: '20' } } }, async ({ dir, systems }) => {
    await admin(systems.hint, 'counters/reset', {}); // what the set-up asked by itself
    await must(dir, ['import', '--json', '--quiet']);
    await Promise.all([must(dir, ['drain', '--quiet']), must(dir, ['check']), must(dir, ['check'])]);
    assert.equal(statSync(join(dir, 'pace-practice')).mode & 0o777, 0o600);
    const counters = await admin(systems.hint, 'counters');
    assert.ok(counters.total >= 40, `only ${counters.total} calls were made`);
    return counters.busiest_second;
  });
}

/*
 * The far side counts a call when it gets to it: on a machine that does not let it run for longer than is granted for the way (50 ms, http_pace.h), calls
 * that were sent in two seconds are counted in one. Such a measurement says nothing of the pace and is made again; whoever did not keep to it would be found
 * out each time. That the arithmetic is exact is tested without a clock in tests/unit/net/http_pace.c.
 */
test('the pace of a connection is never exceeded, whatever runs at once', async () => {
  const seen = [];
  while (seen.length < 20 && !(seen.at(-1) <= 20)) seen.push(await busiestSecond());
  assert.ok(seen.at(-1) <= 20, `busiest seconds: ${seen}`);
});

test('back-references can be switched off, and are counted as pending until they are drained', async () => {
  await withWorld({ patients: 50 }, async ({ dir, world }) => {
    const report = (await must(dir, ['import', '--json', '--quiet'])).json;
    // Who was skipped is owed the reason.
    assert.ok(report.back_references_pending > 0 && report.back_references_pending <= world.patients.length);
    await must(dir, ['drain', '--quiet']);
    assert.equal((await must(dir, ['report', '--json'])).json.back_references_pending, 0);
  });
  await withWorld({ patients: 50, extra: { patients: { back_reference: false } } }, async ({ dir, wrong }) => {
    const report = (await must(dir, ['import', '--json', '--quiet'])).json;
    assert.equal(report.back_references_pending, 0);
    assert.deepEqual(await wrong({ backReferences: false }), []);
  });
});

// A batch over the Salesforce ids of a file (R14, R35, R36), a delta on demand (R39), and both while the daemon has the sync.
import assert from 'node:assert/strict';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { withDaemon } from '../serve/daemon.mjs';
import { admin, interruptAtWork, must, states, suture, withWorld, writeCalls } from './world.mjs';

const create = async (systems, fields) => (await admin(systems.salesforce, 'create', { object: 'Contact', fields })).id;

/** Nobody is linked: the contacts of a sync that creates none are imported by a file. */
const withFile = (settings, use) =>
  withWorld({ patients: 60, extra: { patients: { create: false, ...settings } } }, async (w) => {
    const { patients, contacts } = await states(w.systems);
    const of = (treatment) => w.world.patients.filter((row) => row.treatment === treatment);
    const file = join(w.dir, 'ids.csv');
    const write = (text) => writeFileSync(file, text);
    const json = async (...args) => {
      const result = await suture(w.dir, [...args, '--json']);
      assert.ok(result.json, result.stderr);
      return { code: result.code, ...result.json };
    };
    return use({ ...w, patients, contacts, of, file, write, json });
  });

test('R14 R35 R36: ids in any spelling; the CRM wins; who is linked or ambiguous is skipped and listed; every other row is ignored', async () => {
  await withFile({}, async ({ dir, systems, of, file, write, json }) => {
    const fits = of('linked').slice(0, 3).map((row) => row.contacts[0]);
    const ambiguous = of('skipped_ambiguous').find((row) => row.contacts?.length > 1).contacts[0];
    const stranger = await create(systems, { FirstName: 'Nova', LastName: 'Sprout', Birthdate: '1984-02-29' });
    await admin(systems.salesforce, 'edit', { object: 'Contact', id: fits[0], fields: { MailingCity: 'Crmville' } });
    write(`\ufeff"Contact ID","Full Name"\r\n"${fits[0]}","x, y"\n${fits[1].slice(0, 15)},z\r\n${fits[2]}\n${fits[2]}\n${ambiguous}\n${stranger}\n\n"Confidential Information - Do Not Distribute"\r\n"Copyright (c) 2000-2026"\n`);
    const dry = await json('import', '--ids', file, '--dry-run', '--quiet');
    assert.deepEqual([dry.code, dry.read, dry.linked], [0, 5, 3], JSON.stringify(dry));
    assert.equal(await writeCalls(systems.hint), 0);
    const first = await json('import', '--csv', file, '--quiet');
    assert.deepEqual([first.code, first.kind, first.read, first.linked, first.skipped_ambiguous, first.skipped_no_match, first.failed], [0, 'csv', 5, 3, 1, 1, 0], JSON.stringify(first));
    assert.ok(first.rows_ignored >= 3);
    const after = await states(systems);
    const contact = after.contacts.find((row) => row.Id === fits[0]);
    assert.equal(after.patients.find((row) => row.id === contact.Hint_Patient_Id__c).address_city, 'Crmville');
    const again = await json('import', '--csv', file, '--quiet');
    assert.deepEqual([again.skipped_linked + again.unchanged, again.linked, again.created], [3, 0, 0], JSON.stringify(again));
    const report = (await suture(dir, ['report', String(first.run), '--csv'])).stdout;
    assert.ok(report.includes(`${ambiguous},skipped_ambiguous`), report);
    assert.ok(report.includes(`${contact.Hint_Patient_Id__c},${fits[0]},linked`), report);
    const listed = (await must(dir, ['report', String(first.run), '--outcome', 'skipped_ambiguous', '--json'])).json;
    assert.deepEqual(listed.map((row) => row.record), [ambiguous]);
  });
});

test('R14: with the option on, who fits nobody becomes a patient, once', async () => {
  await withFile({ create_in_emr: true }, async ({ systems, file, write, json }) => {
    const stranger = await create(systems, { FirstName: 'Nova', LastName: 'Sprout', Birthdate: '1984-02-29' });
    write(`${stranger}\n`);
    assert.equal((await json('import', '--csv', file, '--quiet')).created, 1);
    assert.equal((await json('import', '--csv', file, '--quiet')).created, 0);
    const { patients } = await states(systems);
    assert.equal(patients.filter((row) => row.last_name === 'Sprout').length, 1);
  });
});

test('R34: Ctrl-C stops after the chunk in hand; --resume goes on without the file', async () => {
  await withFile({ create_in_emr: true }, async ({ dir, systems, file, write, json }) => {
    const ids = [];
    for (let n = 0; n < 40; n++) ids.push(await create(systems, { FirstName: 'Nova', LastName: `Sprout${n}`, Birthdate: '1984-02-29' }));
    write(ids.join('\n'));
    await admin(systems.hint, 'faults', [{ match: '*', kind: 'latency', rate: 1, ms: 300 }]);
    const stopped = await suture(dir, ['import', '--csv', file, '--quiet', '--json'], { kill: interruptAtWork(dir) });
    assert.equal(stopped.code, 130, stopped.stderr);
    assert.match(stopped.stderr, /--resume/);
    await admin(systems.hint, 'faults', []);
    rmSync(file);
    assert.equal(existsSync(file), false);
    const rest = await json('import', '--resume', '--quiet');
    assert.deepEqual([rest.code, rest.read, rest.created], [0, 40, 40], JSON.stringify(rest));
    assert.equal((await states(systems)).patients.filter((row) => /^Sprout/.test(row.last_name)).length, 40);
    const nothing = await suture(dir, ['import', '--resume', '--json']);
    assert.deepEqual([nothing.code, nothing.json.error.code], [1, 'not_found']);
  });
});

test('wrong files and options are told', async () => {
  await withFile({}, async ({ dir, file, write }) => {
    assert.equal((await suture(dir, ['import', '--csv', join(dir, 'none.csv')])).code, 1);
    write('');
    assert.equal((await suture(dir, ['import', '--csv', file])).code, 2);
    assert.equal((await suture(dir, ['import', '--csv', file, '--ids', file])).code, 2);
    assert.equal((await suture(dir, ['import', '--resume', '--csv', file])).code, 2);
  });
});

test('R39: a delta on demand brings the changes of both sides', async () => {
  await withWorld({ patients: 40, extra: { patients: { delta_lag_s: 0 } } }, async ({ dir, systems, world }) => {
    await must(dir, ['import', '--quiet']);
    await must(dir, ['drain', '--quiet']);
    await must(dir, ['delta', '--quiet']);
    const id = world.patients.find((row) => row.treatment === 'created').id;
    await admin(systems.hint, 'edit', { object: 'patient', id, fields: { address_city: 'Emrton' } });
    await must(dir, ['delta', '--quiet', '--json']);
    const contact = (await states(systems)).contacts.find((row) => row.Hint_Patient_Id__c === id);
    assert.equal(contact.MailingCity, 'Emrton');
  });
});

test('while the daemon has the sync, it carries out imports, deltas, retries and wishes', async () => {
  await withDaemon({ patients: 60 }, async ({ dir, systems }) => {
    const json = async (...args) => {
      const result = await suture(dir, [...args, '--json']);
      assert.ok(result.json, result.stderr);
      return { code: result.code, ...result.json };
    };
    const full = await json('import', '--quiet');
    assert.deepEqual([full.code, full.kind, full.state], [0, 'import', 'done']);
    assert.equal((await json('drain', '--quiet')).drained, true);
    const made = await create(systems, { FirstName: 'Nova', LastName: 'Sprout', Birthdate: '1984-02-29' });
    const created = await json('create', '--crm', made);
    assert.deepEqual([created.code, created.outcome], [0, 'created'], JSON.stringify(created));
    assert.equal((await json('unlink', '--crm', made)).code, 0);
    const delta = await json('delta', '--quiet');
    assert.equal(delta.code, 0);
    const file = join(dir, 'ids.csv');
    writeFileSync(file, made);
    const csv = await json('import', '--csv', file, '--quiet');
    assert.deepEqual([csv.kind, csv.read], ['csv', 1], JSON.stringify(csv));
  });
});

test('R34: Ctrl-C stops the run that the daemon carries out, and the next call goes on with it', async () => {
  await withDaemon({ patients: 400 }, async ({ dir, systems }) => {
    await admin(systems.salesforce, 'faults', [{ match: '*', kind: 'latency', rate: 1, ms: 300 }]);
    const stopped = await suture(dir, ['import', '--quiet', '--json'], { kill: interruptAtWork(dir) });
    assert.deepEqual([stopped.code, stopped.json.error.code], [130, 'aborted'], stopped.stderr);
    // The daemon may have asked for changes by itself meanwhile, which is a run as well.
    const cut = (await must(dir, ['runs', '--json'])).json.find(({ kind }) => kind === 'import');
    assert.equal(cut.state, 'aborted');
    await admin(systems.salesforce, 'faults', []);
    const rest = await must(dir, ['import', '--quiet', '--json']);
    assert.deepEqual([rest.json.run, rest.json.read, rest.json.state], [cut.run, 400, 'done']);
  });
});

// R22 with `review`: both sides changed one field, a person decides.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admin, must, states, suture, withWorld, writeCalls } from './world.mjs';

/** A world with one patient whose city both sides changed; the policy of the field is `winner`. */
const withConflict = (winner, use) =>
  withWorld({ patients: 40, extra: { patients: { policy: { City: { winner } } } } }, async ({ dir, systems, world }) => {
    await must(dir, ['import', '--quiet']);
    await must(dir, ['drain', '--quiet']);
    const id = world.patients.find((row) => row.treatment === 'created').id;
    const contact = (await states(systems)).contacts.find((row) => row.Hint_Patient_Id__c === id).Id;
    const edit = {
      emr: (city) => admin(systems.hint, 'edit', { object: 'patient', id, fields: { address_city: city } }),
      crm: (city) => admin(systems.salesforce, 'edit', { object: 'Contact', id: contact, fields: { MailingCity: city } }),
    };
    const now = async () => {
      const { contacts, patients } = await states(systems);
      return [patients.find((row) => row.id === id).address_city, contacts.find((row) => row.Id === contact).MailingCity];
    };
    const sync = () => must(dir, ['sync-now', '--emr', id]);
    const list = async (...more) => (await must(dir, ['conflicts', '--json', ...more])).json;
    const writes = async () => (await writeCalls(systems.hint)) + (await writeCalls(systems.salesforce));
    const before = (await now())[0];
    await edit.emr('Emrton');
    await edit.crm('Crmville');
    await sync();
    return use({ dir, id, contact, edit, now, sync, list, writes, before });
  });

const resolve = async (dir, ...args) => {
  const result = await suture(dir, ['resolve', ...args, '--json']);
  return { code: result.code, ...result.json };
};

test('R22 R25: what waits for a person is written once he decided, with who, when and why', async () => {
  await withConflict('review', async ({ dir, now, sync, list, before, writes }) => {
    assert.deepEqual(await now(), ['Emrton', 'Crmville']);
    const [waiting] = await list('--waiting');
    assert.deepEqual([waiting.field, waiting.winner, waiting.waiting], ['City', 'review', 'yes']);
    await sync();
    assert.deepEqual((await list('--waiting')).map((row) => row.id), [waiting.id], 'the same question keeps its number');
    const shown = await list('--id', String(waiting.id));
    assert.deepEqual([shown.base, shown.emr, shown.crm], [before, 'Emrton', 'Crmville']);
    assert.ok(!JSON.stringify(await list()).includes('Emrton'), 'a list shows no values');
    assert.equal((await suture(dir, ['resolve', String(waiting.id), 'crm'])).code, 2, 'without a reason');
    const done = await resolve(dir, String(waiting.id), 'crm', '--why', 'she told us');
    assert.deepEqual([done.code, done.carried_out], [0, 1], JSON.stringify(done));
    assert.deepEqual(await now(), ['Crmville', 'Crmville']);
    const [after] = await list();
    assert.deepEqual([after.id, after.winner, after.waiting, after.why], [waiting.id, 'crm', 'no', 'she told us']);
    assert.match(after.decided_by, /^cli:/);
    assert.ok(after.decided);
    const audit = (await must(dir, ['audit', '--json', '--limit', '1000'])).json;
    assert.ok(audit.some((row) => row.action === 'decide' && row.after === 'crm' && row.why === 'she told us'));
    assert.ok(audit.some((row) => row.action === 'look' && row.subject === `conflict ${waiting.id}`));
    const calls = await writes();
    await sync();
    assert.equal(await writes(), calls, 'R27');
    assert.deepEqual(await list('--waiting'), []);
  });
});

test('R22: the EMR can win, a value typed by a person goes to both sides, --all decides everything that waits', async () => {
  for (const [args, wanted] of [
    [['emr'], 'Emrton'],
    [['value', 'Thirdham'], 'Thirdham'],
  ]) {
    await withConflict('review', async ({ dir, now, list }) => {
      const [{ id }] = await list('--waiting');
      assert.equal((await resolve(dir, String(id), ...args, '--why', 'x')).code, 0);
      assert.deepEqual(await now(), [wanted, wanted]);
    });
  }
  await withConflict('review', async ({ dir, now }) => {
    const all = await resolve(dir, '--all', 'emr', '--why', 'x');
    assert.deepEqual([all.code, all.decided, all.carried_out], [0, 1, 1]);
    assert.deepEqual(await now(), ['Emrton', 'Emrton']);
    assert.equal((await resolve(dir, '--all', 'emr', '--why', 'x')).decided, 0);
  });
});

test('R28: a value that was changed after the person saw the conflict is not overwritten', async () => {
  await withConflict('review', async ({ dir, now, edit, list }) => {
    const [{ id }] = await list('--waiting');
    await edit.crm('Newtown');
    const first = await resolve(dir, String(id), 'emr', '--why', 'x');
    assert.deepEqual([first.code, first.changed_meanwhile], [3, 1]);
    assert.deepEqual(await now(), ['Emrton', 'Newtown']);
    const [again] = await list('--waiting');
    assert.equal(again.id, id);
    assert.equal((await list('--id', String(id))).crm, 'Newtown');
    assert.equal((await resolve(dir, String(id), 'emr', '--why', 'x')).code, 0);
    assert.deepEqual(await now(), ['Emrton', 'Emrton']);
  });
});

test('R22: what the policy decided can be overruled with the value of then', async () => {
  await withConflict('emr', async ({ dir, now, list }) => {
    assert.deepEqual(await now(), ['Emrton', 'Emrton']);
    const [{ id, winner, waiting }] = await list();
    assert.deepEqual([winner, waiting], ['emr', 'no']);
    assert.equal((await resolve(dir, String(id), 'crm', '--why', 'the EMR was wrong')).code, 0);
    assert.deepEqual(await now(), ['Crmville', 'Crmville']);
    assert.equal((await list())[0].winner, 'crm');
  });
});

test('R29: a conflict of a pair that was unlinked is nobody’s any more', async () => {
  await withConflict('review', async ({ dir, id, list, now }) => {
    const [{ id: conflict }] = await list('--waiting');
    await must(dir, ['unlink', '--emr', id]);
    assert.deepEqual(await list('--waiting'), []);
    const late = await suture(dir, ['resolve', String(conflict), 'emr', '--why', 'x', '--json']);
    assert.deepEqual([late.code, late.json.error.code], [1, 'not_found']);
    assert.deepEqual(await now(), ['Emrton', 'Crmville']);
  });
});

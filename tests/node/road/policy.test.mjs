// R25: the policy is data: one page, versions, who, when, before, after, why.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admin, must, states, suture, withWorld } from './world.mjs';

test('R22 R23 R25: a policy that was changed counts from the next change on, and its history says who and why', async () => {
  await withWorld({ patients: 40 }, async ({ dir, systems, world }) => {
    const json = async (...args) => (await must(dir, [...args, '--json'])).json;
    await must(dir, ['import', '--quiet']);
    await must(dir, ['drain', '--quiet']);
    const id = world.patients.find((row) => row.treatment === 'created').id;
    const contact = (await states(systems)).contacts.find((row) => row.Hint_Patient_Id__c === id).Id;
    const both = async (emr, crm) => {
      await admin(systems.hint, 'edit', { object: 'patient', id, fields: { address_city: emr } });
      await admin(systems.salesforce, 'edit', { object: 'Contact', id: contact, fields: { MailingCity: crm } });
      await must(dir, ['sync-now', '--emr', id]);
      const now = await states(systems);
      return [now.patients.find((row) => row.id === id).address_city, now.contacts.find((row) => row.Id === contact).MailingCity];
    };
    const city = async () => (await json('policy')).find((row) => row.field === 'City');
    assert.deepEqual([(await city()).winner, (await city()).blank], ['emr', 'keep']);
    assert.deepEqual(await json('policy', 'history'), []);
    assert.deepEqual(await both('Emrton', 'Crmville'), ['Emrton', 'Emrton']);

    assert.equal((await suture(dir, ['policy', 'set', 'City', 'crm'])).code, 2, 'without a reason');
    assert.equal((await suture(dir, ['policy', 'set', 'City', 'nobody', '--why', 'x'])).code, 1);
    assert.match((await suture(dir, ['policy', 'set', 'Shoe size', 'crm', '--why', 'x'])).stderr, /no field 'Shoe size'/);
    await must(dir, ['policy', 'set', 'MailingCity', 'crm', '--why', 'the desk knows']);
    assert.equal((await city()).winner, 'crm');
    assert.deepEqual(await both('Emrtown', 'Crmtown'), ['Crmtown', 'Crmtown']);
    await must(dir, ['policy', 'set', 'City', 'review', '--blank', 'clear', '--why', 'not sure any more', 'patients'].flat());
    assert.deepEqual(await both('Emrford', 'Crmford'), ['Emrford', 'Crmford']);

    const history = await json('policy', 'history');
    assert.deepEqual(
      history.map((row) => [row.field, row.before, row.after, row.why]),
      [
        ['City', 'winner emr, blank keep', 'winner crm, blank keep', 'the desk knows'],
        ['City', 'winner crm, blank keep', 'winner review, blank clear', 'not sure any more'],
      ],
    );
    assert.ok(history.every((row) => /^cli:/.test(row.who) && row.at));
    assert.ok((await json('audit', '--limit', '100')).some((row) => row.action === 'configure' && row.why === 'the desk knows'));
    assert.equal((await must(dir, ['audit', '--verify', '--json'])).json.intact, true);
    const conflicts = await json('conflicts');
    assert.deepEqual(
      conflicts.map((row) => row.policy_version),
      [1, 2, 3],
    );
    assert.match((await suture(dir, ['export'])).stdout, /winner: review/);
  });
});

// An EMR that nobody has, described by a file in the Suture's folder: synced both ways without a line of C.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { changes, org, withWorld } from './world.mjs';

const descriptor = readFileSync(new URL('../../unit/connectors/invented.yaml', import.meta.url), 'utf8').replace('name: invented', 'name: our-own').replace('size: 2', 'size: 25');
const configure = (urls, person) => ({
  connections: { house: { kind: 'our-own', url: urls.invented, key: 'invented-key', pace: '0' }, org: org(urls) },
  integration: { name: 'house-org', emr: 'house', crm: 'org' },
  syncs: {
    people: {
      emr_object: 'person', crm_object: 'Account', create: true, crm_id_field: 'Person_Key__c', crm_where: 'IsPersonAccount = true', crm_create: { RecordTypeId: person },
      trigger: [{ field: 'PersonEmail', not_blank: true }], trigger_creates: true, delta_lag_s: 0, on_emr_delete: 'delete',
      mapping: {
        fields: [
          { name: 'First name', emr: 'given', crm: 'FirstName', type: 'name', role: 'first_name' },
          { name: 'Last name', emr: 'surname', crm: 'LastName', type: 'name', role: 'last_name' },
          { name: 'Birth date', emr: 'born', crm: 'Date_of_Birth__c', type: 'date', role: 'birth_date' },
          { name: 'E-mail', emr: 'mail', crm: 'PersonEmail', type: 'email' },
          { name: 'Mobile', emr: 'mobile', crm: 'PersonMobilePhone', type: 'phone' },
          { name: 'Town', emr: 'home.town', crm: 'BillingCity', winner: 'newest', blank: 'clear' },
        ],
      },
    },
  },
});
const sandbox = ['--invented-port', '0', '--patients', '60', '--seed', '4', '--person-accounts'];
const living = (rows) => rows.filter((row) => row.state === 'live');

test('R6 R7 R12 R20 R21 R26 R27: an EMR of a user\'s own file, both directions', async () => {
  await withWorld({ sandbox, configure, descriptor }, async (w) => {
    const account = async (key) => (await w.of('Account')).find((row) => row.Person_Key__c === key);
    const person = async (key) => (await w.patients()).find((row) => row.key === key);
    assert.deepEqual((await w.run('check')).json.filter((row) => row.level === 'error'), []);
    const first = (await w.run('import')).json;
    assert.equal(first.failed, 0);
    assert.equal(first.created, living(await w.patients()).length);
    await w.run('drain');
    await w.run('delta');
    const [one, two, three] = living(await w.patients());
    assert.equal((await person(one.key)).foreign_ref, (await account(one.key)).Id, 'R18: our id stands there');

    await w.edit(one.key, { home: { town: 'Macon' } });
    await w.run('delta');
    assert.equal((await account(one.key)).BillingCity, 'Macon');
    await w.editThere('Account', (await account(one.key)).Id, { BillingCity: 'Tybee', PersonMobilePhone: '912 555 0123' });
    await w.run('delta');
    const changed = await person(one.key);
    assert.equal(changed.home.town, 'Tybee');
    assert.deepEqual({ ...changed, home: { ...changed.home, town: one.home.town }, mobile: one.mobile, rev: one.rev, changed: one.changed }, one, 'nothing else changed');

    await w.edit(two.key, { home: { town: null } });
    await w.run('delta');
    assert.equal((await account(two.key)).BillingCity, null, 'R23: clear');

    const { id } = await w.createThere('Account', { RecordTypeId: w.person, FirstName: 'Nova', LastName: 'Quill', Date_of_Birth__c: '1991-07-30', PersonEmail: 'nova@quill.example' });
    await w.run('delta');
    const made = (await w.patients()).find((row) => row.surname === 'Quill');
    assert.deepEqual([made.born, made.mail, made.foreign_ref], ['1991-07-30', 'nova@quill.example', id]);
    assert.equal((await account(made.key)).Id, id);

    const gone = (await account(three.key)).Id;
    await w.remove('person', three.key);
    await w.run('delta');
    assert.equal((await w.of('Account')).some((row) => row.Id === gone && !row.IsDeleted), false, 'R31: delete, as the sync says');

    await w.run('drain');
    await w.writes();
    for (const how of ['delta', 'import', 'delta']) {
      const again = (await w.run(how)).json;
      assert.equal(changes(again), 0, `${how}: ${JSON.stringify(again)}`);
    }
    assert.equal(await w.writes(), 0);
  });
});

// A user's descriptor alone brings an EMR in that no line of the program knows.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { admin, must, paths, writeCalls } from '../../../demo/systems.mjs';
import { startSystems } from '../niko/company.mjs';

const configuration = (urls) => ({
  connections: {
    house: { kind: 'invented', url: urls.invented, key: 'invented-key', pace: '0' },
    org: { kind: 'salesforce', login_url: urls.salesforce, auth: 'client_credentials', client_id: 'suture-client', client_secret: { file: 'salesforce.secret' } },
  },
  integration: { name: 'house-org', emr: 'house', crm: 'org', default_account: 'Hint Patients' },
  syncs: {
    people: {
      emr_object: 'person',
      crm_object: 'Contact',
      create: true,
      back_reference: false,
      crm_id_field: 'Hint_Patient_Id__c',
      crm_parent_field: 'AccountId',
      mapping: {
        fields: [
          { name: 'First name', emr: 'given', crm: 'FirstName', type: 'name', role: 'first_name' },
          { name: 'Last name', emr: 'surname', crm: 'LastName', type: 'name', role: 'last_name' },
          { name: 'Birth date', emr: 'born', crm: 'Birthdate', type: 'date', role: 'birth_date' },
          { name: 'E-mail', emr: 'mail', crm: 'Email', type: 'email' },
          { name: 'City', emr: 'home.town', crm: 'MailingCity' },
        ],
      },
    },
  },
});

test('import through a descriptor: everybody has a contact, a second import writes nothing', async () => {
  const systems = await startSystems('--salesforce-port', '0', '--invented-port', '0', '--patients', '40', '--pace', '-1');
  const home = mkdtempSync(join(tmpdir(), 'suture-'));
  const dir = join(home, 'suture');
  try {
    await must(dir, ['init', dir]);
    mkdirSync(join(dir, 'descriptors'), { recursive: true });
    copyFileSync(join(paths.root, 'tests/unit/connectors/invented.yaml'), join(dir, 'descriptors/invented.yaml'));
    writeFileSync(join(dir, 'salesforce.secret'), 'suture-secret\n', { mode: 0o600 });
    writeFileSync(join(dir, 'suture.yaml'), JSON.stringify(configuration(systems.urls)));
    await must(dir, ['apply', join(dir, 'suture.yaml')]);
    await must(dir, ['check']);
    await must(dir, ['import', '--quiet']);
    const { people } = await admin(systems.urls.invented, 'state');
    const contacts = (await admin(systems.urls.salesforce, 'state')).Contact.filter((contact) => !contact.IsDeleted);
    const byKey = new Map(contacts.map((contact) => [contact.Hint_Patient_Id__c, contact]));
    const missing = people.filter((person) => !byKey.has(person.key));
    assert.ok(missing.length <= 4, `${missing.length} of 40 have no contact`);
    for (const person of people.filter((one) => byKey.has(one.key) && one.born)) assert.equal(byKey.get(person.key).Birthdate, person.born);
    await must(dir, ['drain', '--quiet']);
    await admin(systems.urls.salesforce, 'counters/reset', {});
    await admin(systems.urls.invented, 'counters/reset', {});
    await must(dir, ['import', '--quiet']);
    assert.deepEqual([await writeCalls(systems.urls.invented), await writeCalls(systems.urls.salesforce)], [0, 0]);
  } finally {
    await systems.stop();
    rmSync(home, { recursive: true, force: true });
  }
});

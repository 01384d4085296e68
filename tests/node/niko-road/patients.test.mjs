// NikoHealth and Salesforce through the suture program: short rows, no timestamps, a PUT that replaces, answers that are respelt.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changes, company, org, suture, withWorld } from './world.mjs';

const niko = ['--nikohealth-port', '0', '--seed', '5'];
const joined = (urls, sync) => ({
  connections: { niko: company(urls), org: org(urls) },
  integration: { name: 'niko-org', emr: 'niko', crm: 'org' },
  syncs: { patients: { emr_object: 'patient', crm_object: 'Account', create: true, crm_id_field: 'Niko_Patient_Id__c', delta_lag_s: 0, ...sync } },
});
const persons = (urls, person) =>
  joined(urls, { mapping: 'nikohealth-account', crm_where: 'IsPersonAccount = true', crm_create: { RecordTypeId: person } });
const businesses = (urls) => joined(urls, { mapping: 'nikohealth-business-account' });

const active = async (w) => (await w.patients()).filter((row) => row.Status.Status !== 'Inactive');
const accountOf = async (w, patient) => (await w.of('Account')).find((row) => row.Niko_Patient_Id__c === patient.Id);
/** Everything of a patient but what these dotted names stand for. */
function without(patient, ...names) {
  const copy = structuredClone(patient);
  for (const name of names) {
    const steps = name.split('.');
    const last = steps.pop();
    delete steps.reduce((at, step) => at[step], copy)[last];
  }
  return copy;
}
async function nothingIsWritten(w, how) {
  await w.writes();
  const again = (await w.run(how)).json;
  assert.equal(changes(again), 0, `${how}: ${JSON.stringify(again)}`);
  assert.equal(await w.writes(), 0, `${how} wrote`);
}

test('Person Accounts: check is content, every patient becomes a person, and the same again writes nothing (R12, R16, R18, R27)', async () => {
  await withWorld({ sandbox: [...niko, '--patients', '40', '--person-accounts'], configure: persons }, async (w) => {
    assert.deepEqual((await w.run('check')).json.filter((row) => row.level === 'error'), []);
    const first = (await w.run('import')).json;
    const there = (await w.of('Account')).filter((row) => row.Niko_Patient_Id__c);
    assert.equal(first.created, (await active(w)).length);
    assert.equal(first.created, there.length);
    assert.ok(there.every((row) => row.IsPersonAccount && row.RecordTypeId === w.person));
    for (const patient of await active(w)) {
      const account = await accountOf(w, patient);
      assert.equal(account.LastName, patient.General.Name.LastName);
      assert.equal(account.Date_of_Birth__c, patient.General.DateOfBirth);
      assert.equal(account.PersonEmail ?? undefined, patient.Contacts.Contacts.find((row) => row.Type === 'Email')?.Value);
    }
    await nothingIsWritten(w, 'import');
    await nothingIsWritten(w, 'delta');
  });
});

test('R12: a record type is named as it is in every org; one that is not there is told by check', async () => {
  const named = (DeveloperName) => (urls) => joined(urls, { mapping: 'nikohealth-account', crm_where: 'IsPersonAccount = true', crm_create: { RecordType: { DeveloperName } } });
  await withWorld({ sandbox: [...niko, '--patients', '6', '--person-accounts'], configure: named('Human') }, async (w) => {
    const findings = JSON.parse((await suture(w.dir, ['check', '--json'])).stdout);
    assert.ok(findings.some((row) => row.level === 'error' && row.text.includes('no record type Human')), JSON.stringify(findings));
    await w.apply(named('PersonAccount')(w.urls));
    assert.deepEqual((await w.run('check')).json.filter((row) => row.level === 'error'), []);
    const { created } = (await w.run('import')).json;
    const there = (await w.of('Account')).filter((row) => row.Niko_Patient_Id__c);
    assert.ok(created > 0 && there.length === created);
    assert.ok(there.every((row) => row.IsPersonAccount && row.RecordTypeId === w.person));
  });
});

test('an edit in NikoHealth is found without timestamps and goes to the person (R20, R39)', async () => {
  await withWorld({ sandbox: [...niko, '--patients', '20', '--person-accounts'], configure: persons }, async (w) => {
    await w.run('import');
    await w.run('delta');
    await new Promise((done) => setTimeout(done, 2200)); // the org stamps whole seconds: what the import wrote last is read by a later delta
    await w.run('delta');
    const [one, two] = await active(w);
    await w.edit(one.Id, { 'Addresses.Patient.City': 'Macon' });
    const found = (await w.run('delta')).json;
    assert.deepEqual([found.read, found.updated], [1, 1]);
    assert.equal((await accountOf(w, one)).BillingCity, 'Macon');
    await w.edit(two.Id, { 'Status.Status': 'Inactive', 'Status.InactiveStatus': 'Moved', 'Status.DcDate': '2026-01-05' });
    await w.run('delta');
    const links = (await w.run('links')).json;
    assert.equal(links.filter((row) => row.emr_id === two.Id && row.state === 'linked').length, 0, 'R31: an archived patient is unlinked');
    await nothingIsWritten(w, 'delta');
  });
});

test('R26 R27: an edit in the CRM is a PUT that keeps everything else; what NikoHealth makes of it is learnt, and the second round writes nothing', async () => {
  await withWorld({ sandbox: [...niko, '--patients', '20', '--person-accounts'], configure: persons }, async (w) => {
    await w.run('import');
    const before = (await active(w)).find((row) => row.Contacts.Contacts.some((contact) => contact.Type === 'Home') && row.EmergencyContact && row.Tags.length) ?? (await active(w))[0];
    await w.edit(before.Id, { 'General.NickName': 'Spike', 'General.Weight': 180, MedicalReleaseInfo: [{ Name: { FirstName: 'Al', LastName: 'Bo', MiddleName: null }, RelationType: 'Spouse', Email: null, Phone: '9125550144' }] });
    await w.run('delta');
    const kept = await w.patient(before.Id);
    const account = await accountOf(w, kept);
    await w.editThere('Account', account.Id, { PersonMobilePhone: '(912) 555-0177', BillingState: 'Georgia', BillingPostalCode: '31401-1234', BillingCity: 'Savannah' });
    const result = (await w.run('delta')).json;
    assert.equal(result.failed, 0);
    const after = await w.patient(before.Id);
    assert.equal(after.Contacts.Contacts.find((row) => row.Type === 'Mobile').Value, '9125550177');
    assert.deepEqual([after.Addresses.Patient.City, after.Addresses.Patient.State, after.Addresses.Patient.Zip], ['Savannah', 'GA', '31401']);
    const mapped = ['Addresses.Patient', 'Contacts.Contacts'];
    assert.deepEqual(without(after, ...mapped), without(kept, ...mapped), 'a PUT must not lose what is not mapped');
    const others = (row) => row.Contacts.Contacts.filter((contact) => contact.Type !== 'Mobile');
    assert.deepEqual(others(after), others(kept));
    assert.equal((await accountOf(w, kept)).BillingState, 'Georgia', 'the org keeps its own spelling');
    await nothingIsWritten(w, 'delta');
    await nothingIsWritten(w, 'import');
    await nothingIsWritten(w, 'delta');
  });
});

test('R15: a person account that starts by its condition becomes a patient at the configured location', async () => {
  const configure = (urls, person) => {
    const all = persons(urls, person);
    all.connections.niko.location = '12';
    Object.assign(all.syncs.patients, { trigger: [{ field: 'RecordTypeId', equals: person.slice(0, 15) }, { field: 'Date_of_Birth__c', not_blank: true }], trigger_creates: true });
    all.syncs.patients.mapping = {
      fields: [
        { name: 'First name', emr: 'General.Name.FirstName', crm: 'FirstName', type: 'name', role: 'first_name' },
        { name: 'Last name', emr: 'General.Name.LastName', crm: 'LastName', type: 'name', role: 'last_name' },
        { name: 'Birth date', emr: 'General.DateOfBirth', crm: 'Date_of_Birth__c', type: 'date', role: 'birth_date' },
        { name: 'Gender', emr: 'General.Gender', crm: 'Gender__pc', type: 'choice' },
      ],
    };
    return all;
  };
  await withWorld({ sandbox: [...niko, '--patients', '3', '--person-accounts'], configure }, async (w) => {
    await w.run('import');
    await w.run('delta');
    const count = (await w.patients()).length;
    const start = { RecordTypeId: w.person, FirstName: 'Nova', LastName: 'Quill', Gender__pc: 'Female' };
    const { id } = await w.createThere('Account', start);
    await w.run('delta');
    assert.equal((await w.patients()).length, count, 'no birth date: it does not start');
    await w.editThere('Account', id, { Date_of_Birth__c: '1991-07-30' });
    await w.run('delta');
    const made = (await w.patients()).find((row) => row.General.Name.LastName === 'Quill');
    assert.deepEqual([made.General.DateOfBirth, made.General.Gender, made.Location.Id], ['1991-07-30', 'Female', '12']);
    assert.equal((await accountOf(w, made)).Id, id);
    await nothingIsWritten(w, 'import');
    await nothingIsWritten(w, 'delta');
  });
});

test('business Accounts: the name is made of both names and follows them (R16)', async () => {
  await withWorld({ sandbox: [...niko, '--patients', '20'], configure: businesses }, async (w) => {
    assert.deepEqual((await w.run('check')).json.filter((row) => row.level === 'error'), []);
    await w.run('import');
    const [one] = await active(w);
    const name = (row) => `${row.General.Name.FirstName} ${row.General.Name.LastName}`;
    assert.equal((await accountOf(w, one)).Name, name(one));
    await w.edit(one.Id, { 'General.Name.LastName': 'Ashgrove' });
    await w.run('delta');
    assert.equal((await accountOf(w, one)).Name, `${one.General.Name.FirstName} Ashgrove`);
    await w.editThere('Account', (await accountOf(w, one)).Id, { Last_Name__c: 'Birchfield', Name: 'Something Else' });
    await w.run('delta');
    assert.equal((await w.patient(one.Id)).General.Name.LastName, 'Birchfield');
    await w.run('delta');
    assert.equal((await accountOf(w, one)).Name, `${one.General.Name.FirstName} Birchfield`);
    await nothingIsWritten(w, 'delta');
    await nothingIsWritten(w, 'import');
  });
});

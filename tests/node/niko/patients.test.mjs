// API notes 4 and 5 (endpoints, patient), 8 (exchanges), 12 (PUT replaces), 13 (errors), 15 rows 5 to 8, 12 and 13.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { body, startCompany, whole } from './company.mjs';

let company;
before(async () => {
  company = await startCompany();
});
after(() => company.stop());

const get = async (id) => (await company.api('GET', `/patients/${id}`)).json;
const fields = (answer) => answer.json.Errors.map((error) => error.Field);
/** Runs `use` under other settings and puts them back. */
async function under(settings, use) {
  const old = (await company.admin('GET', 'settings')).json;
  await company.set(settings);
  try {
    return await use();
  } finally {
    await company.set(Object.fromEntries(Object.keys(settings).map((name) => [name, old[name]])));
  }
}

test('5.1: the full model has every member of the notes, no timestamp, no external id', async () => {
  const patient = await company.create();
  assert.deepEqual(Object.keys(patient), [
    ...['Id', 'DisplayId', 'General', 'Status', 'Addresses', 'Contacts', 'SignatureOnFile', 'EmergencyContact', 'EmployerContact'],
    ...['ResponsibleContact', 'MedicalReleaseInfo', 'Location', 'FacilityLocation', 'Tags', 'TaxExemption'],
  ]);
  assert.deepEqual(Object.keys(patient.General), ['Name', 'DateOfBirth', 'Gender', 'Prefix', 'Weight', 'Height', 'Ssn', 'NickName', 'MaritalStatus']);
  assert.deepEqual(Object.keys(patient.Addresses.Patient), ['AddressLine', 'AddressLine2', 'City', 'State', 'Zip']);
  assert.match(patient.Id, /^1\d{7}$/);
  assert.equal(Number(patient.DisplayId), Number(patient.Id) - 10000000);
  assert.deepEqual(patient.Location, { Id: '12', Name: 'Savannah Main', Npi: '1093817465' });
  assert.equal(patient.Status.Status, 'Active', '5.4: assumed for patients that the API makes');
  assert.doesNotMatch(JSON.stringify(patient), /Created|Modified|Updated|Version|External/);
});

test('5.1, 15.5: names, birth date, gender and an existing location are required', async () => {
  const cases = [
    [{ LocationId: undefined }, 'LocationId'],
    [{ LocationId: null }, 'LocationId'],
    [{ LocationId: '99' }, 'LocationId'],
    [{ General: { Name: { FirstName: ' ', LastName: 'B' }, DateOfBirth: '1958-09-04', Gender: 'Male' } }, 'General.Name.FirstName'],
    [{ General: { Name: { FirstName: 'A' }, DateOfBirth: '1958-09-04', Gender: 'Male' } }, 'General.Name.LastName'],
    [{ General: { Name: { FirstName: 'A', LastName: 'B' }, Gender: 'Male' } }, 'General.DateOfBirth'],
    [{ General: { Name: { FirstName: 'A', LastName: 'B' }, DateOfBirth: '1958-09-04' } }, 'General.Gender'],
  ];
  const before = (await company.api('GET', '/patients')).json.Count;
  for (const [changes, field] of cases) {
    const answer = await company.api('POST', '/patients', body(changes));
    assert.equal(answer.status, 400);
    assert.equal(answer.json.Message, 'Validation failed');
    assert.deepEqual(fields(answer), [field]);
  }
  assert.equal((await company.api('GET', '/patients')).json.Count, before);
  assert.equal((await company.api('POST', '/patients', '{"General":')).status, 400);
});

test('3, 5.1: wrong types and unknown words are refused, by their path', async () => {
  const general = (more) => ({ General: { Name: { FirstName: 'A', LastName: 'B' }, DateOfBirth: '1958-09-04', Gender: 'Male', ...more } });
  const cases = [
    [general({ DateOfBirth: '1958-02-30' }), 'General.DateOfBirth'],
    [general({ DateOfBirth: '09/04/1958' }), 'General.DateOfBirth'],
    [general({ Weight: '164' }), 'General.Weight'],
    [general({ Gender: 'female' }), 'General.Gender'],
    [general({ NickName: 7 }), 'General.NickName'],
    [{ Status: { Status: 'Dead' } }, 'Status.Status'],
    [{ Contacts: { Contacts: [{ Type: 'Home' }, { Type: 'Pager', Value: '1' }] } }, 'Contacts.Contacts[1].Type'],
    [{ Contacts: { Contacts: 'none' } }, 'Contacts.Contacts'],
    [{ SignatureOnFile: { IsSigned: 'yes' } }, 'SignatureOnFile.IsSigned'],
    [{ TaxExemption: [] }, 'TaxExemption'],
  ];
  for (const [changes, field] of cases) assert.deepEqual(fields(await company.api('POST', '/patients', body(changes))), [field]);
  await under({ ignore_types: true }, async () => {
    const answer = await company.api('POST', '/patients', body(general({ Weight: '164' })));
    assert.equal(answer.json.General.Weight, null, 'a tenant that drops in silence');
  });
  await under({ any_words: true }, async () => {
    assert.equal((await company.create(general({ Gender: 'Nonbinary' }))).General.Gender, 'Nonbinary');
  });
});

test('3, 15.6: unknown names are dropped in silence, or refused by a strict tenant', async () => {
  const odd = body({ Nickname: 'Roz', Addresses: { Patient: { Adressline: '1 A St' } } });
  const made = await company.api('POST', '/patients', odd);
  assert.equal(made.status, 201);
  assert.equal(made.json.Nickname, undefined);
  assert.equal(made.json.Addresses.Patient.AddressLine, null, 'a 2xx proves nothing (13)');
  await under({ refuse_unknown: true }, async () => {
    assert.deepEqual(fields(await company.api('POST', '/patients', odd)), ['Nickname', 'Addresses.Patient.Adressline']);
    const careless = { ...made.json, LocationId: '12' };
    assert.deepEqual(fields(await company.api('PUT', `/patients/${made.json.Id}`, careless)), ['Id', 'DisplayId', 'Location']);
    assert.equal((await company.api('PUT', `/patients/${made.json.Id}`, whole(made.json))).status, 200);
  });
});

test('12: GET, change, drop ids, Location to LocationId, PUT changes one thing', async () => {
  const patient = await company.create({
    Contacts: { Contacts: [{ Type: 'Home', Value: '9125550136' }, { Type: 'Email', Value: 'roz@mail.example' }] },
    EmergencyContact: { Person: { FirstName: 'Luis', LastName: 'Tavares' }, Relationship: 'Child', Contacts: [{ Type: 'Home', Value: '9125550188' }] },
    MedicalReleaseInfo: [{ Name: { FirstName: 'Manuel', LastName: 'Tavares' }, RelationType: 'Spouse', Phone: '9125550136' }],
    Tags: [{ Id: '31', Name: 'Spanish speaking' }],
  });
  const changed = whole(patient);
  changed.General.NickName = 'Rosie';
  changed.LocationId = '14';
  const answer = await company.api('PUT', `/patients/${patient.Id}`, changed);
  assert.equal(answer.status, 200);
  const expected = structuredClone(patient);
  expected.General.NickName = 'Rosie';
  expected.Location = { Id: '14', Name: 'Boise West', Npi: '1093817473' };
  assert.deepEqual(answer.json, expected);
  assert.deepEqual(await get(patient.Id), expected);
});

test('12, 15.7: a careless PUT loses what it does not send; a merging tenant keeps it', async () => {
  const more = { Contacts: { Contacts: [{ Type: 'Home', Value: '9125550136' }] }, Status: { Status: 'Hold' }, Tags: [{ Id: '31', Name: 'Spanish speaking' }] };
  const patient = await company.create(more);
  const lost = (await company.api('PUT', `/patients/${patient.Id}`, body())).json;
  assert.deepEqual([lost.Contacts.Contacts, lost.Tags, lost.Status.Status], [[], [], 'Active']);
  assert.deepEqual([lost.Id, lost.DisplayId], [patient.Id, patient.DisplayId], 'ids are never taken from a body');
  assert.equal((await company.api('PUT', `/patients/${patient.Id}`, { General: body().General })).status, 400, 'LocationId is required');
  await under({ put_merges: true }, async () => {
    const other = await company.create(more);
    const kept = (await company.api('PUT', `/patients/${other.Id}`, { General: { NickName: 'Roz' } })).json;
    assert.deepEqual(kept, { ...other, General: { ...other.General, NickName: 'Roz' } });
  });
});

test('5.1: addresses are verified and corrected unless the client says skip', async () => {
  const line = { AddressLine: '1180  Harbor Road', AddressLine2: 'Apartment 6', City: 'Savannah', State: 'Georgia', Zip: '31401-0042' };
  const made = await company.create({ Addresses: { Patient: line, Delivery: line, SkipDeliveryAddressVerification: true } });
  assert.deepEqual(made.Addresses.Patient, { AddressLine: '1180 Harbor Rd', AddressLine2: 'Apt 6', City: 'Savannah', State: 'GA', Zip: '31401' });
  assert.deepEqual(made.Addresses.Delivery, { ...line, State: 'GE', Zip: '31401' }, 'not verified, cut to 2 and 5');
  const again = (await company.api('PUT', `/patients/${made.Id}`, whole(made))).json;
  assert.deepEqual(again, made, 'what was corrected once stays');
  const wrong = await company.api('POST', '/patients', body({ Addresses: { Patient: { ...line, State: 'Atlantis', Zip: '314' } } }));
  assert.deepEqual(fields(wrong), ['Addresses.Patient.State', 'Addresses.Patient.Zip']);
});

test('5.1: of telephone numbers only the digits are kept, e-mail stays', async () => {
  const contacts = [
    { Type: 'Home', Value: '(912) 555-0136' },
    { Type: 'Mobile', Value: '+1 912.555.0171', Ext: '4' },
    { Type: 'Email', Value: 'Roz.Tavares@Mail.example' },
  ];
  const made = await company.create({ Contacts: { Contacts: contacts }, MedicalReleaseInfo: [{ Phone: '912-555-0199' }] });
  assert.deepEqual(made.Contacts.Contacts, [
    { Type: 'Home', Value: '9125550136', Ext: null },
    { Type: 'Mobile', Value: '19125550171', Ext: '4' },
    { Type: 'Email', Value: 'Roz.Tavares@Mail.example', Ext: null },
  ]);
  assert.equal(made.MedicalReleaseInfo[0].Phone, '9125550199');
});

test('5.4: Inactive wants a reason and a date, unless the tenant does not', async () => {
  const inactive = { Status: { Status: 'Inactive' } };
  assert.deepEqual(fields(await company.api('POST', '/patients', body(inactive))), ['Status.DcDate', 'Status.InactiveStatus']);
  const made = await company.create({ Status: { Status: 'Inactive', DcDate: '2026-05-01', InactiveStatus: 'InsuranceExpired' } });
  assert.equal(made.Status.Status, 'Inactive');
  await under({ any_reason: true }, () => company.create(inactive));
});

test('8, 15.12: POST answers with the model, an id, a bare id, or nothing but Location; 200 or 201', async () => {
  for (const [settings, id] of [
    [{ post_reply: 'id' }, (answer) => answer.json.Id],
    [{ post_reply: 'bare', create_status: 200 }, (answer) => answer.json],
    [{ post_reply: 'bare', number_ids: true }, (answer) => String(answer.json)],
    [{ post_reply: 'empty' }, (answer) => /^\/api\/external\/v1\/patients\/(\d+)$/.exec(answer.headers.get('location'))[1]],
  ])
    await under(settings, async () => {
      const answer = await company.api('POST', '/patients', body());
      assert.equal(answer.status, settings.create_status ?? 201);
      assert.equal((await company.api('GET', `/patients/${id(answer)}`)).status, 200);
    });
  await under({ put_reply: 'empty' }, async () => {
    const patient = await company.create();
    const answer = await company.api('PUT', `/patients/${patient.Id}`, whole(patient));
    assert.deepEqual([answer.status, answer.text], [204, '']);
  });
});

test('3, 15.13: ids are texts, or numbers where the tenant says so, and both find the row', async () => {
  await under({ number_ids: true }, async () => {
    const made = await company.create({ LocationId: 14 });
    assert.deepEqual([typeof made.Id, typeof made.DisplayId, made.Location.Id], ['number', 'string', 14]);
    assert.equal((await company.api('GET', `/patients/${made.Id}`)).json.Id, made.Id);
  });
});

test('5.1: a tenant may mask the SSN on read; written back, the masked value destroys the real one', async () => {
  const made = await company.create({ General: { ...body().General, Ssn: '000-00-4821' } });
  assert.equal(made.General.Ssn, '000004821');
  await under({ mask_ssn: true }, async () => {
    const masked = await get(made.Id);
    assert.equal(masked.General.Ssn, '*****4821');
    await company.api('PUT', `/patients/${made.Id}`, whole(masked));
  });
  assert.equal((await get(made.Id)).General.Ssn, '4821');
});

test('8, 15.8: DELETE removes the row from list and get; a tenant may refuse it while there are orders', async () => {
  const made = await company.create();
  await company.admin('POST', 'create', { object: 'order', fields: { PatientId: made.Id } });
  await under({ keep_with_orders: true }, async () => assert.equal((await company.api('DELETE', `/patients/${made.Id}`)).status, 409));
  const before = (await company.api('GET', '/patients')).json.Count;
  assert.equal((await company.api('DELETE', `/patients/${made.Id}`)).status, 204);
  for (const method of ['GET', 'PUT', 'DELETE']) assert.equal((await company.api(method, `/patients/${made.Id}`, method === 'PUT' ? body() : undefined)).status, 404);
  assert.equal((await company.api('GET', '/patients')).json.Count, before - 1);
  const orders = (await company.api('GET', '/orders?pageSize=100')).json.Items;
  assert.ok(orders.every((order) => order.PatientId !== made.Id));
});

test('4: no PATCH, no search; eligibility answers 501 so that nobody depends on an invented shape', async () => {
  const made = await company.create();
  assert.equal((await company.api('PATCH', `/patients/${made.Id}`, {})).status, 404);
  assert.equal((await company.api('POST', '/insurance/eligibility', {})).status, 501);
});

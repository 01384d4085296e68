// One patient: shape, create, patch, delete, ids, rewriting, errors (checklist rows 4 to 7).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startPractice } from './practice.mjs';

let practice;
before(async () => {
  practice = await startPractice();
});
after(() => practice.stop());

const get = async (id) => practice.api('GET', `/patients/${id}`);
const patch = async (id, body) => practice.api('PATCH', `/patients/${id}`, body);
const stampForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}-0[78]:00$/;

const members =
  'account address_city address_country address_line1 address_line2 address_state address_zip age chosen_first_name chosen_last_name ' +
  'chosen_middle_name chosen_suffix chosen_title company created_at dob electronic_communication_consent_accepted ' +
  'electronic_communication_consent_accepted_at email email_marketing_authorization emergency_contact engaged external_link_id ' +
  'external_records first_name gender gender_identity gender_other health_insurance_group_id health_insurance_member_id ' +
  'health_insurance_payer_id health_insurance_payer_name hipaa_authorization_accepted hipaa_authorization_accepted_at id import_id ' +
  'import_source integration_error_message integration_last_synced_at integration_record_id integration_sync_status ' +
  'integration_web_link joined_practice_date known_practice last_engagement_date last_name lead_source lead_source_other location ' +
  'location_group master_record_sponsor membership_members membership_status memberships merged_into middle_name name ' +
  'patient_agreement_accepted patient_agreement_accepted_at phones practitioner practitioner_group preferred_language pronouns ' +
  'provider_web_link sex sponsorships ssn suffix terms_accepted terms_accepted_at updated_at uses_tobacco';

test('create answers 200 with the whole patient', async () => {
  const answer = await practice.api('POST', '/patients', { first_name: 'Devon', last_name: 'Achterberg', dob: '1979-11-30', nonsense: 1 });
  const p = answer.json;
  assert.equal(answer.status, 200);
  assert.match(p.id, /^pat-[0-9A-Za-z]{12}$/);
  assert.deepEqual(Object.keys(p).sort(), members.split(' ').sort());
  assert.equal(p.name, 'Devon Achterberg');
  assert.match(p.created_at, stampForm);
  assert.equal(p.created_at, p.updated_at);
  assert.equal(p.membership_status, 'inactive');
  assert.equal(p.preferred_language, 'en');
  assert.deepEqual([p.phones, p.memberships, p.external_records], [[], [], []]);
  assert.equal(p.integration_sync_status, 'enabled');
  assert.equal(p.provider_web_link, `https://app.hint.com/patients/${p.id}`);
  assert.ok(p.age >= 45);
});

test('names are required, dates must be dates', async () => {
  const refusals = [
    [{ last_name: 'x' }, /^Validation failed: First name can't be blank$/],
    [{ first_name: 'x', last_name: '  ' }, /^Validation failed: Last name can't be blank$/],
    [{ first_name: 'x', last_name: 'y', dob: '1990-02-30' }, /^Validation failed: Dob is invalid$/],
    [{ first_name: 'x', last_name: 'y', dob: '02/03/1990' }, /Dob is invalid/],
    [{ first_name: { a: 1 }, last_name: 'y' }, /First name is invalid/],
    [{ first_name: 'x', last_name: 'y', phones: [{ type: 'home' }] }, /Phones number can't be blank/],
    [{ first_name: 'x', last_name: 'y', practitioner: { id: 'pct-nobody' } }, /Practitioner must exist/],
    [{ first_name: 'x', last_name: 'y', integration_record_id: 'has blanks' }, /Integration record id is invalid/],
    [{ first_name: 'x', last_name: 'y', integration_record_id: 'a'.repeat(65) }, /too long/],
  ];
  for (const [body, message] of refusals) {
    const answer = await practice.api('POST', '/patients', body);
    assert.equal(answer.status, 422);
    assert.equal(answer.json.status, 422);
    assert.match(answer.json.message, message);
  }
  assert.equal((await practice.api('POST', '/patients', '{"first_name":')).status, 400);
  assert.equal((await practice.api('POST', '/patients', '[]')).status, 400);
});

test('a patch is partial, moves updated_at, and null clears', async () => {
  const p = await practice.create({ first_name: 'Una', middle_name: 'Rae', email: 'una@mail.example', address_line2: 'Apt 4' });
  const changed = (await patch(p.id, { email: 'new@mail.example', address_line2: null, middle_name: '' })).json;
  assert.equal(changed.first_name, 'Una');
  assert.equal(changed.email, 'new@mail.example');
  assert.equal(changed.address_line2, null);
  assert.equal(changed.middle_name, null);
  assert.ok(Date.parse(changed.updated_at) >= Date.parse(p.updated_at));
  assert.notEqual(changed.updated_at, p.updated_at);
  assert.equal(changed.created_at, p.created_at);
  assert.equal((await patch(p.id, { first_name: null })).status, 422);
  assert.equal((await patch(p.id, { dob: 'soon' })).status, 422);
  assert.deepEqual((await get(p.id)).json, changed, 'a refused patch changes nothing');
});

test('a patch that changes nothing does not move updated_at', async () => {
  const p = await practice.create({ email: 'same@mail.example', phones: [{ number: '3715550101', type: 'Cell' }] });
  const again = (await patch(p.id, { email: 'same@mail.example', phones: [{ number: '3715550101', type: 'mobile' }] })).json;
  assert.equal(again.updated_at, p.updated_at);
});

test('PUT is handled like PATCH', async () => {
  const p = await practice.create({ email: 'put@mail.example' });
  const changed = (await practice.api('PUT', `/patients/${p.id}`, { suffix: 'Jr.' })).json;
  assert.equal(changed.email, 'put@mail.example');
  assert.equal(changed.suffix, 'Jr.');
});

test('phone types and states are rewritten', async () => {
  const types = { H: 'home', 'Home Phone': 'home', m: 'mobile', Cellular: 'mobile', 'cell phone': 'mobile', Business: 'office', 'company phone': 'office', W: 'office', Fax: 'fax' };
  const phones = Object.keys(types).map((type, i) => ({ number: `371555010${i}`, type }));
  const p = await practice.create({ address_state: 'california', phones });
  assert.equal(p.address_state, 'CA');
  assert.deepEqual(p.phones.map((phone) => phone.type), Object.values(types));
  assert.equal((await patch(p.id, { address_state: 'Idaho' })).json.address_state, 'ID');
  assert.equal((await patch(p.id, { address_state: 'Ontario' })).json.address_state, 'Ontario');
});

test('a list of phones replaces the whole list; ten digits are formattable', async () => {
  const p = await practice.create({ phones: [{ number: '3715550101', type: 'home' }, { number: '3715550102', type: 'mobile' }] });
  const changed = (await patch(p.id, { phones: [{ number: '+1 371 555 0103', type: 'mobile' }] })).json;
  assert.deepEqual(changed.phones, [{ number: '+1 371 555 0103', type: 'mobile', us_formattable: false }]);
  assert.equal(p.phones[0].us_formattable, true);
  assert.deepEqual((await patch(p.id, { phones: [] })).json.phones, []);
});

test('a patient is found by our id too', async () => {
  const p = await practice.create({ integration_record_id: '0035g00000ABCDEAA4' });
  assert.equal(p.integration_sync_status, 'synced');
  assert.deepEqual((await get('0035g00000ABCDEAA4')).json, p);
  assert.equal((await get('pat-nobody00000')).status, 404);
  assert.deepEqual((await get('pat-nobody00000')).json, { status: 404, message: "Couldn't find Patient" });
});

test('an integration record id is unique, and can move on', async () => {
  const a = await practice.create({ integration_record_id: 'crm-77' });
  const taken = await practice.api('POST', '/patients', { first_name: 'B', last_name: 'C', integration_record_id: 'crm-77' });
  assert.equal(taken.status, 422);
  assert.equal(taken.json.message, 'Validation failed: Integration record has already been taken');
  const b = await practice.create({});
  assert.equal((await patch(b.id, { integration_record_id: 'crm-77' })).status, 422);
  assert.equal((await patch(a.id, { integration_record_id: 'crm-77' })).status, 200, 'its own is no duplicate');
  const unlinked = (await patch(a.id, { integration_record_id: null })).json;
  assert.equal(unlinked.integration_sync_status, 'unsynced');
  assert.equal((await get('crm-77')).status, 404);
  assert.equal((await patch(b.id, { integration_record_id: 'crm-77' })).json.integration_sync_status, 'synced');
  assert.equal((await get('crm-77')).json.id, b.id);
  assert.deepEqual((await practice.api('GET', `/patients/${b.id}/integration_records`)).json, [
    { integration_record_id: 'crm-77', partner: { id: 'ptr-2NkR7sWd8LqV', name: 'CRM Sync' } },
  ]);
  assert.deepEqual((await practice.api('GET', `/patients/${a.id}/integration_records`)).json, []);
  assert.equal((await patch(b.id, { integration_error_message: 'no' })).json.integration_sync_status, 'errored');
});

test('delete archives: gone from lists, still readable, refused for members', async () => {
  const p = await practice.create({});
  const gone = await practice.api('DELETE', `/patients/${p.id}`);
  assert.equal(gone.status, 204);
  assert.equal(gone.text, '');
  assert.equal((await get(p.id)).json.membership_status, 'archived');
  const member = await practice.create({});
  for (const fields of [{ membership_status: 'active' }, { membership_status: 'inactive', past_due_in_cents: 100 }, { past_due_in_cents: 0, company_name: 'Sagebrush' }]) {
    await practice.admin('POST', 'edit', { object: 'patient', id: member.id, fields });
    assert.equal((await practice.api('DELETE', `/patients/${member.id}`)).status, 422);
  }
});

test('matching takes names and what else is sent, whole and without case', async () => {
  const p = await practice.create({ first_name: 'Marisol', last_name: 'Okafor', dob: '1985-02-19' });
  const match = async (body) => (await practice.api('POST', '/patients/matching', body)).json;
  assert.deepEqual((await match({ first_name: 'MARISOL', last_name: 'okafor', dob: '1985-02-19' })).map((row) => row.id), [p.id]);
  assert.equal((await match({ first_name: 'Marisol', last_name: 'Okafor' })).length, 1);
  assert.equal((await match({ first_name: 'Marisol', last_name: 'Okafor', dob: '1985-02-20' })).length, 0);
  assert.equal((await match({ first_name: 'Mari', last_name: 'Okafor' })).length, 0);
  assert.equal((await practice.api('POST', '/patients/matching', { first_name: 'Marisol' })).status, 422);
});

test('the number of a person is masked but for its own route', async () => {
  const p = await practice.create({ ssn: { number: '900-12-4471' } });
  assert.deepEqual(p.ssn, { masked_number: '***-**-4471' });
  assert.deepEqual((await practice.api('GET', `/patients/${p.id}/social_security_number`)).json, { formatted_number: '900-12-4471', number: '900124471' });
  assert.deepEqual((await patch(p.id, { ssn: { masked_number: '***-**-0000' } })).json.ssn, p.ssn);
});

test('staff and places are taken by id and come back whole', async () => {
  const [practitioner, , second] = (await practice.api('GET', '/practitioners')).json;
  const [location] = (await practice.api('GET', '/locations')).json;
  const [source] = (await practice.api('GET', '/lead_sources')).json;
  const p = await practice.create({ practitioner: { id: practitioner.id }, location: { id: location.id }, lead_source: { id: source.id } });
  assert.deepEqual([p.practitioner, p.location, p.lead_source], [practitioner, location, source]);
  assert.equal((await patch(p.id, { practitioner: { id: second.id } })).json.practitioner.name, second.name);
  assert.equal((await patch(p.id, { practitioner: null })).json.practitioner, null);
  assert.match((await practice.api('GET', '/practice')).json.id, /^pra-/);
});

test('an emergency contact has both shapes', async () => {
  const split = await practice.create({ emergency_contact: { first_name: 'Tunde', last_name: 'Okafor', relationship: 'spouse', phone: { number: '3715550177', type: 'Cell' } } });
  assert.equal(split.emergency_contact.name, 'Tunde Okafor');
  assert.deepEqual(split.emergency_contact.phone, { number: '3715550177', type: 'mobile', us_formattable: true });
  const whole = await practice.create({ emergency_contact: { name: 'Tunde Okafor' } });
  assert.equal(whole.emergency_contact.last_name, 'Okafor');
});

test('what only Hint may set is ignored', async () => {
  const p = await practice.create({ id: 'pat-mine', terms_accepted: true, membership_status: 'active', created_at: '2001-01-01T00:00:00Z', patient_agreement_accepted: true });
  assert.notEqual(p.id, 'pat-mine');
  assert.equal(p.terms_accepted, false);
  assert.equal(p.membership_status, 'inactive');
  assert.equal(p.patient_agreement_accepted, true);
  assert.match(p.patient_agreement_accepted_at, stampForm);
});

test('text of any script survives', async () => {
  const p = await practice.create({ first_name: '秀英 "q" \\ \n é', last_name: '😀' });
  assert.equal((await get(p.id)).json.first_name, '秀英 "q" \\ \n é');
  assert.equal((await get(p.id)).json.name, '秀英 "q" \\ \n é 😀');
});

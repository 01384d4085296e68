// An independent opinion on whether an import was right: both systems' state against the world's truth. Written from the rules
// (R6 to R9, R12, R16 to R18), shares no code with Suture.
const states = Object.fromEntries(
  ('AL Alabama,AK Alaska,AZ Arizona,AR Arkansas,CA California,CO Colorado,CT Connecticut,DE Delaware,DC District of Columbia,FL Florida,' +
    'GA Georgia,HI Hawaii,ID Idaho,IL Illinois,IN Indiana,IA Iowa,KS Kansas,KY Kentucky,LA Louisiana,ME Maine,MD Maryland,' +
    'MA Massachusetts,MI Michigan,MN Minnesota,MS Mississippi,MO Missouri,MT Montana,NE Nebraska,NV Nevada,NH New Hampshire,' +
    'NJ New Jersey,NM New Mexico,NY New York,NC North Carolina,ND North Dakota,OH Ohio,OK Oklahoma,OR Oregon,PA Pennsylvania,' +
    'RI Rhode Island,SC South Carolina,SD South Dakota,TN Tennessee,TX Texas,UT Utah,VT Vermont,VA Virginia,WA Washington,' +
    'WV West Virginia,WI Wisconsin,WY Wyoming,PR Puerto Rico')
    .split(',')
    .map((row) => [row.slice(3).toLowerCase(), row.slice(0, 2).toLowerCase()]),
);
const fold = (v) => (v ?? '').toString().normalize('NFC').trim().replace(/\s+/gu, ' ').toLowerCase();
const text = (v) => (v ?? '').toString().trim().replace(/\s+/gu, ' ');
const digits = (v) => text(v).replace(/(ext|x).*$/i, '').replace(/\D/g, '').replace(/^(001|1)(?=\d{10}$)/, '');
const instant = (v) => (v ? Math.floor(Date.parse(v.replace(/(\+\d\d)(\d\d)$/, '$1:$2')) / 1000) : '');
const state = (v) => states[fold(v)] ?? fold(v);
const country = (v) => ({ us: 'us', usa: 'us', 'united states': 'us', 'united states of america': 'us' })[fold(v)] ?? fold(v);
const phone = (type) => (p) => p.phones?.find((row) => row.type === type)?.number;
const lines = (p) => [p.address_line1, p.address_line2].map(text).filter(Boolean).join(' ');

/** name, patient's value, contact's field, how both are made comparable, whether it goes both ways */
export const fields = [
  ['Name prefix', (p) => p.chosen_title, 'Salutation', fold, true],
  ['First name', (p) => p.first_name, 'FirstName', fold, true],
  ['Middle name', (p) => p.middle_name, 'MiddleName', fold, true],
  ['Last name', (p) => p.last_name, 'LastName', fold, true],
  ['Birth date', (p) => p.dob, 'Birthdate', text, true],
  ['Gender', (p) => p.gender, 'Gender__c', fold, true],
  ['E-mail', (p) => p.email, 'Email', fold, true],
  ['Mobile phone', phone('mobile'), 'MobilePhone', digits, true],
  ['Home phone', phone('home'), 'HomePhone', digits, true],
  ['Office phone', phone('office'), 'Phone', digits, true],
  ['Street', lines, 'MailingStreet', (v) => text(v).replace(/,/g, ''), true],
  ['City', (p) => p.address_city, 'MailingCity', text, true],
  ['State', (p) => p.address_state, 'MailingState', state, true],
  ['Zip code', (p) => p.address_zip, 'MailingPostalCode', text, true],
  ['Country', (p) => p.address_country, 'MailingCountry', country, true],
  ['Practitioner', (p) => p.practitioner?.name, 'Practitioner_Name__c', text, false],
  ['Payer', (p) => p.health_insurance_payer_name, 'Insurance_Payer__c', text, false],
  ['Group id', (p) => p.health_insurance_group_id, 'Insurance_Group_Id__c', text, false],
  ['Member id', (p) => p.health_insurance_member_id, 'Insurance_Member_Id__c', text, false],
  ['Contract', (p) => p.terms_accepted, 'Member_Contract_Accepted__c', (v) => v === true, false],
  ['Contract at', (p) => p.terms_accepted_at, 'Member_Contract_Accepted_At__c', instant, false],
  ['HIPAA', (p) => p.hipaa_authorization_accepted, 'HIPAA_Authorization_Accepted__c', (v) => v === true, false],
  ['HIPAA at', (p) => p.hipaa_authorization_accepted_at, 'HIPAA_Authorization_Accepted_At__c', instant, false],
];

const blank = (v) => v === '' || v === false || Number.isNaN(v);

/** R12: where both sides were filled and different the EMR wins; a blank side is filled from the other. */
function compareFields(patient, contact, before, contactBefore, complain) {
  for (const [name, of, field, normal, bothWays] of fields) {
    const [p, c] = [normal(of(patient)), normal(contact[field])];
    const was = before ? normal(of(before)) : p;
    const wasContact = contactBefore ? normal(contactBefore[field]) : '';
    const expected = blank(was) && bothWays ? wasContact : was;
    if (bothWays && p !== expected && !blank(expected)) complain(`${name}: the patient does not have the value that the rules give`);
    if (c !== expected && !(blank(expected) && !bothWays)) complain(`${name}: the contact does not have the value that the rules give`);
  }
}

/** One patient against its expected treatment; true when its contact is one of ours now. */
function checkTreatment(row, { patient, contact, before, contactBefore }, account, backReferences, complain) {
  if (row.treatment.startsWith('skipped')) {
    if (contact) complain('was to be skipped, but a contact carries its id');
    return false;
  }
  if (!contact) {
    complain(`was to be ${row.treatment}, but no contact carries its id`);
    return false;
  }
  if (row.treatment === 'created' && contactBefore) complain('was to be created, but an existing contact was taken');
  if (row.treatment === 'linked' && contact.Id !== row.contacts[0]) complain('was linked with another contact than the right one');
  if (contact.Synced_to_Hint__c !== true) complain('the contact is not marked as synced (R18)');
  if (!contact.Last_Batch_Sync_Id__c) complain('the contact has no Batch Sync ID');
  if (row.treatment === 'created' && contact.AccountId !== account?.Id) complain('the new contact is not in the Default Account (R16)');
  if (backReferences && patient.integration_record_id !== contact.Id) complain('the patient does not name its contact (R18)');
  compareFields(patient, contact, before, contactBefore, complain);
  return true;
}

/**
 * world: /__admin/world. before, after: states() before and after the import. Returns what is wrong, by record id; never values.
 */
export function inconsistencies(world, before, after, { backReferences = true, broken = new Set() } = {}) {
  const wrong = [];
  const contactsBefore = new Map(before.contacts.map((c) => [c.Id, c]));
  const patientsBefore = new Map(before.patients.map((p) => [p.id, p]));
  const patients = new Map(after.patients.map((p) => [p.id, p]));
  const contacts = new Map(after.contacts.map((c) => [c.Id, c]));
  const byExternal = new Map();
  const account = after.accounts.find((a) => a.Name === 'Hint Patients');

  for (const c of after.contacts) {
    const id = c.Hint_Patient_Id__c;
    if (!id) continue;
    if (byExternal.has(id)) wrong.push(`${id}: two contacts carry this patient's id`);
    byExternal.set(id, c);
  }
  const touched = new Set();
  for (const row of world.patients.filter((one) => !broken.has(one.id))) {
    const contact = byExternal.get(row.id);
    const sides = { patient: patients.get(row.id), contact, before: patientsBefore.get(row.id), contactBefore: contact && contactsBefore.get(contact.Id) };
    if (checkTreatment(row, sides, account, backReferences, (what) => wrong.push(`${row.id} (${row.relation}): ${what}`))) touched.add(contact.Id);
  }
  for (const [id, old] of contactsBefore) {
    if (touched.has(id)) continue;
    const now = contacts.get(id);
    if (!now) wrong.push(`${id}: a contact disappeared`);
    else if (JSON.stringify(now) !== JSON.stringify(old)) wrong.push(`${id}: a contact that is none of ours was changed`);
  }
  const created = world.patients.filter((row) => row.treatment === 'created' && !broken.has(row.id)).length;
  if (contacts.size !== contactsBefore.size + created)
    wrong.push(`there are ${contacts.size} contacts, expected ${contactsBefore.size} and ${created} new ones`);
  if (patients.size !== patientsBefore.size) wrong.push('the number of patients changed');
  return wrong;
}

// The peer of bench/import: the import as a competent engineer writes it with jsforce. Collections of 200, as many calls in flight
// as it is told, the same 23 fields and the same rules (R6 to R9, R11 to R18 without back-references), so that it ends in the
// same state as Suture, which the benchmark checks. It keeps nothing: no staging, no links, nothing to resume from; run
// again, it writes every record again.
//
//   node import_jsforce.mjs HINT SALESFORCE API_KEY IN_FLIGHT [careful]
//
// careful: a patient is read again before it is changed (R26), so that what a person typed meanwhile is not overwritten. Suture does so.
// Prints one JSON line; `seconds` and `cpu_seconds` leave the start of Node and the loading of jsforce out.
import { createRequire } from 'node:module';

const jsforce = createRequire(new URL('../tests/node/package.json', import.meta.url))('jsforce');
const [hint, salesforce, apiKey, inFlightText, careful] = process.argv.slice(2);
const inFlight = Number(inFlightText);
const keyField = 'Hint_Patient_Id__c';

const blank = (v) => v === undefined || v === null || (typeof v === 'string' && v.trim() === '');
const fold = (v) => v.normalize('NFC').trim().replace(/\s+/gu, ' ').toLowerCase();

function phoneText(text) {
  const ten = /^(?:\+?1)?(\d{10})$/.exec(text.replace(/[\s().-]/g, ''))?.[1];
  return ten ? `(${ten.slice(0, 3)}) ${ten.slice(3, 6)}-${ten.slice(6)}` : text;
}
const instant = (v) => (blank(v) ? v : new Date(v).toISOString());
const capital = (v) => (blank(v) ? v : v[0].toUpperCase() + v.slice(1));

const plain = (emr, crm) => ({ crm, read: (p) => p[emr], fill: (change, p, v) => (change[emr] = v) });
const phone = (type, crm) => ({
  crm,
  read: (p) => {
    const number = p.phones?.find((row) => row.type === type)?.number;
    return blank(number) ? number : phoneText(number);
  },
  fill: (change, p, v) => (change.phones = [...(change.phones ?? p.phones ?? []).filter((row) => row.type !== type), { number: v, type }]),
});
const oneWay = (crm, read) => ({ crm, read });

const fields = [
  plain('chosen_title', 'Salutation'),
  plain('first_name', 'FirstName'),
  plain('middle_name', 'MiddleName'),
  plain('last_name', 'LastName'),
  plain('dob', 'Birthdate'),
  { crm: 'Gender__c', read: (p) => capital(p.gender), fill: (change, p, v) => (change.gender = v.toLowerCase()) },
  plain('email', 'Email'),
  phone('mobile', 'MobilePhone'),
  phone('home', 'HomePhone'),
  phone('office', 'Phone'),
  {
    crm: 'MailingStreet',
    read: (p) => [p.address_line1, p.address_line2].filter((v) => !blank(v)).join('\n'),
    fill: (change, p, v) => ([change.address_line1, change.address_line2 = null] = v.split('\n')),
  },
  plain('address_city', 'MailingCity'),
  plain('address_state', 'MailingState'),
  plain('address_zip', 'MailingPostalCode'),
  plain('address_country', 'MailingCountry'),
  oneWay('Practitioner_Name__c', (p) => p.practitioner?.name),
  oneWay('Insurance_Payer__c', (p) => p.health_insurance_payer_name),
  oneWay('Insurance_Group_Id__c', (p) => p.health_insurance_group_id),
  oneWay('Insurance_Member_Id__c', (p) => p.health_insurance_member_id),
  oneWay('Member_Contract_Accepted__c', (p) => p.terms_accepted === true),
  oneWay('Member_Contract_Accepted_At__c', (p) => instant(p.terms_accepted_at)),
  oneWay('HIPAA_Authorization_Accepted__c', (p) => p.hipaa_authorization_accepted === true),
  oneWay('HIPAA_Authorization_Accepted_At__c', (p) => instant(p.hipaa_authorization_accepted_at)),
];

/** Runs the jobs (functions) in order, `inFlight` at once. */
async function pool(jobs) {
  let next = 0;
  const worker = async () => {
    while (next < jobs.length) await jobs[next++]();
  };
  await Promise.all(Array.from({ length: Math.min(inFlight, jobs.length) }, worker));
}

const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };

async function readPage(offset) {
  const answer = await fetch(`${hint}/api/provider/patients?limit=100&offset=${offset}`, { headers });
  if (!answer.ok) throw new Error(`page at ${offset}: ${answer.status}`);
  return { total: Number(answer.headers.get('x-total-count')), rows: await answer.json() };
}

async function readPatients() {
  const first = await readPage(0);
  const pages = [first.rows];
  const jobs = [];
  for (let offset = 100; offset < first.total; offset += 100)
    jobs.push(async () => (pages[offset / 100] = (await readPage(offset)).rows));
  await pool(jobs);
  return pages.flat();
}

async function readContacts(org) {
  const names = [...fields.map((f) => f.crm), keyField, 'Synced_to_Hint__c'];
  const answer = await org.query(`SELECT Id, ${names.join(', ')} FROM Contact`, { autoFetch: true, maxFetch: 10_000_000 });
  return answer.records;
}

async function defaultAccount(org) {
  const found = await org.query("SELECT Id FROM Account WHERE Name = 'Hint Patients' LIMIT 1");
  return found.records[0]?.Id ?? (await org.sobject('Account').create({ Name: 'Hint Patients' })).id;
}

const keyOf = (first, last, date) => (blank(first) || blank(last) || blank(date) ? '' : `${fold(first)}|${fold(last)}|${date}`);

function group(rows, key) {
  const groups = new Map();
  for (const row of rows) {
    const k = key(row);
    if (!k) continue;
    const group = groups.get(k);
    if (group) group.push(row);
    else groups.set(k, [row]);
  }
  return groups;
}

/** R6 to R8: contact to link, null to create, or why neither. */
function matcher(patients, contacts) {
  const byId = new Map(contacts.map((c) => [c.Id, c]));
  const byExternal = group(contacts, (c) => c[keyField]);
  const byKey = group(contacts, (c) => keyOf(c.FirstName, c.LastName, c.Birthdate));
  const patientsByKey = group(patients, (p) => keyOf(p.first_name, p.last_name, p.dob));
  const taken = (c, p) => (c[keyField] ? c[keyField] !== p.id : c.Synced_to_Hint__c);
  return (p) => {
    const stored = byExternal.get(p.id);
    if (stored) return stored.length === 1 ? stored[0] : 'ambiguous';
    const named = p.integration_record_id && byId.get(p.integration_record_id);
    if (named) return taken(named, p) ? 'linked' : named;
    const key = keyOf(p.first_name, p.last_name, p.dob);
    const candidates = (key && byKey.get(key)) || [];
    if (candidates.length === 0) return null;
    if (candidates.length > 1 || patientsByKey.get(key).length > 1) return 'ambiguous';
    return taken(candidates[0], p) ? 'linked' : candidates[0];
  };
}

function contactOf(p, now) {
  const record = { Synced_to_Hint__c: true, Last_Hint_Sync__c: now, Last_Batch_Sync_Id__c: 'script', [keyField]: p.id };
  for (const f of fields) {
    const v = f.read(p);
    if (!blank(v)) record[f.crm] = v;
  }
  return record;
}

/** R12: what is blank in the EMR and filled in the CRM. */
function fillOf(p, contact) {
  let change;
  for (const f of fields) {
    if (f.fill && blank(f.read(p)) && !blank(contact[f.crm])) f.fill((change ??= {}), p, contact[f.crm]);
  }
  return change && { ...change, first_name: change.first_name ?? p.first_name, last_name: change.last_name ?? p.last_name };
}

function judge(patients, contacts, account) {
  const match = matcher(patients, contacts);
  const now = new Date().toISOString();
  const plan = { creates: [], updates: [], fills: [], skipped: 0 };
  for (const p of patients) {
    const found = match(p);
    if (typeof found === 'string') plan.skipped++;
    else if (found) {
      plan.updates.push({ Id: found.Id, ...contactOf(p, now) });
      const fill = fillOf(p, found);
      if (fill) plan.fills.push([p.id, fill]);
    } else plan.creates.push({ ...contactOf(p, now), AccountId: account });
  }
  return plan;
}

async function write(org, { creates, updates, fills }) {
  const contact = org.sobject('Contact');
  let refused = 0;
  const batches = (rows, send) => {
    const jobs = [];
    for (let i = 0; i < rows.length; i += 200)
      jobs.push(async () => {
        for (const result of await send(rows.slice(i, i + 200))) refused += !result.success;
      });
    return jobs;
  };
  const patch = async ([id, change]) => {
    const url = `${hint}/api/provider/patients/${id}`;
    const now = careful ? await (await fetch(url, { headers })).json() : {};
    const body = careful ? { ...change, first_name: now.first_name, last_name: now.last_name } : change;
    const answer = await fetch(url, { method: 'PATCH', headers, body: JSON.stringify(body) });
    await answer.arrayBuffer();
    refused += !answer.ok;
  };
  const calls = [
    ...batches(creates, (rows) => contact.upsert(rows, keyField, { allOrNone: false })),
    ...batches(updates, (rows) => contact.update(rows, { allOrNone: false })),
  ];
  await Promise.all([pool(calls), pool(fills.map((fill) => () => patch(fill)))]);
  return refused;
}

const began = performance.now();
const used = process.resourceUsage();
const org = new jsforce.Connection({
  version: '62.0',
  oauth2: { clientId: 'suture-client', clientSecret: 'suture-secret', loginUrl: salesforce },
});
await org.authorize({ grant_type: 'client_credentials' });
const [patients, contacts, account] = await Promise.all([readPatients(), readContacts(org), defaultAccount(org)]);
const plan = judge(patients, contacts, account);
const refused = await write(org, plan);
const now = process.resourceUsage();
console.log(
  JSON.stringify({
    read: patients.length,
    created: plan.creates.length,
    linked: plan.updates.length,
    filled: plan.fills.length,
    skipped: plan.skipped,
    refused,
    seconds: (performance.now() - began) / 1000,
    cpu_seconds: (now.userCPUTime + now.systemCPUTime - used.userCPUTime - used.systemCPUTime) / 1e6,
  }),
);
process.exit(refused ? 1 : 0);

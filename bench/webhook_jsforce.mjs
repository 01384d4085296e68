// The peer of bench/webhook: a receiver as a competent engineer writes it with jsforce. Checks the signature, writes all mapped fields by external id, then answers:
// an event that was answered is written, as the script has no other memory. It keeps nothing, links nothing, and overwrites what a person typed meanwhile.
//
//   node webhook_jsforce.mjs SALESFORCE SECRET      prints its address once it listens
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const jsforce = createRequire(new URL('../tests/node/package.json', import.meta.url))('jsforce');
const [salesforce, secret] = process.argv.slice(2);
const org = new jsforce.Connection({ version: '62.0', oauth2: { clientId: 'suture-client', clientSecret: 'suture-secret', loginUrl: salesforce } });
await org.authorize({ grant_type: 'client_credentials' });
const contact = org.sobject('Contact');

const phone = (p, type) => p.phones?.find((row) => row.type === type)?.number;
const record = (p) => {
  const all = {
    Salutation: p.chosen_title, FirstName: p.first_name, MiddleName: p.middle_name, LastName: p.last_name, Birthdate: p.dob, Gender__c: p.gender, Email: p.email,
    MobilePhone: phone(p, 'mobile'), HomePhone: phone(p, 'home'), Phone: phone(p, 'office'),
    MailingStreet: [p.address_line1, p.address_line2].filter(Boolean).join('\n'), MailingCity: p.address_city, MailingState: p.address_state,
    MailingPostalCode: p.address_zip, MailingCountry: p.address_country, Practitioner_Name__c: p.practitioner?.name, Insurance_Payer__c: p.health_insurance_payer_name,
    Insurance_Group_Id__c: p.health_insurance_group_id, Insurance_Member_Id__c: p.health_insurance_member_id,
  };
  const filled = Object.fromEntries(Object.entries(all).filter(([, value]) => value));
  return { ...filled, Hint_Patient_Id__c: p.id };
};

function genuine(body, given) {
  const right = Buffer.from(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`);
  return given?.length === right.length && timingSafeEqual(Buffer.from(given), right);
}

async function take(request, answer) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  const body = Buffer.concat(pieces);
  let status = 401;
  if (genuine(body, request.headers['x-hint-signature'])) {
    const result = await contact.upsert(record(JSON.parse(body).object), 'Hint_Patient_Id__c');
    status = result.success ? 200 : 503;
  }
  answer.writeHead(status, { 'content-length': 0 }).end();
}

const server = createServer((request, answer) => take(request, answer).catch(() => answer.writeHead(503, { 'content-length': 0 }).end()));
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/hooks/practice`));

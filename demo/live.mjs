// The second half of the demo: the daemon between both systems, people who edit in them, and how long it takes until the other one knows.
import { setTimeout as sleep } from 'node:timers/promises';
import { admin, apiKey, connectHooks, must, startDaemon, suture, untilReady, writeCalls } from './systems.mjs';

const patience = 60_000;

/** Reads single records as any client would: [contact(id), patient(id)]. */
async function reader(systems) {
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'suture-client', client_secret: 'suture-secret' });
  const { access_token: token } = await (await fetch(`${systems.salesforce}/services/oauth2/token`, { method: 'POST', body: form })).json();
  const read = (url, key) => async (id) => (await fetch(url + id, { headers: { authorization: `Bearer ${key}` } })).json();
  return { contact: read(`${systems.salesforce}/services/data/v62.0/sobjects/Contact/`, token), patient: read(`${systems.hint}/api/provider/patients/`, apiKey) };
}

/** Milliseconds from the beginning of `edit` until `there` is true. */
async function arrival(edit, there) {
  const began = performance.now();
  await edit();
  while (!(await there())) {
    if (performance.now() - began > patience) throw new Error(`a change did not arrive within ${patience / 1000} s`);
    await sleep(1);
  }
  return Math.round((performance.now() - began) * 10) / 10;
}

async function allCalls(systems) {
  const of = async (base) => Object.entries((await admin(base, 'counters')).routes).filter(([route]) => !/cometd/.test(route)).reduce((sum, [, row]) => sum + row.calls, 0);
  return (await of(systems.hint)) + (await of(systems.salesforce));
}

/** Until no call but listening was made for a while: whatever would come back as an echo has come. */
async function rest(systems, still = 1000) {
  let calls = await allCalls(systems);
  for (let since = Date.now(); Date.now() - since < still; await sleep(50)) {
    const now = await allCalls(systems);
    if (now !== calls) since = Date.now();
    calls = now;
  }
}

const writes = async (systems) => (await writeCalls(systems.hint)) + (await writeCalls(systems.salesforce));
const editPatient = (systems, id, fields) => admin(systems.hint, 'edit', { object: 'patient', id, fields });
const editContact = (systems, id, fields) => admin(systems.salesforce, 'edit', { object: 'Contact', id, fields });

/** Both systems tell of their changes only after both people have typed. */
async function bothAtOnce(systems, edits) {
  const late = (share) => Promise.all([systems.hint, systems.salesforce].map((base) => admin(base, 'settings', { late: share, late_ms: 300 })));
  await late(1);
  await edits();
  await late(0);
}

const reasons = { emr: 'the EMR is the source of truth of this field', crm: 'the CRM is the source of truth of this field' };

async function conflict(systems, dir, pair, read, say) {
  const typed = { emr: 'typed.in.hint@mail.example', crm: 'typed.in.salesforce@mail.example' };
  let values;
  await arrival(
    () =>
      bothAtOnce(systems, async () => {
        await editPatient(systems, pair.patient, { email: typed.emr });
        await editContact(systems, pair.contact, { Email: typed.crm });
        say(`Hint        ${pair.patient}  e-mail  ${typed.emr}`);
        say(`Salesforce  ${pair.contact}  e-mail  ${typed.crm}`);
      }),
    async () => {
      values = [(await read.patient(pair.patient)).email, (await read.contact(pair.contact)).Email];
      return values[0] === values[1];
    },
  );
  const winner = Object.keys(typed).find((side) => typed[side] === values[0]) ?? 'nobody';
  say(`Both have   ${values[0]}: ${winner} won, as ${reasons[winner] ?? 'no rule says'} (R22). It is kept as a conflict:\n`);
  say('$ suture conflicts');
  say((await must(dir, ['conflicts'])).stdout.trimEnd());
  const { json } = await suture(dir, ['conflicts', '--json']);
  return json.some((row) => row.winner === winner && row.field === 'E-mail') ? winner : 'unrecorded';
}

/**
 * pair: { patient, contact }, ids of linked records. Tells the story with `say` and `title`; resolves to { daemon, result } with the members that the JSON line
 * gets, and `expected`: did everything come about?
 */
export async function live(systems, dir, pair, { say, title }) {
  title('8. From now on, by itself');
  const daemon = await startDaemon(dir);
  say('$ suture serve &');
  say(`suture serves ${daemon.url}`);
  say(`$ suture webhooks practice register --url ${daemon.url}`);
  await untilReady(daemon);
  await connectHooks(systems, dir, daemon);
  say('$ suture account add admin --role admin');
  const { json: account } = await must(dir, ['account', 'add', 'admin', '--role', 'admin', '--json']);
  daemon.login = { name: account.name, password: account.password };
  say(`The console is at ${daemon.url}: sign in as ${account.name} with the password ${account.password}`);
  const read = await reader(systems);
  await sleep(2600); /* the deltas with which it begins */
  await rest(systems, 300);
  const before = await writes(systems);

  title('9. A person edits in Hint');
  say(`Hint        ${pair.patient}  e-mail  moved@mail.example`);
  const emrToCrm = await arrival(
    () => editPatient(systems, pair.patient, { email: 'moved@mail.example' }),
    async () => (await read.contact(pair.contact)).Email === 'moved@mail.example',
  );
  say(`Salesforce  ${pair.contact}  has it after ${emrToCrm} ms (webhook)`);

  title('10. A person edits in Salesforce');
  say(`Salesforce  ${pair.contact}  city    Saratoga Springs`);
  const crmToEmr = await arrival(
    () => editContact(systems, pair.contact, { MailingCity: 'Saratoga Springs' }),
    async () => (await read.patient(pair.patient)).address_city === 'Saratoga Springs',
  );
  say(`Hint        ${pair.patient}  has it after ${crmToEmr} ms (change data capture)`);
  await rest(systems, 300);

  title('11. Both edit the same field at the same time');
  const winner = await conflict(systems, dir, pair, read, say);

  await rest(systems);
  const echoes = (await writes(systems)) - before - 3;
  say(`\nThree edits, three writes; writes beyond those, counted by both systems after all echoes came back: ${echoes} (R27)`);
  return {
    daemon,
    expected: echoes === 0 && ['emr', 'crm'].includes(winner),
    result: { emr_to_crm_ms: emrToCrm, crm_to_emr_ms: crmToEmr, conflict_winner: winner, echo_writes: echoes },
  };
}

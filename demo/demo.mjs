// The demo: everything a clinic would do on its first day, against the stand-in systems; then both systems stay the same by themselves (live.mjs).
import { fields, inconsistencies } from './consistent.mjs';
import { live } from './live.mjs';
import { Misuse, help, readOptions } from './options.mjs';
import { admin, endEverything, must, paths, setUp, startSandbox, states, writeCalls } from './systems.mjs';

/** People read stderr, programs read the one line on stdout. */
const say = (line = '') => process.stderr.write(`${line}\n`);
const bold = process.stderr.isTTY && !process.env.NO_COLOR ? (line) => `\x1b[1m${line}\x1b[0m` : (line) => line;
const title = (line) => say(`\n${bold(line)}\n`);

/** Says the command as a person would type it, and lets its output be seen. */
async function show(dir, args, options = {}) {
  say(`$ suture ${args.join(' ')}`);
  return must(dir, args, { show: 'all', ...options });
}

const shownFields = ['FirstName', 'LastName', 'Email', 'MobilePhone', 'MailingCity', 'Insurance_Payer__c', 'Hint_Patient_Id__c', 'Synced_to_Hint__c'];
const cell = (record, field) => {
  const text = String(record?.[field] ?? '-');
  return (text.length > 26 ? `${text.slice(0, 25)}…` : text).padEnd(27);
};

function showThree(world, before, after) {
  const of = (list, id) => list.find((c) => c.Id === id);
  const rows = [
    ['linked: the contact was there, with conflicting and blank fields', 'linked'],
    ['created: nobody fitted', 'created'],
    ['skipped: two contacts fit, a person decides; the first of them', 'skipped_ambiguous'],
  ];
  say(`${'contact'.padEnd(20)} ${'before'.padEnd(27)} after`);
  for (const [label, treatment] of rows) {
    const row = world.patients.find((r) => r.treatment === treatment);
    if (!row) continue;
    const contact = after.contacts.find((c) => c.Hint_Patient_Id__c === row.id) ?? of(after.contacts, row.contacts[0]);
    const old = contact && of(before.contacts, contact.Id);
    say(`\n${row.id} ${label}`);
    for (const field of shownFields) say(`${field.padEnd(20)} ${cell(old, field)} ${cell(contact, field)}`.trimEnd());
  }
}

async function story(systems) {
  const began = Date.now();
  title('1. Two systems');
  say(`Hint        ${systems.hint}/api`);
  say(`Salesforce  ${systems.salesforce}`);
  const before = await states(systems);
  say(`${before.patients.length} patients in Hint; ${before.contacts.length} contacts in Salesforce, some of them the same people`);

  title('2. Set up');
  const home = await setUp(systems, { practice: { pace: '0', window: '8' } });
  say(`$ export SUTURE_DIR=${home.dir}`);
  say('$ suture init $SUTURE_DIR');
  say('$ suture apply $SUTURE_DIR/suture.yaml --why "first set-up"');
  await show(home.dir, ['check']);

  title('3. One record, before anything is written');
  const world = await admin(systems.hint, 'world');
  const sample = world.patients.find((row) => row.treatment === 'linked') ?? world.patients[0];
  await show(home.dir, ['preview', '--id', sample.id]);

  title('4. The import');
  say('$ suture import');
  const first = await must(home.dir, ['import', '--json'], { show: 'progress' });
  await must(home.dir, ['report'], { show: 'all' });
  say();
  await show(home.dir, ['drain']);
  const after = await states(systems);

  title('5. Three records of Salesforce, before and after');
  showThree(world, before, after);

  title('6. The same import again');
  const writesBefore = (await writeCalls(systems.salesforce)) + (await writeCalls(systems.hint));
  say('$ suture import');
  const second = await must(home.dir, ['import', '--json', '--quiet']);
  await must(home.dir, ['drain', '--quiet']);
  const writes = (await writeCalls(systems.salesforce)) + (await writeCalls(systems.hint)) - writesBefore;
  say(`${second.json.unchanged} unchanged; calls that write, counted by both systems: ${writes}`);

  title('7. Is it right?');
  const wrong = inconsistencies(world, before, await states(systems));
  for (const line of wrong.slice(0, 10)) say(line);
  say(`An independent comparison of both systems, ${fields.length} fields a patient: ${wrong.length ? `${wrong.length} findings` : 'they agree'}.`);
  const { read, created, linked, updated, unchanged, skipped_ambiguous, skipped_linked, failed } = first.json;
  const counts = { read, created, linked, updated, unchanged, skipped_ambiguous, skipped_linked, failed };
  const consistent = wrong.length === 0;
  const contact = after.contacts.find((c) => c.Hint_Patient_Id__c === sample.id);
  const then = contact && (await live(systems, home.dir, { patient: sample.id, contact: contact.Id }, { say, title }));
  const result = { ...counts, second_run_writes: writes, consistent, ...then?.result, seconds: (Date.now() - began) / 1000 };
  return { home, daemon: then?.daemon, pair: { patient: sample.id, contact: contact?.Id }, good: consistent && writes === 0 && then?.expected === true, result };
}

function invite(systems, dir, daemon, { patient, contact }) {
  title('What to try next: the daemon goes on');
  if (daemon) say(`In a browser, the console: ${daemon.url}\nname ${daemon.login.name}, password ${daemon.login.password}\n\nIn another terminal:`);
  say(`export SUTURE_DIR=${dir} PATH=${paths.suture.replace(/\/[^/]*$/, '')}:$PATH

Somebody at the clinic corrects an e-mail address, then somebody in sales a city; look at the other system:
curl -so /dev/null ${systems.hint}/__admin/edit -d '{"id": "${patient}", "fields": {"email": "new@mail.example"}}'
curl -so /dev/null ${systems.salesforce}/__admin/edit -d '{"object": "Contact", "id": "${contact}", "fields": {"MailingCity": "Troy"}}'
suture preview --id ${patient}

A new patient; webhooks that get lost, and the delta that makes it good; the button in Salesforce:
curl -s ${systems.hint}/__admin/create -d '{"object": "patient", "fields": {"first_name": "Ada", "last_name": "Quimby", "dob": "1985-05-05"}}'
curl -so /dev/null ${systems.hint}/__admin/settings -d '{"loss": 1}'; suture delta
curl -s ${systems.salesforce}/__admin/button -d '{"action": "unlink", "object": "Contact", "ids": ["${contact}"]}'

suture links --emr ${patient}; suture conflicts; suture log
suture report --outcome skipped_ambiguous    those on which a person decides
suture audit                                 who configured and looked at what
suture --help

Ctrl-C ends the daemon and both systems and removes the folder.`);
}

/** Resolves on the first Ctrl-C, SIGTERM or a closed terminal. */
const interrupted = new Promise((done) => ['SIGINT', 'SIGTERM', 'SIGHUP'].forEach((name) => process.on(name, () => done('interrupted'))));

async function tell(options) {
  const systems = await startSandbox(options.sandbox);
  const { home, daemon, pair, good, result } = await story(systems);
  if (options.once) {
    console.log(JSON.stringify(result));
  } else {
    invite(systems, home.dir, daemon, pair);
    await interrupted;
  }
  return good ? 0 : 1;
}

async function main() {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    console.log(help);
    return 0;
  }
  const told = tell(options);
  try {
    const end = await Promise.race([told, interrupted]);
    if (end !== 'interrupted') return end;
    /* Ctrl-C at the end of the story is how it ends; in the middle of it, it is a stop. */
    return await Promise.race([told, new Promise((_, fail) => setTimeout(fail, 50, new Error('interrupted')))]);
  } catch (error) {
    /* The terminal sends Ctrl-C to the stand-ins too, so that any step may be the one that fails. */
    const stopped = await Promise.race([interrupted, new Promise((done) => setTimeout(done, 100))]);
    say(stopped ? '\nstopped; nothing is left behind' : `\nThe demo stopped: ${error.message}`);
    return stopped ? 130 : 1;
  } finally {
    told.catch(() => {});
    await endEverything();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof Misuse)) throw error;
  say(`demo: ${error.message}\n\n${help}`);
  process.exitCode = 2;
}
process.exit();

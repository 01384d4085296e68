// The demo: everything a clinic would do on its first day, against the stand-in systems.
import { parseArgs } from 'node:util';
import { fields, inconsistencies } from './consistent.mjs';
import { admin, must, setUp, startSandbox, states, writeCalls } from './systems.mjs';

const help = `usage: ./run demo [--data FILE] [--patients N] [--seed S] [--once]

  --data FILE    FHIR patients as NDJSON, one a line, instead of generated ones
  --patients N   how many patients to generate (1000)
  --seed S       another seed gives other patients (1)
  --once         end by itself with one JSON line on stdout; exit 0 only if both systems agree`;

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    patients: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    once: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(help);
  process.exit(0);
}

/** People read stderr, programs read the one line on stdout. */
const say = (line = '') => process.stderr.write(`${line}\n`);
const title = (line) => say(`\n\x1b[1m${line}\x1b[0m`);

function showRecord(label, before, after) {
  say(`  ${label}`);
  const keys = ['FirstName', 'LastName', 'Email', 'MobilePhone', 'MailingCity', 'Insurance_Payer__c', 'Hint_Patient_Id__c', 'Synced_to_Hint__c'];
  for (const key of keys) say(`    ${key.padEnd(22)} ${String(before?.[key] ?? '-').padEnd(32)} ${String(after?.[key] ?? '-')}`);
}

function showThree(world, before, after) {
  const of = (list, id) => list.find((c) => c.Id === id);
  const rows = [
    ['linked: the contact was there, conflicting and blank fields', world.patients.find((r) => r.treatment === 'linked')],
    ['created: nobody fitted', world.patients.find((r) => r.treatment === 'created')],
    ['skipped: two fit, a person decides', world.patients.find((r) => r.treatment === 'skipped_ambiguous')],
  ];
  say(`    ${'field'.padEnd(22)} ${'before'.padEnd(32)} after`);
  for (const [label, row] of rows.filter(([, r]) => r)) {
    const contact = after.contacts.find((c) => c.Hint_Patient_Id__c === row.id) ?? of(after.contacts, row.contacts[0]);
    showRecord(`${row.id} ${label}`, contact && of(before.contacts, contact.Id), contact);
  }
}

async function story(systems) {
  const began = Date.now();
  title('1. Two systems');
  say(`  Hint       ${systems.hint}/api`);
  say(`  Salesforce ${systems.salesforce}`);
  const before = await states(systems);
  say(`  ${before.patients.length} patients in Hint, ${before.contacts.length} contacts in Salesforce, some of them the same people`);

  title('2. Set up: suture init, suture apply, suture check');
  const home = await setUp(systems, { practice: { pace: '0', window: '8' } });
  const check = await must(home.dir, ['check']);
  say(check.stdout.split('\n').map((line) => `  ${line}`).join('\n').trimEnd());

  title('3. One record, before anything is written: suture preview');
  const world = await admin(systems.hint, 'world');
  const sample = world.patients.find((row) => row.treatment === 'linked') ?? world.patients[0];
  const preview = await must(home.dir, ['preview', '--id', sample.id]);
  say(preview.stdout.split('\n').slice(0, 14).map((line) => `  ${line}`).join('\n'));

  title('4. The import: suture import');
  const first = await must(home.dir, ['import', '--json'], { onStderr: options.once ? undefined : (b) => process.stderr.write(b) });
  for (const [key, value] of Object.entries(first.json)) say(`  ${key.padEnd(24)} ${value}`);
  await must(home.dir, ['drain', '--quiet']);
  const after = await states(systems);

  title('5. Three records, before and after');
  showThree(world, before, after);

  title('6. The same import again');
  const writesBefore = (await writeCalls(systems.salesforce)) + (await writeCalls(systems.hint));
  const second = await must(home.dir, ['import', '--json', '--quiet']);
  await must(home.dir, ['drain', '--quiet']);
  const writes = (await writeCalls(systems.salesforce)) + (await writeCalls(systems.hint)) - writesBefore;
  say(`  ${second.json.unchanged} unchanged, ${writes} write calls`);

  title('7. Do both systems agree? An independent comparison of all ' + fields.length + ' fields');
  const wrong = inconsistencies(world, before, await states(systems));
  for (const line of wrong.slice(0, 10)) say(`  ${line}`);
  say(wrong.length ? `  no: ${wrong.length} findings` : '  yes');
  const result = {
    read: first.json.read,
    created: first.json.created,
    linked: first.json.linked,
    updated: first.json.updated,
    unchanged: first.json.unchanged,
    skipped_ambiguous: first.json.skipped_ambiguous,
    skipped_linked: first.json.skipped_linked,
    failed: first.json.failed,
    second_run_writes: writes,
    consistent: wrong.length === 0,
    seconds: (Date.now() - began) / 1000,
  };
  return { home, result };
}

const data = options.data ? ['--data', options.data] : ['--patients', options.patients];
const systems = await startSandbox(['--seed', options.seed, '--pace', '-1', ...data]);
let home;
let code = 1;
try {
  const done = await story(systems);
  home = done.home;
  if (options.once) console.log(JSON.stringify(done.result));
  code = done.result.consistent && done.result.second_run_writes === 0 ? 0 : 1;
  if (!options.once) {
    title('Look around');
    say(`  export SUTURE_DIR=${home.dir}`);
    say('  build/src/app/suture runs | report | staged | links | log | audit      (Ctrl-C here ends the demo)');
    await new Promise((done) => process.once('SIGINT', done));
  }
} catch (error) {
  say(`\nThe demo stopped: ${error.message}`);
} finally {
  home?.remove();
  await systems.stop();
}
process.exit(code);

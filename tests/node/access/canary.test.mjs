// Canaries: words that stand nowhere else are planted as secrets and as a patient's data, in records, calls and wrong turns; a whole life later, with
// refusals and a crash in it, none of them may be readable in anything that leaves the process (R41, DESIGN section 6).
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { apiKey } from '../../../demo/systems.mjs';
import { addAccount, password } from '../api/lib.mjs';
import { admin, connectHooks, eventually, secrets, startDaemon, suture, untilReady, withLive } from '../live/live.mjs';
import { knock, signIn } from './door.mjs';

const patient = {
  first_name: 'Quvixanne',
  middle_name: 'Zorblatt',
  last_name: 'Wyvernquist',
  dob: '1931-07-23',
  email: 'quvix.canary@mail.example',
  phones: [{ type: 'mobile', number: '(786) 791-3457' }],
  address_line1: '77 Canarystreet',
  address_city: 'Zanquovia',
  health_insurance_member_id: 'MBRCANARY90417',
  health_insurance_group_id: 'GRPCANARY77120',
};
const edited = { email: 'second.canary@mail.example', address_city: 'Yttrivale' };
const refused = { first_name: 'Refuzella', last_name: 'Vexinbright', dob: '1931-07-24', email: 'not-an-address-kwyjibo', phones: [{ type: 'mobile', number: 'callmekwyjibo' }] };
const typed = ['mallory.typedname', 'typed-Password-of-her', 'hookwordqzx'];
/* Names in an address: whoever typed one is told that there is none of that name, and nobody else is. */
const names = ['pathwordqzx', 'runwordqzx'];
const ofPatients = [
  ...Object.values({ ...patient, phones: undefined }),
  ...['786) 791-3457', '7867913457', '786-791-3457', '07/23/1931', '19310723'],
  ...Object.values(edited),
  ...['Refuzella', 'Vexinbright', '1931-07-24', 'kwyjibo'],
].filter(Boolean);

/** How a word may stand in a file: as it is, in two bytes a letter, as hex, and as base64 wherever it begins. */
function traces(word) {
  const bytes = Buffer.from(word);
  const sixes = [0, 1, 2].map((lead) => Buffer.concat([Buffer.alloc(lead), bytes]).toString('base64').replace(/=+$/, '').slice(lead ? 4 : 0, -4));
  return [word.toLowerCase(), Buffer.from(word, 'utf16le').toString('latin1').toLowerCase(), bytes.toString('hex'), ...sixes.filter((text) => text.length >= 8).map((text) => text.toLowerCase())];
}

/** Fails with the name of what leaks and where; the text around it would be a leak of its own. */
function assertSilent(sources, words) {
  const rows = words.flatMap((word) => traces(word).map((trace) => [word, trace]));
  for (const [where, text] of sources) {
    const lower = text.toLowerCase();
    const leaked = [...new Set(rows.filter(([, trace]) => lower.includes(trace)).map(([word]) => word))];
    assert.deepEqual(leaked, [], where);
  }
}

/** Files of the folder but those that the operator wrote himself, with the secrets in them. */
function files(dir, own = ['suture.yaml', 'hint.token', 'salesforce.secret', 'wrong.csv']) {
  const names = readdirSync(dir, { recursive: true }).filter((name) => !own.includes(name) && statSync(join(dir, name)).isFile());
  return names.map((name) => [`file ${name}`, readFileSync(join(dir, name), 'latin1')]);
}

/** A copy of all that is stored: a backup, or what PostgreSQL's own tool writes. */
async function copyOfAll(w, run) {
  const server = process.env.SUTURE_TEST_STORE;
  if (!server) {
    await run(['backup', join(w.dir, 'copy.backup'), '--quiet'], 'backup');
    return ['the copy', readFileSync(join(w.dir, 'copy.backup'), 'latin1')];
  }
  return ['the copy', spawnSync('pg_dump', ['--dbname', server], { encoding: 'latin1', maxBuffer: 1 << 28 }).stdout];
}

const mayBeRead = (path) => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
};

/** Calls that go wrong, with something in each place where a careless line of a log would pick it up. */
async function goWrong(w, address) {
  const said = [];
  const keep = (answer) => said.push(typeof answer === 'string' ? answer : JSON.stringify(answer.said ?? answer.text ?? answer));
  const forged = { id: 'evt-forged', type: 'patient.updated', object: { id: 'pat-forged', ...patient } };
  keep(await w.hook(forged, { signature: 'sha256=hookwordqzx' }));
  keep(await w.hook(`{"type":"patient.updated","object":{"id":"pat-x","first_name":"${patient.first_name}",`));
  keep(await w.hook({ ...forged, object: { id: 'pat-x', first_name: [patient.first_name], dob: patient.last_name } }));
  keep(await w.hook(forged, { headers: { 'x-odd': patient.email } }));
  for (const path of [`/hooks/${patient.last_name}`, `/hooks/practice?${patient.email}`, '/hooks/%0d%0a%7b%22level%22%3a%22hookwordqzx%22%7d'])
    keep(await (await fetch(`${address}${path}`, { method: 'POST', body: JSON.stringify(patient) })).text());
  const wrong = await signIn(address, typed[0], { secret: typed[1] });
  keep(wrong);
  const ann = await signIn(address, 'admin');
  const call = async (method, path, body) => keep(await knock(address, method, path, { body, headers: ann.headers }));
  await call('GET', `/syncs/${names[0]}/links`);
  await call('GET', `/runs/${names[1]}`);
  await call('GET', `/log?level=${patient.last_name}`);
  await call('POST', '/syncs/patients/links', { emr_id: patient.email, crm_id: patient.last_name });
  await call('POST', '/connections/practice', { token: [patient.last_name] });
  await call('PUT', '/syncs/patients/policy', { field: patient.last_name, winner: patient.first_name });
  const token = await knock(address, 'POST', '/tokens', { body: { name: 'canary', scopes: ['see', 'audit'] }, headers: ann.headers });
  return { said, ann, secrets: [ann.cookie.split('=')[1], ann.csrf, token.said.token] };
}

/** Everything that tells how things stand, over the API and on the command line. */
async function reports(w, ann) {
  const paths = ['/log?limit=500', '/audit?limit=1000', '/audit/export', '/runs', '/syncs', '/syncs/patients/links', '/payloads', '/payloads/failed', '/alerts', '/connections', '/connections/practice', '/connections/org', '/hooks', '/activity', '/conflicts', '/review', '/realtime', '/syncs/patients/deliveries', '/drift', '/tokens'];
  const api = await Promise.all(paths.map(async (path) => [`API ${path}`, JSON.stringify((await knock(w.daemon.url, 'GET', path, { headers: ann.headers })).said)]));
  const commands = [['log', '--json', '--limit', '1000'], ['audit', '--json'], ['export'], ['report'], ['links', '--limit', '1000'], ['staged', '--failed', '--json'], ['runs'], ['check', '--json']];
  const cli = [];
  for (const args of commands) {
    const { stdout, stderr } = await suture(w.dir, args);
    cli.push([`suture ${args.join(' ')}`, stdout + stderr]);
  }
  return [...api, ...cli, ['/metrics', await w.metrics()], ['/ready', JSON.stringify(await w.ready())], ['/health', await (await fetch(`${w.daemon.url}/health`)).text()]];
}

test('R41: no canary gets out: log, figures, answers, reports, files, backup, process', async () => {
  await withLive({ patients: 12, begin: false }, async (w) => {
    const told = [];
    const run = async (args, name = args.join(' ')) => {
      const { stdout, stderr } = await suture(w.dir, args);
      told.push([`suture ${name}`, stdout + stderr]);
    };
    /* An import that takes one and fails at another, and files that are not what was asked for. */
    const id = await w.newPatient(patient);
    await w.newPatient(refused);
    await run(['import', '--quiet']);
    await run(['import', '--quiet', '--json']);
    writeFileSync(join(w.dir, 'wrong.csv'), `Id,Name\n${patient.last_name},"${patient.first_name}\n003000000000001,${patient.email}\n`, { mode: 0o600 });
    await run(['import', '--csv', join(w.dir, 'wrong.csv')]);
    await run(['apply', join(w.dir, 'hint.token')]);
    /* Live, with errors on the way, a crash and another life. */
    await addAccount(w.dir, 'admin');
    w.daemon = await startDaemon(w.dir, { args: ['--log', 'json'] });
    await untilReady(w.daemon);
    await connectHooks(w.systems, w.dir, w.daemon);
    await eventually(async () => (await w.contactsOf(id)).length === 1, 'the patient has a contact');
    const [contact] = await w.contactsOf(id);
    await admin(w.systems.salesforce, 'faults', [{ match: '*composite/sobjects*', kind: 'html', times: 2 }, { match: '*composite/sobjects*', kind: 'lock', times: 2 }]);
    await w.editPatient(id, edited);
    const first = await goWrong(w, w.daemon.url);
    await w.daemon.kill();
    told.push(['the log of the first life', w.daemon.log()], ...files(w.dir).map(([name, text]) => [`after the crash: ${name}`, text]));
    await w.again();
    await eventually(async () => (await w.contact(contact.Id)).Email === edited.email, 'the edit arrives');
    const second = await goWrong(w, w.daemon.url);
    told.push(['answers', [...first.said, ...second.said].join('\n')], ...(await reports(w, second.ann)));
    for (const name of ['cmdline', 'environ']) told.push([`/proc: ${name}`, mayBeRead(`/proc/${w.daemon.pid}/${name}`)]);
    assert.match(readFileSync(`/proc/${w.daemon.pid}/limits`, 'utf8'), /Max core file size +0 +0/);
    const copy = await copyOfAll(w, run);
    const key = readFileSync(join(w.dir, 'suture.key'), 'utf8').trim();
    await w.daemon.stop();
    told.push(['the log of the second life', w.daemon.log()], ...files(w.dir).filter(([name]) => name !== 'file suture.key'));
    const kept = told.filter(([name]) => !name.endsWith('file suture.key'));
    assert.ok(copy[1].length > 10_000);
    kept.push(copy);
    const words = [...ofPatients, ...typed, apiKey, 'suture-secret', 'hint-partner-key', ...Object.values(secrets), password, key, ...first.secrets, ...second.secrets];
    assertSilent(kept, words);
    assertSilent(kept.filter(([name]) => name !== 'answers'), names);
    for (const name of readdirSync(w.dir).filter((file) => /^suture\.(db|key)|^copy|^setup/.test(file))) assert.equal(statSync(join(w.dir, name)).mode & 0o077, 0, `others may read ${name}`);
  });
});

test('the search for canaries finds them', () => {
  for (const text of ['xxWYVERNQUISTxx', Buffer.from('Wyvernquist').toString('hex'), Buffer.from('a Wyvernquist of it').toString('base64'), Buffer.from('Wyvernquist', 'utf16le').toString('latin1')])
    assert.throws(() => assertSilent([['a place', text]], ['Wyvernquist']), /a place/);
  assertSilent([['a place', 'nothing']], ['Wyvernquist']);
});

// bench/delta: what a delta costs that finds nothing changed, and one that finds 100 patients changed, in a store of 1,000 links and in one of many
// (--links; 50,000 unless told, 1,000,000 to believe it). The floor: the same calls, one after the other, and nothing done with the answers.
// Goal: the cost is that of the changes, not of the patients. A delta that reads or writes what it must not is an error, a slow one never.
import { parseArgs } from 'node:util';
import { counted, edit, settleDown, table, whole, withLinks } from './import_lib.mjs';

const { admin, apiKey, paths, states } = await import('../demo/systems.mjs');

const { values } = parseArgs({ options: { links: { type: 'string', default: '50000' }, rounds: { type: 'string', default: '9' }, changes: { type: 'string', default: '100' } } });
const rounds = Number(values.rounds);
const changes = Number(values.changes);
let wrong = 0;

const best = (rows, key) => Math.min(...rows.map((row) => row[key]));
const summary = (rows) => ({ ms: best(rows, 'ms'), cpu_ms: best(rows, 'cpu_ms'), peak_mb: Math.max(...rows.map((row) => row.peak_mb)) });

async function delta(systems, dir, expected) {
  const { cost, writes } = await counted(systems, [paths.suture, 'delta', '--json', '--quiet'], { SUTURE_DIR: dir });
  if (cost.answer.read !== expected || (expected === 0 && writes)) wrong += 1;
  return { ms: cost.whole_seconds * 1000, cpu_ms: cost.cpu_seconds * 1000, peak_mb: cost.peak_kb / 1024, read: cost.answer.read, writes };
}

async function nothing(systems, dir) {
  const rows = [];
  for (let i = 0; i < rounds; i++) rows.push(await delta(systems, dir, 0));
  return summary(rows);
}

/* Somebody edits in the practice; the delta carries it over, and the next one takes note of our own writes. */
let edition = 0;
async function edited(systems, dir) {
  const { contacts, patients } = await states(systems);
  const linked = new Set(contacts.map((c) => c.Hint_Patient_Id__c).filter(Boolean));
  const chosen = patients.filter((p) => linked.has(p.id)).slice(0, changes);
  const rows = [];
  for (let i = 0; i < Math.min(3, rounds); i++) {
    edition += 1;
    const email = (id) => `e${edition}-${id}@mail.example`;
    await edit(systems, chosen, email);
    rows.push(await delta(systems, dir, chosen.length));
    const after = new Map((await admin(systems.salesforce, 'state')).Contact.map((c) => [c.Hint_Patient_Id__c, c.Email]));
    if (chosen.some((p) => after.get(p.id) !== email(p.id))) wrong += 1;
    await settleDown(systems, dir);
  }
  return summary(rows);
}

/* What a delta asks, as the counters of the stand-ins have it. */
async function calls(systems) {
  const started = process.hrtime.bigint();
  const ask = async (url, init) => {
    const answer = await fetch(url, init);
    if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
    return answer.json();
  };
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'suture-client', client_secret: 'suture-secret' });
  const { access_token: token } = await ask(`${systems.salesforce}/services/oauth2/token`, { method: 'POST', body: form });
  const org = { headers: { authorization: `Bearer ${token}` } };
  const practice = { headers: { authorization: `Bearer ${apiKey}` } };
  const data = `${systems.salesforce}/services/data/v65.0`;
  const since = new Date(Date.now() - 1000).toISOString();
  const query = (soql) => `?q=${encodeURIComponent(soql)}`;
  await ask(data, org);
  await ask(`${data}/query${query('SELECT Id FROM Account LIMIT 1')}`, org);
  await ask(`${data}/query${query(`SELECT Id, LastName, Email FROM Contact WHERE SystemModstamp >= ${since}`)}`, org);
  await ask(`${data}/queryAll${query(`SELECT Id FROM Contact WHERE IsDeleted = TRUE AND SystemModstamp >= ${since}`)}`, org);
  await ask(`${systems.hint}/api/provider/practice`, practice);
  await ask(`${systems.hint}/api/provider/patients?updated_at=${encodeURIComponent(JSON.stringify({ gte: since }))}&limit=1`, practice);
  return Number(process.hrtime.bigint() - started) / 1e6;
}

async function floor(systems) {
  let ret = Infinity;
  for (let i = 0; i < rounds + 10; i++) ret = Math.min(ret, await calls(systems));
  return ret;
}

const measure = async (systems, dir) => ({ nothing: await nothing(systems, dir), edited: await edited(systems, dir), floor: await floor(systems) });
const { small, large, links, megabytes } = await withLinks(Number(values.links), { before: measure, use: measure });
const alone = Math.min(small.floor, large.floor);
const row = (what, count, r, first) => [what, whole(count), r.ms.toFixed(0), r.cpu_ms.toFixed(0), r.peak_mb.toFixed(0), (r.ms / alone).toFixed(1), first ? (r.cpu_ms / first.cpu_ms).toFixed(2) : '', first ? (r.ms / first.ms).toFixed(2) : ''];
console.log(table([
  ['delta', 'links', 'ms', 'CPU ms', 'peak MB', 'of the calls alone', 'CPU: of few links', 'time: of few links'],
  row('nothing changed', 976, small.nothing),
  row('nothing changed', links, large.nothing, small.nothing),
  row(`${changes} changed`, 976, small.edited),
  row(`${changes} changed`, links, large.edited, small.edited),
]));
console.log(`\nA process each, from its start to its end; the best of ${rounds} (of 3 with changes). The calls alone: ${alone.toFixed(1)} ms. The store of many links has ${whole(megabytes)} MB.`);
if (wrong) console.log(`${wrong} deltas read or wrote something else than what changed.`);
process.exit(wrong ? 1 : 0);

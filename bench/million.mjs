// bench/million: a practice of a million patients, imported once into an org and then again, on each store: records/s, peak memory, size of the database.
// Beside it the floor in C: parses the same pages, keeps the same bytes in one table, ships as many bodies. --patients N, --store sqlite|postgresql.
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { byFloor, bySuture, onPostgres, percent, table, treatments, whole } from './import_lib.mjs';

const { values } = parseArgs({ options: { patients: { type: 'string', default: '1000000' }, store: { type: 'string' } } });
const patients = Number(values.patients);
const goal = 64;

/* What the store takes, and whom the import should have created, linked and left alone. */
const look = (sizeOf) => async (systems, dir) => ({ bytes: sizeOf(dir), truth: await treatments(systems) });
const fileSize = (dir) => statSync(join(dir, 'suture.db')).size;
const serverSize = () => Number(execFileSync('psql', ['-XAtc', 'SELECT pg_database_size(current_database())', process.env.SUTURE_TEST_STORE], { encoding: 'utf8' }));

const stores = {
  sqlite: () => bySuture({ patients, again: 1, check: false, look: look(fileSize) }),
  postgresql: () => onPostgres({ patients, again: 1, check: false, look: look(serverSize) }),
};
const wanted = Object.keys(stores).filter((name) => !values.store || name === values.store);

const floor = await byFloor({ patients });
const rows = [['', 'records', 'seconds', 'records/s', 'CPU us/record', 'peak MB', 'calls to CRM', 'to EMR', 'of floor', 'database MB', 'bytes/record']];
const row = (name, r, bytes) => [
  name, whole(r.records), r.seconds.toFixed(1), whole(r.rate), r.cpu_us.toFixed(1), r.peak_mb.toFixed(1), whole(r.to_crm), whole(r.to_emr), percent(r.rate / floor.rate),
  bytes ? whole(bytes / 1e6) : '', bytes ? whole(bytes / r.records) : '',
];
rows.push(row('floor in C', floor));
const notes = [];
let wrong = 0;
for (const name of wanted) {
  const r = await stores[name]();
  if (r.error) {
    notes.push(`${name}: not measured, it could not be started here (${r.error}).`);
    continue;
  }
  rows.push(row(`**${name}**`, r, r.bytes), row(`${name}, again`, r.repeats[0]));
  if (r.server_us) notes.push(`${name}: the server took ${whole(r.server_us)} us of CPU for a record beside that, of both imports. It does not wait for the disk (tools/postgres-cluster).`);
  const off = Object.entries(r.truth).filter(([key, count]) => r.answer[key] !== count);
  wrong += off.length + r.answer.failed + r.repeats[0].writes;
  notes.push(`${name}: ${Object.entries(r.truth).map(([key, count]) => `${whole(r.answer[key])} ${key} (the truth: ${whole(count)})`).join(', ')}, ${r.answer.failed} failed; peak ${(r.peak_mb / goal).toFixed(2)} of the goal of ${goal} MB.`);
}
console.log([table(rows), '', ...notes, 'Calls that write; Hint takes one record a call: what contacts know and patients lack. Back-references off, pace lifted, 8 calls in flight a system, one round; the stand-ins share the machine.'].join('\n'));
process.exit(wrong ? 1 : 0);

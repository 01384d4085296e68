// bench/import: how fast patients get from a Hint practice into a Salesforce org, what that costs, and what is left of it when
// nothing changed. Beside it, in the same run: a floor in C and a jsforce script.
import { parseArgs } from 'node:util';
import { bestOf, byFloor, byScript, bySuture, onPostgres, percent, table, whole } from './import_lib.mjs';

const { values } = parseArgs({
  options: {
    patients: { type: 'string', default: '50000' },
    'in-flight': { type: 'string', default: '8' },
    rounds: { type: 'string', default: '2' },
  },
});
const patients = Number(values.patients);
const inFlight = Number(values['in-flight']);
const rounds = Number(values.rounds);

const { suture, floor, script } = await bestOf(rounds, {
  floor: () => byFloor({ patients, inFlight }),
  suture: () => bySuture({ patients, inFlight, again: 2 }),
  script: () => byScript({ patients, inFlight, again: 1 }),
});

const server = await onPostgres({ patients, inFlight, again: 1 });

const row = (name, r) => [
  name, whole(r.records), r.seconds.toFixed(2), whole(r.rate), r.cpu_us.toFixed(1), r.peak_mb.toFixed(0), r.writes,
  percent(r.rate / floor.rate), percent(r.rate / script.rate),
];
const lines = [
  table([
    ['', 'records', 'seconds', 'records/s', 'CPU us/record', 'peak MB', 'write calls', 'of floor', 'of peer'],
    row('floor in C', floor),
    row('**suture**', suture),
    row('jsforce script', script),
    row('suture, second import', suture.repeats[0]),
    row('suture, third import', suture.repeats[1]),
    row('script, second import', script.repeats[0]),
    ...(server.error ? [] : [row('suture on PostgreSQL', server), row('the same, second import', server.repeats[0])]),
  ]),
  '',
  server.error ? `On PostgreSQL: not measured, it could not be started here (${server.error}).` : `On PostgreSQL, one round: beside that the server took ${whole(server.server_us)} us of CPU for a record, of both imports.`,
  `State of both systems after the imports, against the rules: suture ${suture.wrong} findings, on PostgreSQL ${server.wrong ?? 'not looked at'}, script ${script.wrong}.`,
  `Back-references off, pace lifted, ${inFlight} calls in flight a system, best of ${rounds} rounds; the stand-ins share the machine.`,
  `Outcome: ${['created', 'linked', 'skipped_ambiguous', 'skipped_linked', 'failed'].map((key) => `${suture.answer[key]} ${key}`).join(', ')}.`,
];
console.log(lines.join('\n'));

process.exit(suture.wrong || server.wrong || suture.repeats.some((r) => r.writes) ? 1 : 0);

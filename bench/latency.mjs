// bench/latency: 100 ms more for every answer of both systems. Waiting must overlap: pages read ahead, writes under way at once.
// The peer is the jsforce script with the same number of calls in flight; the goal is at most 1.05 times its time.
import { parseArgs } from 'node:util';
import { bestOf, byScript, bySuture, table, whole } from './import_lib.mjs';

const { values } = parseArgs({
  options: {
    patients: { type: 'string', default: '10000' },
    'in-flight': { type: 'string', default: '8' },
    latency: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '1' },
  },
});
const how = { patients: Number(values.patients), inFlight: Number(values['in-flight']), latency: Number(values.latency) };
const { suture, script, careful } = await bestOf(Number(values.rounds), {
  suture: () => bySuture(how),
  careful: () => byScript({ ...how, careful: true }),
  script: () => byScript(how),
});

const ratio = (peer) => (suture.seconds / peer.seconds).toFixed(2);
const row = (name, r) => [name, whole(r.records), r.seconds.toFixed(2), r.writes, r.wrong];
console.log(table([['', 'records', 'seconds', 'write calls', 'findings'], row('suture', suture), row('jsforce script', script), row('the same, careful', careful)]));
console.log(`\n${how.latency} ms added to every answer, ${how.inFlight} calls in flight a system, pace lifted, back-references off.`);
console.log('The script makes the same calls as Suture; the careful one reads each patient again before it fills a blank field.');
console.log(`Time of suture over that of the script: ${ratio(script)} (goal: at most 1.05); of the careful script: ${ratio(careful)}.`);
process.exit(suture.wrong ? 1 : 0);

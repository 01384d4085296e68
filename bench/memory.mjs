// bench/memory: does what Suture holds in memory depend on how many patients there are? Goal: under 64 MB at any number.
// The jsforce script holds all of them. --full adds 200,000 patients.
import { parseArgs } from 'node:util';
import { byScript, bySuture, table, whole } from './import_lib.mjs';

const { values } = parseArgs({ options: { full: { type: 'boolean', default: false } } });
const goal = 64;
const rows = [['patients', 'peak MB', 'of the goal', 'script, peak MB', 'of the script']];
let most = 0;
for (const patients of [5_000, 50_000, ...(values.full ? [200_000] : [])]) {
  const result = await bySuture({ patients, check: false });
  const script = await byScript({ patients, check: false });
  most = Math.max(most, result.peak_mb);
  rows.push([whole(patients), result.peak_mb.toFixed(1), (result.peak_mb / goal).toFixed(2), script.peak_mb.toFixed(1), (result.peak_mb / script.peak_mb).toFixed(2)]);
}
console.log(table(rows));
process.exit(most < goal ? 0 : 1);

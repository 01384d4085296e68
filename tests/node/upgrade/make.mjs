// make.mjs PROGRAM FOLDER: the store that an older program leaves after its first import of the small world, for upgrade.test.mjs.
//
// Build the older program elsewhere, then: node tests/node/upgrade/make.mjs OLDER/build/src/app/suture tests/node/upgrade
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { paths } from '../../../demo/systems.mjs';
import { must, world } from './world.mjs';

const [program, folder] = process.argv.slice(2);
paths.suture = program;
await world(async ({ dir }) => {
  await must(dir, ['import', '--quiet']);
  await must(dir, ['drain', '--quiet']);
  await must(dir, ['policy', 'set', 'Phone', 'review', '--why', 'a line of the audit trail']);
  const { json: checked } = await must(dir, ['runs', '--json']);
  writeFileSync(join(folder, 'older.db.gz'), gzipSync(readFileSync(join(dir, 'suture.db')), { level: 9 }));
  writeFileSync(join(folder, 'older.key'), readFileSync(join(dir, 'suture.key')));
  console.log(JSON.stringify({ runs: checked.length, bytes: readFileSync(join(folder, 'older.db.gz')).length }));
});

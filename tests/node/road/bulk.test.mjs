// Very much at once goes to Salesforce as bulk jobs: the same end, in fewer calls.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { admin, must, withWorld } from './world.mjs';

async function callsOf(systems, part) {
  const { routes } = await admin(systems.salesforce, 'counters');
  const rows = Array.isArray(routes) ? routes : Object.entries(routes).map(([route, row]) => ({ route, ...row }));
  return rows.filter((row) => row.route.includes(part)).reduce((sum, row) => sum + (row.calls ?? row.count ?? 0), 0);
}

test('R5 R12: with bulk_from set an import goes in bulk jobs, ends as ever, and a later one writes nothing', async () => {
  await withWorld({ patients: 4000, extra: { patients: { bulk_from: 250, back_reference: false } } }, async ({ dir, systems, wrong }) => {
    await admin(systems.salesforce, 'faults', [{ match: '*composite*', kind: 'latency', rate: 1, ms: 150 }]);
    const run = (await must(dir, ['import', '--json', '--quiet'])).json;
    await admin(systems.salesforce, 'faults', []);
    assert.equal(run.failed, 0);
    assert.ok((await callsOf(systems, 'jobs/ingest')) > 0, 'no bulk job was made');
    assert.deepEqual(await wrong({ backReferences: false }), []);
    const again = (await must(dir, ['import', '--json', '--quiet'])).json;
    assert.equal(again.created + again.linked + again.updated, 0);
  });
});

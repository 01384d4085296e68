// A connection's calls of the day run out: an import stops before what is kept for people, and says so.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { must, suture, withWorld } from './world.mjs';

test('an import stops before the calls that are kept for people, and says until when', async () => {
  await withWorld({ patients: 60, extra: { practice: { calls_a_day: '1' } } }, async ({ dir }) => {
    const held = await suture(dir, ['import', '--json', '--quiet']);
    assert.equal(held.code, 1);
    assert.match(held.stderr, /practice.*kept for people/);
    assert.match(held.stderr, /suture budget/);
    assert.ok((await must(dir, ['budget', '--json'])).stdout.includes('practice'));
  });
});

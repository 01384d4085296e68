// Three daemons on one database: shares, a death, a sleeper that wakes up too late. Short; the long one is daemons.full.mjs.
import assert from 'node:assert/strict';
import test from 'node:test';
import { eventually, withSeveral } from './several.mjs';

const server = process.env.SUTURE_TEST_STORE;
const stores = [
  { name: 'SQLite', store: undefined },
  ...(server ? [{ name: 'PostgreSQL', store: `${server}${server.includes('?') ? '&' : '?'}schema=several_${process.pid}` }] : []),
];

for (const { name, store } of stores) {
  test(`R5 three daemons share two syncs; one is killed, one sleeps for longer than its lease; nothing is lost, twice, or out of order (${name})`, async () => {
    await withSeveral({ store, clinics: 2, patients: 8, leaseMs: 1500 }, async (w) => {
      for (let n = 0; n < 3; n++) await w.start();
      const rows = await eventually(() => w.held(), 'every sync is worked on');
      await eventually(async () => new Set((await w.held())?.map((row) => row.process)).size === 2, 'two daemons share two syncs');
      const fences = new Map(rows.map((row) => [row.sync, row.fence]));

      await w.load(2, 3);
      const first = w.daemons.find((daemon) => daemon.pid === rows[0].process) ?? w.daemons[0];
      w.kill(first, 'SIGKILL');
      await w.load(1, 3);
      await eventually(() => w.held(), 'what the dead one had is taken over');

      const [row] = await w.leases();
      const sleeper = w.daemons.find((daemon) => daemon.pid === row.process);
      await w.putToSleep(sleeper);
      await w.load(1, 3);
      w.kill(sleeper, 'SIGCONT');
      await w.load(1, 3);
      await eventually(() => sleeper.log().includes('taken sync') || sleeper.log().includes('stands by'), 'the sleeper notices');
      await w.settled();
      const after = await w.leases();
      assert.ok(after.some(({ sync, fence }) => fence > fences.get(sync)), 'the numbers grew');
      assert.equal((await (await fetch(`${w.alive()[0].url}/ready`)).json()).syncs, 2);
    });
  });
}

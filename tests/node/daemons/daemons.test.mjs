// Three daemons on one database: shares, a death, a sleeper that wakes up too late. Short; the long one is daemons.full.mjs.
import assert from 'node:assert/strict';
import test from 'node:test';
import { must, serverStore, setUpBare } from '../../../demo/systems.mjs';
import { eventually, sleep, withSeveral } from './several.mjs';

const server = serverStore(`several_${process.pid}`);
const stores = [{ name: 'SQLite', store: undefined }, ...(server ? [{ name: 'PostgreSQL', store: server }] : [])];

/** All that can go out is on its way: a process that is stopped between the question whether it may send and the first byte sends that one (decision 031). */
async function quiet(sent) {
  for (let before = -1; before !== sent(); await sleep(700)) before = sent();
}

/** A daemon stops while the answers of its writes are on their way and more writes wait behind them; others take its sync. */
async function sleepWithWork(w) {
  const [{ sync, process: pid }] = await w.leases();
  const sleeper = w.daemons.find((daemon) => daemon.pid === pid);
  const clinic = w.clinics.find((one) => one.sync === sync);
  const sent = () => w.writes(clinic).filter((write) => write.pid === pid && write.values.length).length;
  for (const relay of Object.values(clinic.relays)) relay.hold();
  await w.load(1, 3);
  await eventually(() => Object.values(clinic.relays).some((relay) => relay.holding(pid) > 0), 'it writes');
  await w.load(1, 3);
  await w.putToSleep(sleeper, () => quiet(sent));
  return { sleeper, clinic };
}

/** What a daemon and the command say of the leases is the same, whoever has them. */
async function checkFigures(w, rows) {
  const text = await (await fetch(`${w.daemons[0].url}/metrics`)).text();
  const figure = (name, sync) => Number(text.match(new RegExp(`^${name}\\{sync="${sync}"\\} (.*)$`, 'm'))?.[1]);
  for (const { sync, fence, since, until } of rows) {
    assert.equal(figure('suture_sync_leased', sync), 1);
    assert.ok(figure('suture_sync_fence', sync) >= fence && fence > 0, `fence of ${sync}`);
    assert.ok(Date.parse(until) > Date.parse(since), `${sync}: ${since} to ${until}`);
  }
}

test('without a daemon nobody has anything', async () => {
  const bare = await setUpBare();
  try {
    assert.deepEqual((await must(bare.dir, ['leases', '--json'])).json, []);
    assert.match((await must(bare.dir, ['leases'])).stdout, /no sync was ever worked on/);
  } finally {
    bare.remove();
  }
});

for (const { name, store } of stores) {
  test(`R5 three daemons share two syncs; one is killed, one sleeps for longer than its lease; nothing is lost, twice, or out of order (${name})`, async () => {
    await withSeveral({ store, clinics: 2, patients: 8, leaseMs: 1500 }, async (w) => {
      for (let n = 0; n < 3; n++) await w.start();
      const rows = await eventually(() => w.held(), 'every sync is worked on');
      await eventually(async () => new Set((await w.held())?.map((row) => row.process)).size === 2, 'two daemons share two syncs');
      await checkFigures(w, rows);
      const fences = new Map(rows.map((row) => [row.sync, row.fence]));

      await w.load(2, 3);
      const first = w.daemons.find((daemon) => daemon.pid === rows[0].process) ?? w.daemons[0];
      w.kill(first, 'SIGKILL');
      await w.load(1, 3);
      await eventually(() => w.held(), 'what the dead one had is taken over');

      const { sleeper, clinic } = await sleepWithWork(w);
      const taken = Date.now();
      // Who took over gets no answers yet, so that what the sleeper would go on with is still owed when it wakes up and finds its own answers.
      const release = (pid) => Object.values(clinic.relays).forEach((relay) => relay.release(pid));
      release(sleeper.pid);
      await w.load(1, 3);
      w.kill(sleeper, 'SIGCONT');
      await eventually(() => sleeper.log().includes('taken sync') || sleeper.log().includes('stands by'), 'the sleeper notices');
      release();
      await w.load(1, 3);
      await w.settled();
      const late = w.writes(clinic).filter(({ pid, at }) => pid === sleeper.pid && at > taken);
      assert.equal(late.length, 0, `who lost its lease sends nothing, but: ${JSON.stringify(late.map(({ at, ...write }) => ({ after: at - taken, ...write })))}`);
      const after = await w.leases();
      assert.ok(after.some(({ sync, fence }) => fence > fences.get(sync)), 'the numbers grew');
      assert.equal((await (await fetch(`${w.alive()[0].url}/ready`)).json()).syncs, 2);
    });
  });
}

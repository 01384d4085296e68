// The long one: three daemons and four clinics on a PostgreSQL of its own; killed, stopped and woken up, told to stop and started again, the server restarted under them, many times.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { paths } from '../../../demo/systems.mjs';
import { eventually, withSeveral } from './several.mjs';

const minutes = Number(process.env.SUTURE_DAEMONS_MINUTES ?? 2);

/** tools/postgres-cluster and pg_ctl, as whoever may run a server. */
function cluster() {
  const folder = mkdtempSync(join(tmpdir(), 'suture-daemons-pg-'));
  const at = join(folder, 'cluster');
  const tool = join(paths.root, 'tools/postgres-cluster');
  execFileSync('chmod', ['755', folder]);
  const url = execFileSync(tool, ['start', at], { encoding: 'utf8' }).trim();
  return {
    url,
    restart: (mode) => execFileSync(tool, ['restart', at, mode]),
    stop() {
      execFileSync(tool, ['stop', at]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const pick = (list, n) => list[n % list.length];

test('R5 R28 daemons on one PostgreSQL come, die, sleep and wake up, and the server with them; both sides agree in the end', { timeout: (minutes + 8) * 60_000 }, async () => {
  const server = cluster();
  const done = { killed: 0, slept: 0, stopped: 0, restarts: 0, rounds: 0 };
  try {
    await withSeveral({ store: server.url, clinics: 4, patients: 12, leaseMs: 2000 }, async (w) => {
      const sleeping = [];
      for (let n = 0; n < 3; n++) await w.start();
      await eventually(() => w.held(), 'every sync is worked on');
      const until = Date.now() + minutes * 60_000;
      const acts = [
        async (n) => {
          const daemon = pick(w.alive(), n);
          w.kill(daemon, 'SIGKILL');
          await daemon.ended;
          done.killed += 1;
        },
        async (n) => {
          sleeping.push(pick(w.alive(), n));
          w.kill(sleeping.at(-1), 'SIGSTOP');
          done.slept += 1;
        },
        async () => {
          while (sleeping.length) w.kill(sleeping.pop(), 'SIGCONT');
        },
        async (n) => {
          const daemon = pick(w.alive(), n);
          daemon.alive = false;
          await daemon.stop();
          done.stopped += 1;
        },
        async () => {
          server.restart(done.restarts % 2 ? 'fast' : 'immediate');
          done.restarts += 1;
        },
      ];
      let turn = 0; // starts are no turns, or some acts would hardly ever have theirs
      for (let step = 0; Date.now() < until; step++) {
        await w.load(2, 4);
        done.rounds += 2;
        if (w.alive().length < 2) await w.start();
        else await acts[turn++ % acts.length](turn);
        if (step % 3 === 2) await eventually(() => w.held(), 'every sync is worked on again', 120_000);
      }
      while (sleeping.length) w.kill(sleeping.pop(), 'SIGCONT');
      await w.load(1, 4);
      await w.settled();
      assert.ok(done.killed && done.slept && done.stopped && done.restarts, JSON.stringify(done));
      console.log(`# ${JSON.stringify(done)}, ${w.successors.length} went back with the server, ${w.daemons.length} daemons, fences ${(await w.leases()).map((row) => row.fence)}`);
    });
  } finally {
    server.stop();
  }
});

// bench/webhook: from a webhook's POST to the write that the org accepted, by Suture (committed before the 200) and by a small jsforce receiver, which keeps nothing.
// Three loads: 20 events/s, 500 events/s, and a burst. The world and the stopwatch are bench_webhook (webhook.c). Timings never fail; a lost event does.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const build = process.env.SUTURE_BUILD ?? new URL('../build-release', import.meta.url).pathname;
process.env.SUTURE ??= join(build, 'src/app/suture');

const { admin, apiKey, endEverything, must, secrets, setUp, startDaemon, states, untilReady } = await import('../demo/systems.mjs');
const { table, whole } = await import('./import_lib.mjs');

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' }, /* of each steady load */
    burst: { type: 'string', default: '10000' },
    bursts: { type: 'string', default: '1' }, /* one after the other: does memory stay? */
    patients: { type: 'string', default: '12000' },
    senders: { type: 'string', default: '32' },
    only: { type: 'string', default: '' }, /* suture or jsforce */
    stream: { type: 'boolean', default: false }, /* the daemon listens to the org as well, and so hears of all its own writes */
  },
});
const seconds = Number(values.seconds);
const loads = [
  ['20/s', { rate: 20, events: 20 * seconds, senders: 8 }],
  ['500/s', { rate: 500, events: 500 * seconds, senders: 32 }],
  ...Array.from({ length: Number(values.bursts) }, (_, i) => [i ? `burst ${i + 1}` : 'burst', { rate: 0, events: Number(values.burst), senders: Number(values.senders) }]),
];

const lines = (child) => createInterface({ input: child.stdout })[Symbol.asyncIterator]();

async function startWorld() {
  const child = spawn(join(build, 'bench/bench_webhook'), [values.patients, apiKey, secrets.webhook], { stdio: ['pipe', 'pipe', 'inherit'] });
  const said = lines(child);
  const { hint, salesforce } = JSON.parse((await said.next()).value);
  const order = async (spec) => {
    child.stdin.write(`${JSON.stringify({ ...spec, wait_ms: 10_000 })}\n`);
    const { value, done } = await said.next();
    if (done) throw new Error('bench_webhook ended');
    return JSON.parse(value);
  };
  return { systems: { hint, salesforce }, order, stop: () => child.stdin.end() };
}

const residentMb = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
const cpuSeconds = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
};

async function calls({ salesforce, hint }) {
  const of = async (base) => Object.entries((await admin(base, 'counters')).routes).filter(([route]) => !/cometd/.test(route)).reduce((sum, [, row]) => sum + row.calls, 0);
  return (await of(salesforce)) + (await of(hint));
}

/* One load: what bench_webhook measured, and what it cost. */
async function carry(world, receiver, spec) {
  const before = { calls: await calls(world.systems), cpu: cpuSeconds(receiver.pid), mb: residentMb(receiver.pid) };
  const got = await world.order({ ...spec, url: receiver.url });
  await sleep(1000);
  return {
    ...got,
    rate: got.accepted / got.seconds,
    calls_an_event: ((await calls(world.systems)) - before.calls) / got.events,
    cpu_us: ((cpuSeconds(receiver.pid) - before.cpu) * 1e6) / got.events,
    mb_before: before.mb,
    mb: residentMb(receiver.pid),
  };
}

/* What the marks say is in the end also what both systems say. */
async function differing(systems) {
  const { contacts, patients } = await states(systems);
  const byPatient = new Map(contacts.map((c) => [c.Hint_Patient_Id__c, c]));
  return patients.filter((p) => p.email?.startsWith('mark-') && byPatient.get(p.id)?.Email !== p.email).length;
}

async function bySuture() {
  const world = await startWorld();
  try {
    const home = await setUp(world.systems, { practice: { pace: '0' }, patients: { back_reference: false } });
    await must(home.dir, ['import', '--json', '--quiet']);
    const daemon = await startDaemon(home.dir, { args: values.stream ? [] : ['--no-stream'] });
    await untilReady(daemon);
    await sleep(3000); /* the deltas with which it begins */
    const results = {};
    for (const [name, spec] of loads) results[name] = await carry(world, { url: daemon.hooks.practice, pid: daemon.pid }, spec);
    await sleep(500);
    results.differing = await differing(world.systems);
    await daemon.stop();
    home.remove();
    return results;
  } finally {
    world.stop();
  }
}

async function byScript() {
  const world = await startWorld();
  const child = spawn(process.execPath, [new URL('webhook_jsforce.mjs', import.meta.url).pathname, world.systems.salesforce, secrets.webhook], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const url = (await lines(child).next()).value;
    await must((await setUp(world.systems, { practice: { pace: '0' }, patients: { back_reference: false } })).dir, ['import', '--json', '--quiet']);
    const results = {};
    for (const [name, spec] of loads) results[name] = await carry(world, { url, pid: child.pid }, spec);
    results.differing = await differing(world.systems);
    return results;
  } finally {
    child.kill();
    world.stop();
  }
}

const results = {};
try {
  if (values.only !== 'jsforce') results['**suture**'] = await bySuture();
  if (values.only !== 'suture') results['jsforce receiver'] = await byScript();
} finally {
  await endEverything();
}
const ms = (n) => n.toFixed(2);
const rows = Object.entries(results).flatMap(([who, all]) =>
  loads.map(([name]) => {
    const r = all[name];
    return [who, name, whole(r.events), ms(r.p50_ms), ms(r.p99_ms), ms(r.max_ms), ms(r.answer_p50_ms), whole(r.rate), r.lost + r.refused, r.calls_an_event.toFixed(3), r.cpu_us.toFixed(0), `${r.mb_before.toFixed(0)} to ${r.mb.toFixed(0)}`];
  }),
);
console.log(table([['', 'load', 'events', 'p50 ms', 'p99 ms', 'max ms', '200 after (p50)', 'written/s', 'lost', 'calls an event', 'CPU us an event', 'MB resident'], ...rows]));
console.log();
for (const [who, all] of Object.entries(results)) console.log(`${who}: ${all.differing} records differ between both systems afterwards.`);
console.log('From the POST to the acceptance by the org, on one machine with both stand-ins. Goals: 20/s p50 2 ms, p99 5 ms; 500/s p99 25 ms; burst 5 000/s, 0.1 calls an event.');
process.exit(Object.values(results).some((all) => all.differing || loads.some(([name]) => all[name].lost || all[name].refused)) ? 1 : 0);

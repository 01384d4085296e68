// What the benchmarks of the import share: one measured import by each of the three programs, each in a fresh stand-in.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const build = process.env.SUTURE_BUILD ?? new URL('../build-release', import.meta.url).pathname;
process.env.SUTURE ??= join(build, 'src/app/suture');
process.env.SUTURE_SANDBOX ??= join(build, 'sandbox/suture-sandbox');

const { inconsistencies } = await import('../demo/consistent.mjs');
const { admin, apiKey, must, paths, setUp, startSandbox, states, writeCalls } = await import('../demo/systems.mjs');

export const program = (name) => join(build, 'bench', name);
const peer = new URL('import_jsforce.mjs', import.meta.url).pathname;
const postgres = new URL('../tools/postgres-cluster', import.meta.url).pathname;

/** Runs a command under bench_cost; its JSON answer and what it took. */
async function measured(command, env = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'suture-bench-'));
  const file = join(folder, 'cost.json');
  const child = spawn(program('bench_cost'), [file, ...command], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (bytes) => (stdout += bytes));
  child.stderr.on('data', (bytes) => (stderr += bytes));
  await new Promise((done, fail) => child.once('error', fail).once('close', done));
  try {
    const cost = JSON.parse(readFileSync(file, 'utf8'));
    if (cost.exit !== 0) throw new Error(`${command[0]} ended with ${cost.exit}: ${stderr || stdout}`);
    const answer = JSON.parse(stdout);
    return { answer, seconds: answer.seconds ?? cost.seconds, whole_seconds: cost.seconds, cpu_seconds: answer.cpu_seconds ?? cost.cpu_seconds, peak_kb: cost.peak_kb };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const figures = (cost, records) => ({
  records,
  seconds: cost.seconds,
  rate: records / cost.seconds,
  cpu_us: (cost.cpu_seconds * 1e6) / records,
  peak_mb: cost.peak_kb / 1024,
});

/** A fresh pair of stand-ins; `use(systems)`; gone afterwards. */
export async function withSystems({ patients, latency = 0 }, use) {
  const systems = await startSandbox(['--patients', String(patients), '--seed', '1', '--pace', '-1']);
  const late = latency ? [{ match: '*', kind: 'latency', ms: latency }] : [];
  try {
    return await use(systems, () => Promise.all([admin(systems.hint, 'faults', late), admin(systems.salesforce, 'faults', late)]));
  } finally {
    await systems.stop();
  }
}

/** Runs `work` and looks afterwards whether both systems hold what the rules give. */
async function checked(systems, work) {
  const world = await admin(systems.hint, 'world');
  const before = await states(systems);
  const result = await work();
  const wrong = inconsistencies(world, before, await states(systems), { backReferences: false });
  return { ...result, wrong: wrong.length };
}

/** What a first import must do with how many patients, by the name that the import's report has for it. */
export async function treatments(systems) {
  const ret = {};
  for (const { treatment } of (await admin(systems.hint, 'world')).patients) ret[treatment] = (ret[treatment] ?? 0) + 1;
  return ret;
}

export async function counted(systems, command, env) {
  const before = [await writeCalls(systems.salesforce), await writeCalls(systems.hint)];
  const cost = await measured(command, env);
  const to_crm = (await writeCalls(systems.salesforce)) - before[0];
  const to_emr = (await writeCalls(systems.hint)) - before[1];
  return { cost, to_emr, to_crm, writes: to_emr + to_crm };
}

const records = (answer) => answer.read;

/** Suture: an import, then `again` more times the same. `look(systems, dir)` sees what is there after them; what it finds is in the result. */
export function bySuture({ patients, inFlight = 8, latency = 0, again = 0, check = true, look }) {
  return withSystems({ patients, latency }, async (systems, slow) => {
    const home = await setUp(systems, {
      practice: { pace: '0', window: String(inFlight) },
      org: { window: String(inFlight) },
      patients: { back_reference: false },
    });
    const command = [paths.suture, 'import', '--json', '--quiet'];
    // The program's own clock leaves the opening of the database out; the process as a whole is what counts.
    const once = async () => {
      const { cost, ...calls } = await counted(systems, command, { SUTURE_DIR: home.dir });
      return { ...figures({ ...cost, seconds: cost.whole_seconds }, records(cost.answer)), ...calls, answer: cost.answer };
    };
    const work = async () => {
      await slow();
      const first = await once();
      const repeats = [];
      for (let i = 0; i < again; i++) repeats.push(await once());
      return { ...first, repeats, ...(await look?.(systems, home.dir)) };
    };
    try {
      return check ? await checked(systems, work) : await work();
    } finally {
      home.remove();
    }
  });
}

/** The same on a PostgreSQL of its own, and the CPU that the server took for each record of all its imports; what was wrong instead of figures where none can be started. */
export async function onPostgres(options) {
  const folder = mkdtempSync('/tmp/suture-bench-');
  const cluster = (what) => execFileSync(postgres, [what, join(folder, 'cluster')], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  chmodSync(folder, 0o711); // the server is not root
  try {
    process.env.SUTURE_TEST_STORE = cluster('start');
    const server = readFileSync(join(folder, 'cluster/data/postmaster.pid'), 'utf8').split('\n')[0];
    const before = ticks(server);
    const result = await bySuture(options);
    const imports = [result, ...result.repeats];
    return { ...result, server_us: ((ticks(server) - before) * 10000) / imports.reduce((sum, r) => sum + r.records, 0) };
  } catch (e) {
    return { error: `${e.stderr || e.message}`.trim().split('\n').at(-1) };
  } finally {
    delete process.env.SUTURE_TEST_STORE;
    cluster('stop');
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Hundredths of a second of CPU, of a process and of those of its children that have ended. */
function ticks(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return fields.slice(11, 15).reduce((sum, n) => sum + Number(n), 0);
}

const secondOver = () => new Promise((done) => setTimeout(done, 1100)); // a delta leaves out the second that is not over

/** Somebody edits these patients in the practice. */
export async function edit(systems, patients, email) {
  for (const { id } of patients) {
    const answer = await fetch(`${systems.hint}/api/provider/patients/${id}`, { method: 'PATCH', headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }, body: JSON.stringify({ email: email(id) }) });
    if (!answer.ok) throw new Error(`PATCH: ${answer.status}`);
  }
  await secondOver();
}

/**
 * Deltas until there is nothing more to take note of. A feed is asked for its last second once more each time; one patient is edited in a second of his own,
 * so that this second is not that in which hundreds were written.
 */
export async function settleDown(systems, dir) {
  const { contacts, patients } = await states(systems);
  const linked = new Set(contacts.map((c) => c.Hint_Patient_Id__c).filter(Boolean));
  await secondOver();
  await must(dir, ['delta', '--json', '--quiet']);
  await edit(systems, [patients.findLast((p) => linked.has(p.id))], () => `settled-${Date.now()}@mail.example`);
  for (let i = 0; i < 2; i++) {
    await must(dir, ['delta', '--json', '--quiet']);
    await secondOver();
  }
}

/**
 * use(systems, dir): a store of about `links` links, 1,000 of which both systems know, imported and settled; `before(systems, dir)` sees it while it has just those.
 * The rest are copies (fill.c).
 */
export function withLinks(links, { before, use }) {
  return withSystems({ patients: 1000 }, async (systems) => {
    const home = await setUp(systems, { practice: { pace: '0' }, patients: { back_reference: false, delta_lag_s: 0, delta_overlap_s: 0 } }); // the import of a minute ago is no change
    try {
      await must(home.dir, ['import', '--json', '--quiet']);
      await settleDown(systems, home.dir);
      const small = await before(systems, home.dir);
      const filled = JSON.parse(execFileSync(program('bench_fill'), [join(home.dir, 'suture.db'), String(links)], { encoding: 'utf8' }));
      return { small, large: await use(systems, home.dir), ...filled };
    } finally {
      home.remove();
    }
  });
}

export function byScript({ patients, inFlight = 8, latency = 0, again = 0, check = true, careful = false }) {
  return withSystems({ patients, latency }, async (systems, slow) => {
    const once = async () => {
      const { cost, writes } = await counted(systems, [process.execPath, peer, systems.hint, systems.salesforce, apiKey, String(inFlight), ...(careful ? ['careful'] : [])]);
      return { ...figures(cost, records(cost.answer)), writes, answer: cost.answer };
    };
    const work = async () => {
      await slow();
      const first = await once();
      const repeats = [];
      for (let i = 0; i < again; i++) repeats.push(await once());
      return { ...first, repeats };
    };
    return check ? checked(systems, work) : work();
  });
}

export function byFloor({ patients, inFlight = 8 }) {
  return withSystems({ patients }, async (systems) => {
    const folder = mkdtempSync(join(tmpdir(), 'suture-floor-'));
    try {
      const { cost, ...calls } = await counted(systems, [
        program('bench_import_floor'), systems.hint, systems.salesforce, apiKey, String(inFlight), join(folder, 'floor.db'),
      ]);
      return { ...figures(cost, records(cost.answer)), ...calls, answer: cost.answer, repeats: [] };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

/** The best of `rounds` runs of each, in turn, so that another process's load does not decide. */
export async function bestOf(rounds, programs) {
  const best = {};
  for (let i = 0; i < rounds; i++) {
    for (const [name, run] of Object.entries(programs)) {
      const result = await run();
      const old = best[name];
      best[name] = !old || result.seconds < old.seconds ? { ...result } : old;
      best[name].cpu_us = Math.min(result.cpu_us, old?.cpu_us ?? Infinity);
      best[name].peak_mb = Math.max(result.peak_mb, old?.peak_mb ?? 0);
    }
  }
  return best;
}

export const whole = (n) => Math.round(n).toLocaleString('en-US').replaceAll(',', ' ');
export const percent = (n) => `${Math.round(n * 100)} %`;

/** Rows of cells as a Markdown table that also reads well on a terminal. */
export function table(rows) {
  const width = rows[0].map((_, i) => Math.max(...rows.map((row) => String(row[i]).length)));
  const line = (row) => `| ${row.map((cell, i) => String(cell).padEnd(width[i])).join(' | ')} |`;
  return [line(rows[0]), `|${width.map((w) => '-'.repeat(w + 2)).join('|')}|`, ...rows.slice(1).map(line)].join('\n');
}

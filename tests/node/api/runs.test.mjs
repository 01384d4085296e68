// Batches by the API: started, followed, aborted, resumed, reported, tried again (R14, R33 to R36); dry runs; files that are checked before they start.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admin as tell, states } from '../../../demo/systems.mjs';
import { eventually, makePatient } from '../serve/daemon.mjs';
import { withApi } from './lib.mjs';

const ended = ['done', 'aborted', 'failed'];
const endOf = (client, id) => eventually(async () => {
  const run = await client.must('get', `/runs/${id}`);
  return ended.includes(run.state) && run;
}, `the end of run ${id}`);
const sum = (counts) => Object.values(counts).reduce((all, n) => all + n, 0);
/** The far side answers slowly, so that there is time to press a button; 0: what is under way is answered at once. */
const slow = (systems, ms, match = '*') => tell(systems.salesforce, 'faults', ms ? [{ match, kind: 'latency', ms }] : []);

test('R33 R34 an import is started, followed to its end and reported', async () => {
  await withApi({ patients: 60, as: ['admin', 'viewer'] }, async ({ admin, viewer, systems }) => {
    assert.equal((await viewer.post('/syncs/patients/runs', { kind: 'import' })).status, 403);
    const there = (await states(systems)).contacts.length;
    await slow(systems, 20_000);
    const begun = await admin.must('post', '/syncs/patients/runs', { kind: 'import' });
    assert.match(begun.batch_id, /^B\d{8}-\d{6}$/);
    assert.equal((await admin.post('/syncs/patients/runs', { kind: 'import' })).status, 409);
    await slow(systems, 0);
    const run = await endOf(admin, begun.id);
    assert.equal(run.state, 'done');
    assert.equal(run.who, 'console:admin');
    assert.equal(sum(run.counts), run.read);
    assert.equal(run.work_done, run.work_whole);
    const { contacts } = await states(systems);
    assert.equal(contacts.length - there, run.counts.created);

    const first = await viewer.must('get', `/runs/${run.batch_id}/results?outcome=created&limit=2`);
    assert.ok(first.items.every((row) => row.outcome === 'created' && row.record_id.startsWith('pat-')));
    if (first.next) assert.ok((await viewer.must('get', `/runs/${run.id}/results?outcome=created&after=${first.next}`)).items[0].id > first.items.at(-1).id);
    const csv = await viewer.get(`/runs/${run.id}/results.csv?outcome=created`);
    assert.match(csv.headers.get('content-disposition'), new RegExp(`${run.batch_id}\\.csv`));
    assert.equal(csv.body.trim().split('\r\n').length, 1 + run.counts.created);
    assert.equal((await viewer.get(`/runs/${run.id}/results?outcome=eaten`)).status, 400);
    assert.equal((await viewer.get('/runs/4711')).status, 404);

    const list = (query) => viewer.must('get', `/runs?${query}`).then(({ items }) => items.map((item) => item.id));
    assert.deepEqual(await list('kind=import&state=done,failed&who=console:admin&sync=patients'), [run.id]);
    assert.deepEqual(await list('kind=import&state=aborted'), []);
    assert.deepEqual(await list(`kind=import&until=${run.started}`), []);
    assert.equal((await viewer.get('/runs?state=asleep')).status, 400);
    assert.equal((await admin.post(`/runs/${run.id}/abort`)).status, 409);
    assert.equal((await admin.post(`/runs/${run.id}/resume`)).status, 409);
  });
});

test('R34 a run is aborted half-way and resumed', async () => {
  await withApi({ patients: 1500 }, async ({ admin, systems }) => {
    await slow(systems, 20_000, '*composite/sobjects*');
    const { id } = await admin.must('post', '/syncs/patients/runs', { kind: 'import' });
    await eventually(async () => (await admin.must('get', `/runs/${id}`)).phase === 'linking', 'linking');
    await admin.must('post', `/runs/${id}/abort`);
    await slow(systems, 0);
    const stopped = await endOf(admin, id);
    assert.equal(stopped.state, 'aborted');
    const before = (await states(systems)).contacts.filter((contact) => contact.Hint_Patient_Id__c).length;
    assert.ok(before < stopped.total, `${before} were written`);
    await admin.must('post', `/runs/${id}/resume`);
    const run = await endOf(admin, id);
    assert.equal(run.state, 'done');
    assert.equal(sum(run.counts), run.read);
    assert.equal(run.counts.waiting, 0);
  });
});

test('R3 what failed in a run is read anew and tried again when its cause is gone', async () => {
  await withApi({ patients: 20 }, async ({ admin, systems }) => {
    const patient = await makePatient(systems, { first_name: 'Ida', last_name: 'Mended', dob: '1980-01-01', email: 'no address' });
    const { id } = await admin.must('post', '/syncs/patients/runs', { kind: 'import' });
    const run = await endOf(admin, id);
    assert.ok(run.failed > 0, `one failed of ${JSON.stringify(run.counts)}`);
    const row = (await admin.must('get', `/runs/${id}/results?outcome=failed`)).items.find((item) => item.record_id === patient.id);
    assert.ok(row.error_code && row.reason);
    assert.equal((await admin.must('get', '/runs')).items.find((item) => item.id === id).failed, run.failed); /* a delta may have come since */
    assert.equal((await admin.must('post', `/runs/${id}/retry`, { code: 'another' })).retried, 0);
    await tell(systems.hint, 'edit', { object: 'patient', id: patient.id, fields: { email: 'ida@mail.example' } });
    assert.ok((await admin.must('post', `/runs/${id}/retry`, { code: row.error_code })).retried > 0);
    await eventually(async () => {
      const now = await admin.must('get', `/runs/${id}`);
      return now.failed < run.failed && now.counts.waiting === 0 && sum(now.counts) === sum(run.counts);
    }, 'it came through, and counts once');
  });
});

test('R35 a file is checked line by line, then carried out', async () => {
  await withApi({ patients: 30, imported: true, as: ['operator', 'viewer'] }, async ({ operator, viewer, systems }) => {
    const { contacts } = await states(systems);
    const ids = contacts.slice(0, 3).map((contact) => contact.Id);
    const csv = `\ufeff"Contact ID","Full Name"\r\n"${ids[0]}","A, B"\r\n${ids[1].slice(0, 15)},x\r\n${ids[0]},again\r\n,\r\n"Confidential Information - Do Not Distribute"\r\n`;
    const check = await operator.must('post', '/syncs/patients/csv-check', { csv });
    assert.deepEqual([check.accepted, check.repeated], [2, 1]);
    assert.ok(check.refused.some((row) => row.id === ids[0] && row.why.includes('further up')));
    assert.ok(check.refused.every((row) => !JSON.stringify(row).includes('Confidential')), 'no word of the file');
    assert.equal((await viewer.post('/syncs/patients/runs', { kind: 'csv', csv })).status, 403);
    assert.equal((await operator.post('/syncs/patients/runs', { kind: 'csv' })).status, 422);
    assert.equal((await operator.post('/syncs/patients/runs', { kind: 'csv', csv: 'Name\nBob\n' })).status, 422);
    const { id } = await operator.must('post', '/syncs/patients/runs', { kind: 'csv', csv, file_name: 'report.csv' });
    const run = await endOf(operator, id);
    assert.equal(run.state, 'done', run.error);
    assert.ok(run.has_file);
    assert.equal(run.read, 2);
    assert.equal(sum(run.counts), 2);
  });
});

test('a dry run says what an import would do, and writes nothing', async () => {
  await withApi({ patients: 40 }, async ({ admin, systems }) => {
    assert.equal((await admin.must('get', '/dry-run')).dry_run, null);
    const calls = await states(systems);
    await admin.must('post', '/syncs/patients/dry-run', { kind: 'import' });
    const dry = await eventually(async () => {
      const { dry_run: said } = await admin.must('get', '/dry-run');
      return said.state !== 'running' && said;
    }, 'the end of the dry run');
    assert.equal(dry.state, 'done', dry.error);
    assert.equal(dry.judged, sum(dry.counts));
    assert.ok(dry.counts.created > 0);
    assert.deepEqual((await states(systems)).contacts.length, calls.contacts.length);
    const { id } = await admin.must('post', '/syncs/patients/runs', { kind: 'import' });
    const run = await endOf(admin, id);
    for (const [outcome, n] of Object.entries(dry.counts)) assert.equal(run.counts[outcome], n, outcome);
    assert.equal((await admin.post('/syncs/patients/dry-run', { kind: 'delta' })).status, 422);
  });
});

test('the stream tells of runs and of what waits for a person', async () => {
  await withApi({ patients: 20 }, async ({ admin, systems }) => {
    const abort = new AbortController();
    const answer = await admin.stream('/events', abort.signal);
    const seen = new Map();
    const reading = (async () => {
      let text = '';
      for await (const bytes of answer.body) {
        text += Buffer.from(bytes).toString();
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          const event = /^event: (.*)$/m.exec(text.slice(0, end))?.[1];
          const data = /^data: (.*)$/m.exec(text.slice(0, end))?.[1];
          if (event && data) seen.set(event, [...(seen.get(event) ?? []), JSON.parse(data)]);
          text = text.slice(end + 2);
        }
      }
    })().catch(() => null);
    await eventually(() => ['runs', 'payloads_failed', 'conflicts_waiting', 'review', 'realtime', 'dry_run'].every((topic) => seen.has(topic)), 'all topics');
    assert.equal(seen.get('conflicts_waiting')[0].count, 0);
    await slow(systems, 20_000);
    await admin.must('post', '/syncs/patients/runs', { kind: 'import' });
    await eventually(() => seen.get('runs').some((said) => said.items.some((run) => run.kind === 'import')), 'the run in the stream');
    await slow(systems, 0);
    await eventually(() => seen.get('runs').at(-1).count === 0 && seen.get('runs').at(-1).latest > 0, 'its end in the stream');
    abort.abort();
    await reading;
  });
});

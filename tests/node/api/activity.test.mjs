// What the overview is made of: how far the set-up is, and what was written hour by hour.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admin as tell, must } from '../../../demo/systems.mjs';
import { event, eventually, makePatient, signed } from '../serve/daemon.mjs';
import { withApi } from './lib.mjs';

const doneOf = ({ items }) => items.filter(({ done }) => done).map(({ key }) => key);
const sums = ({ items }) => items.reduce((all, one) => ({ to_crm: all.to_crm + one.to_crm, to_emr: all.to_emr + one.to_emr, failed: all.failed + one.failed }), { to_crm: 0, to_emr: 0, failed: 0 });

test('the checklist is read off what is stored, and leads to where each step is done', async () => {
  await withApi({ as: ['admin'] }, async ({ admin, dir }) => {
    const before = await admin.must('get', '/checklist');
    assert.deepEqual(doneOf(before).slice(0, 5), ['account', 'crm', 'emr', 'integration', 'sync']);
    assert.equal(before.done, doneOf(before).length);
    assert.ok(!doneOf(before).includes('preview') && !doneOf(before).includes('import'));
    assert.equal(before.items.find(({ key }) => key === 'import').path, '/runs/new?sync=patients');
    await must(dir, ['preview', '--json']);
    await admin.must('post', '/syncs/patients/runs', { kind: 'import' });
    await eventually(async () => doneOf(await admin.must('get', '/checklist')).includes('import'), 'the import is done');
    assert.ok(doneOf(await admin.must('get', '/checklist')).includes('preview'));
  });
});

test('what is written counts in its hour and direction; back-references do not, and what failed counts until it is mended', async () => {
  await withApi({ imported: true, as: ['viewer', 'operator'] }, async ({ viewer, operator, daemon, systems, dir }) => {
    const imported = sums(await viewer.must('get', '/activity'));
    const links = JSON.parse((await must(dir, ['links', '--json'])).stdout);
    assert.equal(imported.to_crm, links.length, 'one write a pair');
    await tell(systems.salesforce, 'edit', { object: 'Contact', id: links[0].crm_id, fields: { Phone: '+14155550123' } });
    await must(dir, ['sync-now', '--crm', links[0].crm_id]);
    await eventually(async () => sums(await viewer.must('get', '/activity?hours=1')).to_emr === imported.to_emr + 1, 'one write to the EMR');
    const patient = await makePatient(systems, { first_name: 'Mara', last_name: 'Quill', dob: '1984-02-29' });
    await tell(systems.hint, 'malformed', { id: patient.id, kind: 'bad_date' });
    await fetch(daemon.webhooks.practice, signed(event({ ...patient, dob: '1984-02-30' }, 'patient.created')));
    await eventually(async () => sums(await viewer.must('get', '/activity')).failed >= 1, 'the failure is counted');
    // The delta may meet the same patient a little later.
    await eventually(async () => {
      const ids = (await operator.must('get', '/payloads?state=failed')).items.map(({ id }) => id);
      if (ids.length) await operator.must('post', '/payloads/skip', { sync: 'patients', ids, why: 'made up' });
      return sums(await viewer.must('get', '/activity')).failed === 0;
    }, 'left out, it counts no more');
    assert.equal((await operator.get('/activity?hours=0')).status, 400);
  });
});

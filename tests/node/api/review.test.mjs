// Cases that wait for a person: who fits several, who may be the same, whose counterpart was deleted (R8, R10, R31).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admin, must } from '../../../demo/systems.mjs';
import { event, eventually, makePatient, signed } from '../serve/daemon.mjs';
import { withApi } from './lib.mjs';

const contact = async ({ systems }, fields) => (await admin(systems.salesforce, 'create', { object: 'Contact', fields: { FirstName: 'Mara', LastName: 'Quill', Birthdate: '1984-02-29', ...fields } })).id;
/** Until the daemon knows of these contacts: whoever arrives before them would be new (R8). */
const known = (client, ids) => eventually(async () => (await Promise.all(ids.map(async (id) => (await client.must('get', `/payloads?sync=patients&record=${id}&state=done`)).total))).every(Boolean), 'the contacts');
const cases = (client, kind) => client.must('get', `/syncs/patients/review/${kind}`).then((answer) => answer.items);
const tell = async (daemon, patient, type) => assert.equal((await fetch(daemon.webhooks.practice, signed(event(patient, type)))).status, 200);

test('R8 R10: two contacts fit one patient: compared, one ruled out for good, the other picked, and the case is over', async () => {
  await withApi({ imported: true, as: ['admin', 'operator', 'viewer'] }, async (world) => {
    const { systems, daemon, admin: boss, operator, viewer } = world;
    const both = [await contact(world), await contact(world)];
    await known(operator, both);
    const patient = await makePatient(systems, { first_name: 'Mara', last_name: 'Quill', dob: '1984-02-29' });
    await tell(daemon, patient, 'patient.created');
    const [open] = await eventually(async () => {
      const items = (await cases(viewer, 'several')).filter((row) => row.record === patient.id);
      return items.length && items;
    }, 'the case');
    assert.deepEqual([open.side, [...open.others].sort()], ['emr', both.sort()]);
    assert.ok((await viewer.must('get', '/review')).count >= 1);

    const path = `/syncs/patients/review/several/${open.id}`;
    assert.equal((await viewer.post(`${path}/reveal`)).status, 403);
    const lines = async () => (await boss.must('get', '/audit?action=look&limit=500')).items.length;
    const before = await lines();
    const compared = await operator.must('post', `${path}/reveal`);
    assert.equal(await lines(), before + 3, 'a line for each record');
    assert.deepEqual(compared.records.map((row) => row.there), [true, true, true]);
    assert.ok(compared.records.every((row) => row.values.includes('Quill') && row.values.length === compared.fields.length));

    assert.equal((await viewer.post('/syncs/patients/never', { emr_id: patient.id, crm_id: both[0] })).status, 403);
    assert.equal((await operator.post('/syncs/patients/never', { emr_id: patient.id, crm_id: both[0], why: 'twins' })).status, 204);
    const picked = await operator.must('post', '/syncs/patients/links', { wish: 'link', side: 'emr', record: patient.id, partner: both[1] });
    assert.equal(picked.outcome, 'linked');
    assert.deepEqual((await cases(operator, 'several')).filter((row) => row.record === patient.id), []);
    assert.equal((await operator.get(path)).status, 404);
    assert.ok((await boss.must('get', '/audit?action=never_match')).items.some((row) => row.why === 'twins' && row.after === both[0]));
  });
});

test('R8 R31: a case is left as it is with a reason; who loses his patient comes up for review', async () => {
  await withApi({ imported: true, as: ['admin', 'operator'] }, async (world) => {
    const { systems, daemon, admin: boss, operator } = world;
    await known(operator, [await contact(world), await contact(world)]);
    const patient = await makePatient(systems, { first_name: 'Mara', last_name: 'Quill', dob: '1984-02-29' });
    await tell(daemon, patient, 'patient.created');
    const [open] = await eventually(async () => ((await cases(operator, 'several')).length ? cases(operator, 'several') : null), 'the case');
    assert.equal((await operator.post(`/syncs/patients/review/several/${open.id}/close`, { why: 'known at the desk' })).status, 204);
    assert.ok(!(await cases(operator, 'several')).some((row) => row.id === open.id));
    assert.ok((await boss.must('get', '/audit?action=close_case')).items.some((row) => row.why === 'known at the desk'));

    const [{ emr_id: lost, crm_id: left }] = (await operator.must('get', '/syncs/patients/links?state=linked')).items;
    await admin(systems.hint, 'delete', { object: 'patient', id: lost });
    await must(world.dir, ['import', '--quiet']);
    const gone = await eventually(async () => (await cases(operator, 'gone')).find((row) => row.record === left), 'the one who was left');
    assert.deepEqual([gone.side, gone.others], ['crm', [lost]]);
    assert.match(gone.reason, /R31/);
    assert.equal((await operator.post(`/syncs/patients/review/gone/${gone.id}/close`)).status, 204);
    assert.ok(!(await cases(operator, 'gone')).some((row) => row.id === gone.id));
  });
});

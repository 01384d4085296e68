// The story of a record by the API: why does this field have this value?
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admin } from '../../../demo/systems.mjs';
import { event, eventually, signed } from '../serve/daemon.mjs';
import { withApi } from './lib.mjs';

test('R20 R25: a change at the EMR stands in the story with its rule; its values are shown to who may see them, and that is noted', async () => {
  await withApi({ imported: true, as: ['admin', 'auditor', 'viewer'] }, async ({ systems, daemon, admin: boss, auditor, viewer }) => {
    const [{ emr_id: id, crm_id: contact }] = (await viewer.must('get', '/syncs/patients/links?state=linked')).items;
    const base = `/syncs/patients/records/emr/${id}`;
    await admin(systems.hint, 'edit', { object: 'patient', id, quiet: true, fields: { address_city: 'Newtownabbey' } });
    const patient = (await admin(systems.hint, 'state')).patients.find((row) => row.id === id);
    assert.equal((await fetch(daemon.webhooks.practice, signed(event(patient)))).status, 200);
    const moved = await eventually(async () => {
      const story = await viewer.must('get', `${base}/timeline`);
      return story.items.find((row) => row.kind === 'payload' && row.payload.state === 'done' && row.fields.some((field) => field.rule === 'R20'));
    }, 'the change in the story');
    const field = moved.fields.find((row) => row.rule === 'R20');
    assert.deepEqual([field.to_crm, field.to_emr, moved.side], [true, false, 'emr']);
    assert.ok(moved.payload.ended, 'when the CRM took it');

    // The same story from the other record, page by page, the youngest first.
    const whole = await viewer.must('get', `/syncs/patients/records/crm/${contact}/timeline`);
    assert.deepEqual([whole.of.emr_id, whole.of.crm_id, whole.of.linked], [id, contact, true]);
    const times = whole.items.map((row) => Date.parse(row.at));
    assert.deepEqual(times, [...times].sort((a, b) => b - a));
    const page = await viewer.must('get', `${base}/timeline?limit=1`);
    assert.ok((await viewer.must('get', `${base}/timeline?limit=1&after=${page.next}`)).items.every((row) => Date.parse(row.at) < page.next));

    const last = (await viewer.must('get', `${base}/fields`)).items.find((row) => row.name === field.name);
    assert.deepEqual([last.rule, last.payload, last.moved], ['R20', moved.payload.id, true]);
    const told = JSON.stringify([whole, moved, last]);
    assert.ok(!told.includes('Newtownabbey'), 'without values');

    assert.equal((await viewer.post(`${base}/reveal`)).status, 403);
    const revealed = await auditor.must('post', `${base}/reveal`, { field: field.name });
    const [entry] = revealed.history.filter((row) => row.name === field.name);
    assert.deepEqual([entry.emr, entry.after, entry.payload], ['Newtownabbey', 'Newtownabbey', moved.payload.id]);
    assert.ok((await boss.must('get', '/audit?action=look')).items.some((row) => row.who.endsWith('auditor') && row.subject === `EMR record ${id} of sync patients` && row.after === field.name));

    assert.equal((await viewer.get('/syncs/patients/records/crm/nonsense!/timeline')).status, 404);
    assert.equal((await viewer.get('/syncs/none/records/emr/x/timeline')).status, 404);
    assert.deepEqual((await viewer.must('get', '/syncs/patients/records/emr/pat-nobody/timeline')).items, []);
  });
});

// Pairs by the API: searched for, previewed, linked, relinked, ended, synced by a person; and the story that each leaves (R11, R29, R30).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admin, states } from '../../../demo/systems.mjs';
import { eventually } from '../serve/daemon.mjs';
import { withApi } from './lib.mjs';

const person = { first_name: 'Mara', last_name: 'Quill', dob: '1984-02-29' };
const make = {
  contact: async ({ systems }, fields) => (await admin(systems.salesforce, 'create', { object: 'Contact', fields: { FirstName: 'Mara', LastName: 'Quill', Birthdate: '1984-03-29', ...fields } })).id,
  patient: async ({ systems }, fields) => (await admin(systems.hint, 'create', { object: 'patient', quiet: true, fields: { ...person, ...fields } })).id,
};

test('R11 R29 R30: a contact is linked by hand with a preview, relinked, unlinked with a reason, linked again; its story says it all', async () => {
  await withApi({ imported: true, as: ['admin', 'operator', 'viewer'] }, async (world) => {
    const { systems, admin: boss, operator, viewer } = world;
    const contact = await make.contact(world, { MailingCity: 'Crmville', Email: null });
    const patient = await make.patient(world, { address_city: 'Emrton', email: 'mara@quill.example' });
    const links = '/syncs/patients/links';
    const wish = { wish: 'link', side: 'crm', record: contact, partner: patient };

    // Who may not see values searches nobody; who searches leaves a line without what was typed.
    assert.equal((await viewer.post('/syncs/patients/people', { side: 'crm', q: 'Mara Quill' })).status, 403);
    assert.equal((await viewer.post(links, wish)).status, 403);
    const found = await operator.must('post', '/syncs/patients/people', { side: 'crm', q: 'Mara Quill' });
    assert.deepEqual(found.items.map((hit) => [hit.id, hit.linked_to]), [[contact, null]]);
    const name = await operator.must('post', `/syncs/patients/records/crm/${contact}/name`);
    assert.deepEqual([name.first_name, name.last_name, name.birth_date], ['Mara', 'Quill', '1984-03-29']);
    assert.equal((await operator.must('post', '/syncs/patients/people', { side: 'emr', q: patient })).items[0].last_name, 'Quill');
    assert.ok((await boss.must('get', '/audit?action=look')).items.some((row) => row.subject === 'search in the CRM' && !JSON.stringify(row).includes('Quill')));

    // The preview says field by field who wins, and writes nothing.
    const preview = await operator.must('post', `${links}/preview`, wish);
    const field = (all, of) => all.fields.find((row) => row.crm === of);
    assert.equal(preview.outcome, 'linked');
    assert.deepEqual([field(preview, 'MailingCity').after, field(preview, 'MailingCity').to_emr, field(preview, 'MailingCity').rule], ['Crmville', true, 'R11']);
    assert.deepEqual([field(preview, 'Email').after, field(preview, 'Email').to_crm], ['mara@quill.example', true]);
    assert.equal((await states(systems)).contacts.find((row) => row.Id === contact).Hint_Patient_Id__c ?? null, null);

    const linked = await operator.must('post', links, wish);
    assert.deepEqual([linked.outcome, linked.emr_id, linked.crm_id, linked.waits], ['linked', patient, contact, false], JSON.stringify(linked));
    assert.equal((await states(systems)).patients.find((row) => row.id === patient).address_city, 'Crmville');
    const listed = await viewer.must('get', `${links}?state=linked&crm=${contact}`);
    assert.deepEqual(listed.items.map((row) => [row.emr_id, row.how]), [[patient, 'R11']]);

    // Linked elsewhere is a conflict; relinking lets the old link go.
    const other = await make.patient(world, { last_name: 'Quillan' });
    assert.equal((await operator.post(links, { ...wish, partner: other })).status, 409);
    assert.equal((await operator.must('post', links, { ...wish, wish: 'relink', partner: other })).emr_id, other);
    assert.equal((await viewer.must('get', `${links}?state=ended&emr=${patient}`)).items.length, 1);

    const ended = await operator.must('post', links, { wish: 'unlink', side: 'crm', record: contact, why: 'two people of one name' });
    assert.equal(ended.state, 'done');
    await eventually(async () => (await states(systems)).contacts.find((row) => row.Id === contact).Synced_to_Hint__c === false, 'the unticked box');
    assert.equal((await operator.must('post', links, wish)).outcome, 'linked', 'undone by linking again');
    assert.equal((await operator.must('post', links, { wish: 'sync', side: 'emr', record: patient })).waits, false);

    // The story of the pair, from either record, without values; values by a look that leaves its line.
    const story = await viewer.must('get', `/syncs/patients/records/crm/${contact}/timeline`);
    assert.deepEqual([story.of.emr_id, story.of.linked], [patient, true]);
    const kinds = new Set(story.items.map((row) => row.kind));
    for (const kind of ['payload', 'linked', 'ended', 'person']) assert.ok(kinds.has(kind), `${kind} of ${[...kinds]}`);
    const text = JSON.stringify(story);
    for (const value of ['Quill', 'Crmville', 'mara@']) assert.ok(!text.includes(value), 'a story holds no values');
    const merged = story.items.find((row) => row.kind === 'payload' && row.fields.some((f) => f.name === 'City' || f.name === 'MailingCity'));
    const city = merged.fields.find((f) => f.name === 'City' || f.name === 'MailingCity');
    assert.deepEqual([city.rule, city.to_emr], ['R11', true]);
    assert.ok(story.items.some((row) => row.kind === 'person' && row.action === 'unlink' && row.why === 'two people of one name'));
    assert.equal((await viewer.must('get', `/syncs/patients/records/emr/${patient}/timeline?limit=2`)).items.length, 2);

    const fields = await viewer.must('get', `/syncs/patients/records/crm/${contact}/fields`);
    assert.ok(fields.items.some((row) => row.name === city.name && row.known));
    assert.equal((await viewer.post(`/syncs/patients/records/crm/${contact}/reveal`)).status, 403);
    const subject = `CRM record ${contact} of sync patients`;
    const looks = async () => (await boss.must('get', '/audit?action=look&limit=500')).items.filter((row) => row.subject === subject && row.after === city.name).length;
    const revealed = await operator.must('post', `/syncs/patients/records/crm/${contact}/reveal`, { field: city.name });
    assert.equal(await looks(), 1);
    assert.equal(revealed.items.find((row) => row.name === city.name).crm, 'Crmville');
    const first = revealed.history.at(-1);
    assert.deepEqual([first.rule, first.emr, first.crm, first.after], ['R11', 'Emrton', 'Crmville', 'Crmville']);
  });
});

test('R15: a contact whom nobody fits becomes a patient by one call', async () => {
  await withApi({ imported: true, as: ['operator'] }, async (world) => {
    const contact = await make.contact(world, { LastName: 'Unheard' });
    const made = await world.operator.must('post', '/syncs/patients/links', { wish: 'create', side: 'crm', record: contact });
    assert.deepEqual([made.outcome, made.crm_id], ['created', contact], JSON.stringify(made));
    assert.equal((await states(world.systems)).patients.find((row) => row.id === made.emr_id).last_name, 'Unheard');
  });
});

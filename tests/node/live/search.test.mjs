// A person types a patient's name in the org's Link screen (R11): the package's signed call to a door of its own is answered at once, and nothing of it is kept.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { admin, must, secrets, withLive } from './live.mjs';

const user = '005000000000001AAA';

/** What SutureController.search sends; `secret` to forge it. */
async function search(w, text, { secret = secrets.button, action = 'search', object = 'Contact', ids = ['003000000000001AAA'], age = 0 } = {}) {
  const body = JSON.stringify({ action, object, ids, text, user, at: new Date().toISOString() });
  const timestamp = String(Math.floor(Date.now() / 1000) - age);
  const signature = `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;
  const headers = { 'content-type': 'application/json', 'x-suture-timestamp': timestamp, 'x-suture-signature': signature };
  const answer = await fetch(`${w.daemon.hooks.org}/search`, { method: 'POST', headers, body });
  return { status: answer.status, json: await answer.json() };
}

test('R11: who has the name that is typed is found, with birth date and whether he is linked; similar names stand behind', async () => {
  await withLive({}, async (w) => {
    const fields = { last_name: 'Quillfeather', dob: '1971-02-03', email: '' };
    const ann = await w.newPatient({ ...fields, first_name: 'Annabel' });
    const bob = await w.newPatient({ ...fields, first_name: 'Robert' });
    const [{ patient }] = await w.pairs();
    const both = await search(w, 'Robert Quillfeather');
    assert.equal(both.status, 200);
    assert.deepEqual(both.json.patients.map((p) => p.id), [bob, ann]);
    assert.deepEqual(both.json.patients[1], { id: ann, name: 'Annabel Quillfeather', birthDate: '1971-02-03', linked: both.json.patients[1].linked });
    assert.deepEqual((await search(w, 'quillfeather')).json.patients.map((p) => p.id).sort(), [ann, bob].sort());
    assert.deepEqual((await search(w, 'Annabel')).json.patients.map((p) => p.id), [ann]);
    assert.deepEqual((await search(w, 'Annabel Q')).json.patients.map((p) => p.id), [ann], 'while the last name is being typed');
    assert.deepEqual((await search(w, 'Nobody Atall')).json, { patients: [] });
    assert.deepEqual((await search(w, 'A')).json, { patients: [] });
    const linked = (await search(w, patient.id)).json.patients;
    assert.deepEqual(linked.map((p) => [p.id, p.linked]), [[patient.id, true]]);
  });
});

test('R41: only a genuine question is answered, nothing is staged, and nobody notes what was typed', async () => {
  await withLive({}, async (w) => {
    const before = (await must(w.dir, ['staged', '--json', '--limit', '1000'])).json.length;
    assert.equal((await search(w, 'Robert', { secret: 'wrong' })).status, 401);
    assert.equal((await search(w, 'Robert', { age: 3600 })).status, 401);
    assert.equal((await search(w, 'Robert', { action: 'sync' })).status, 400);
    assert.equal((await search(w, 'Robert', { object: 'Account' })).status, 404);
    assert.equal((await search(w, 'Robert Zwetschgenbaum')).status, 200);
    await admin(w.systems.hint, 'faults', [{ match: '*patients*', kind: 'html', rate: 1 }]);
    assert.notEqual((await search(w, 'Robert Zwetschgenbaum')).status, 200);
    await admin(w.systems.hint, 'faults', []);
    assert.equal((await must(w.dir, ['staged', '--json', '--limit', '1000'])).json.length, before);
    const audit = (await must(w.dir, ['audit', '--json', '--limit', '1000'])).json.filter((row) => row.action === 'look');
    assert.ok(audit.some((row) => row.who === `org:${user}`));
    assert.doesNotMatch(JSON.stringify(audit) + w.daemon.log() + (await w.metrics()), /zwetsch/i);
  });
});

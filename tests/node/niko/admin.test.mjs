// The stand-in's own routes: what a person, or a test, does behind the API's back.
import assert from 'node:assert/strict';
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startCompany, startSystems } from './company.mjs';

let company;
before(async () => {
  company = await startCompany('--patients', '5');
});
after(() => company.stop());

test('a person edits by dotted names or nested objects, and need not fill in what the API requires', async () => {
  const id = '10000001';
  const before = (await company.api('GET', `/patients/${id}`)).json;
  await company.admin('POST', 'edit', { object: 'patient', id, fields: { 'General.Name.FirstName': null, Addresses: { Patient: { City: 'Macon' } }, LocationId: '17' } });
  const changed = (await company.api('GET', `/patients/${id}`)).json;
  assert.equal(changed.General.Name.FirstName, null);
  assert.deepEqual(changed.Addresses.Patient, { ...before.Addresses.Patient, City: 'Macon' });
  assert.equal(changed.Location.Name, 'Tulsa Depot');
  const wrong = await company.admin('POST', 'edit', { object: 'patient', id, fields: { 'General.Gender': 'x' } });
  assert.deepEqual([wrong.status, wrong.json.error], [400, 'General.Gender: Not a known value']);
  assert.equal((await company.admin('POST', 'edit', { object: 'patient', id: '1', fields: {} })).status, 404);
  assert.equal((await company.admin('POST', 'edit', { object: 'horse', id, fields: {} })).status, 400);
});

test('create takes an id once; delete takes everything along', async () => {
  const create = { object: 'patient', id: '10009999', fields: { 'General.Name.LastName': 'Given' } };
  assert.deepEqual((await company.admin('POST', 'create', create)).json, { id: '10009999' });
  assert.equal((await company.admin('POST', 'create', create)).status, 400);
  const task = (await company.admin('POST', 'create', { object: 'task', fields: { PatientId: '10009999', Title: 'Call' } })).json;
  await company.admin('POST', 'delete', { object: 'patient', id: '10009999' });
  assert.equal((await company.api('GET', `/tasks/${task.id}`)).status, 404);
  assert.equal((await company.admin('POST', 'create', { object: 'task', fields: { PatientId: '10009999', Title: 'Call' } })).status, 400);
});

test('an insurance keeps its payer through an edit', async () => {
  const [row] = (await company.admin('GET', 'state')).json.insurances;
  const { PatientId } = row;
  const edited = (await company.admin('POST', 'edit', { object: 'insurance', id: row.Id, fields: { PolicyNumber: 'NEW' } })).json;
  assert.deepEqual({ PatientId, ...edited }, { ...row, PolicyNumber: 'NEW' });
});

test('settings are taken all or none', async () => {
  const before = (await company.admin('GET', 'settings')).json;
  for (const wrong of [{ rate: 5, nonsense: 1 }, { rate: 5, post_reply: 'some' }, { rate: -1 }, { rate: 5, hooks_lost: 0 }])
    assert.equal((await company.admin('POST', 'settings', wrong)).status, 400);
  assert.deepEqual((await company.admin('GET', 'settings')).json, before);
});

test('the world file has a part for NikoHealth; the port must be asked for', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'niko-'));
  const file = join(dir, 'world.json');
  writeFileSync(file, JSON.stringify({ nikohealth: { patients: [{ Id: '10000500', 'General.Name.LastName': 'Filed' }], orders: [{ PatientId: '10000500' }] } }));
  const other = await startCompany('--world', file);
  const without = await startSystems('--world', file);
  try {
    assert.deepEqual(Object.keys(without.urls), ['pid']);
    const state = (await other.admin('GET', 'state')).json;
    assert.deepEqual([state.patients.length, state.patients[0].DisplayId, state.orders[0].PatientId], [1, '500', '10000500']);
  } finally {
    await other.stop();
    await without.stop();
    rmSync(dir, { recursive: true });
  }
});

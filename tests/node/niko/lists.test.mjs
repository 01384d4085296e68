// API notes 3 (paging), 5.2 (short row), 6 and 7 (insurance, orders, tasks), 10 (no delta), 15 rows 3, 4 and 9.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startCompany } from './company.mjs';

let company;
before(async () => {
  company = await startCompany('--patients', '250', '--seed', '7');
});
after(() => company.stop());

const list = async (path) => (await company.api('GET', path)).json;
async function all(path) {
  const rows = [];
  for (let index = 0; ; index++) {
    const page = await list(`${path}?pageSize=100&pageIndex=${index}`);
    rows.push(...page.Items);
    if (!page.Items.length) return { rows, count: page.Count };
  }
}

test('3, 15.3: Items and Count, pages from 0, 20 rows unless asked, never more than 100', async () => {
  const first = await list('/patients');
  assert.deepEqual(Object.keys(first), ['Items', 'Count']);
  assert.deepEqual([first.Items.length, first.Count], [20, 250]);
  assert.deepEqual((await list('/patients?pageIndex=0')).Items, first.Items);
  assert.notDeepEqual((await list('/patients?pageIndex=1')).Items[0], first.Items[0]);
  assert.equal((await list('/patients?pageSize=1000')).Items.length, 100);
  assert.equal((await list('/patients?pageSize=100&pageIndex=2')).Items.length, 50);
  assert.deepEqual(await list('/patients?pageSize=100&pageIndex=3'), { Items: [], Count: 250 });
  assert.equal((await company.api('GET', '/patients?pageSize=many')).status, 400);
  const { rows } = await all('/patients');
  assert.equal(new Set(rows.map((row) => row.Id)).size, 250);
});

test('5.2, 15.4: the short row has its own names and leaves most out', async () => {
  const { rows } = await all('/patients');
  for (const row of rows.slice(0, 40)) {
    assert.deepEqual(Object.keys(row), ['Id', 'DisplayId', 'Name', 'DateOfBirthday', 'Address', 'Phones', 'Active', 'LocationName', 'LocationNpi', 'Tags', 'Gender']);
    const full = await list(`/patients/${row.Id}`);
    assert.deepEqual([row.Name.First, row.Name.Last, row.Name.Middle], [full.General.Name.FirstName, full.General.Name.LastName, full.General.Name.MiddleName]);
    assert.equal(row.DateOfBirthday, full.General.DateOfBirth);
    assert.equal(row.Active, full.Status.Status);
    assert.equal(row.LocationName, full.Location.Name);
    assert.deepEqual(row.Tags, full.Tags.map((tag) => tag.Name));
    assert.equal(row.Phones, full.Contacts.Contacts.find((contact) => contact.Type !== 'Email')?.Value ?? null);
    assert.doesNotMatch(JSON.stringify(row), /@|Ssn|Emergency|Date(?!OfBirthday)/);
  }
});

test('5.2: the texts that join others read as in the notes', async () => {
  const { json } = await company.api('POST', '/patients', {
    General: { Name: { FirstName: 'Rosalind', LastName: 'Tavares', MiddleName: 'J' }, DateOfBirth: '1958-09-04', Gender: 'Female' },
    Addresses: { Patient: { AddressLine: '1180 Harbor Rd', AddressLine2: 'Unit 6', City: 'Savannah', State: 'GA', Zip: '31401' } },
    LocationId: '12',
  });
  const row = (await all('/patients')).rows.find((one) => one.Id === json.Id);
  assert.equal(row.Name.FullName, 'Tavares, Rosalind J');
  assert.equal(row.Address.FullAddress, '1180 Harbor Rd, Unit 6, Savannah, GA 31401');
  await company.api('DELETE', `/patients/${json.Id}`);
});

test('5.2: Phones may be an array and Active a boolean: the tenant says', async () => {
  await company.set({ phones_list: true, active_flag: true });
  const { rows } = await all('/patients');
  await company.set({ phones_list: false, active_flag: false });
  assert.ok(rows.every((row) => Array.isArray(row.Phones) && typeof row.Active === 'boolean'));
  assert.ok(rows.some((row) => row.Phones.length > 1) && rows.some((row) => !row.Active));
});

test('10: no timestamp and no filter; a change of the e-mail is invisible in the list', async () => {
  const before = await list('/patients?pageSize=1');
  const { Id } = before.Items[0];
  await company.admin('POST', 'edit', { object: 'patient', id: Id, fields: { 'Contacts.PreferredCallTime': 'Evening', 'General.NickName': 'Seen nowhere' } });
  assert.deepEqual(await list('/patients?pageSize=1'), before);
  assert.equal((await list('/patients?pageSize=1&modifiedFrom=2999-01-01T00:00:00Z')).Count, 250);
});

test('10: a tenant with a date filter names it in its settings', async () => {
  const since = new Date(Date.now() + 5).toISOString();
  await new Promise((done) => setTimeout(done, 20));
  await company.set({ modified_filter: 'modifiedFrom' });
  const { Id } = (await list('/patients?pageIndex=3')).Items[0];
  await company.admin('POST', 'edit', { object: 'patient', id: Id, fields: { 'General.NickName': 'Newer' } });
  const changed = await list(`/patients?modifiedFrom=${since}`);
  await company.set({ modified_filter: '' });
  assert.deepEqual([changed.Count, changed.Items[0].Id], [1, Id]);
});

test('15.9: a seeded world: all three states, several locations, 1-2 insurances, 0-3 orders, 0-2 tasks each', async () => {
  const { rows } = await all('/patients');
  assert.deepEqual([...new Set(rows.map((row) => row.Active))].sort(), ['Active', 'Hold', 'Inactive']);
  assert.ok(new Set(rows.map((row) => row.LocationName)).size >= 2);
  const per = (all) => rows.map((row) => all.filter((one) => one.PatientId === row.Id).length);
  const orders = (await all('/orders')).rows;
  const tasks = (await all('/tasks')).rows;
  assert.deepEqual([...new Set(per(orders))].sort(), [0, 1, 2, 3]);
  assert.deepEqual([...new Set(per(tasks))].sort(), [0, 1, 2]);
  const counts = new Set();
  for (const row of rows.slice(0, 40)) counts.add((await list(`/patients/${row.Id}/insurances`)).Count);
  assert.deepEqual([...counts].sort(), [1, 2]);
});

test('15.9: the same seed gives the same world', async () => {
  const other = await startCompany('--patients', '250', '--seed', '7');
  const third = await startCompany('--patients', '250', '--seed', '8');
  try {
    await company.admin('POST', 'reset');
    const state = (await other.admin('GET', 'state')).json;
    assert.notDeepEqual((await third.admin('GET', 'state')).json, state);
    await company.admin('POST', 'load', { nikohealth: state });
    const again = (await company.admin('GET', 'state')).json;
    assert.deepEqual(again.patients, state.patients, 'a state can be loaded again');
    assert.deepEqual(again.orders, state.orders);
    assert.equal(again.insurances.length, state.insurances.length);
    assert.deepEqual(again.insurances[0].Payer, state.insurances[0].Payer);
    assert.deepEqual(again.tasks, state.tasks);
  } finally {
    await other.stop();
    await third.stop();
  }
});

test('6: insurance rows, and a new one needs an existing payer', async () => {
  const { Id } = (await list('/patients?pageSize=1')).Items[0];
  const payer = (await list('/payers')).Items[0];
  assert.deepEqual(Object.keys(payer), ['Id', 'Name', 'ClaimCode']);
  const made = await company.api('POST', `/patients/${Id}/insurances`, { PayerId: payer.Id, PolicyNumber: '1EG4TE5MK73', PositionIndex: 2, RelationshipToPatient: 'Self' });
  assert.equal(made.status, 201);
  assert.deepEqual(Object.keys(made.json), ['Id', 'DisplayId', 'Status', 'PositionIndex', 'Payer', 'PolicyNumber', 'CreatedDate', 'VerificationInfo']);
  assert.deepEqual([made.json.DisplayId, made.json.Status, made.json.Payer], [`INS-${made.json.Id}`, 'Active', payer]);
  assert.match(made.json.CreatedDate, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.deepEqual(made.json.VerificationInfo, { VerifiedBy: null, VerifiedDate: null, Verified: false });
  assert.ok((await list(`/patients/${Id}/insurances`)).Items.some((row) => row.Id === made.json.Id));
  for (const body of [{ PolicyNumber: '1' }, { PayerId: '99', PolicyNumber: '1' }, { PayerId: payer.Id }])
    assert.equal((await company.api('POST', `/patients/${Id}/insurances`, body)).status, 400);
  assert.equal((await company.api('GET', '/patients/1/insurances')).status, 404);
});

test('7: orders and tasks carry Id and PatientId; the number of an order says its type', async () => {
  const { rows } = await all('/orders');
  const { Items } = await list('/tasks');
  const prefixes = { Sales: 'SO', PointOfSale: 'PO', Resupply: 'RO' };
  for (const order of rows) {
    assert.equal(order.DisplayId, `${prefixes[order.Type]}-${order.Id}`);
    assert.ok(['New', 'Hold', 'In Progress', 'Completed', 'Cancelled'].includes(order.Status));
  }
  assert.deepEqual(await list(`/orders/${rows[0].Id}`), rows[0]);
  assert.deepEqual(await list(`/tasks/${Items[0].Id}`), Items[0]);
  assert.equal((await company.api('GET', `/patients/${rows[0].PatientId}`)).status, 200);
  assert.equal((await company.api('GET', '/orders/1')).status, 404);
  assert.equal((await company.api('GET', '/tasks/1')).status, 404);
});

test('4: locations and product codes', async () => {
  const locations = await list('/locations');
  assert.ok(locations.Count >= 2);
  assert.deepEqual(Object.keys(locations.Items[0]), ['Id', 'Name', 'Npi']);
  const codes = await list('/hcpcs?pageSize=10');
  assert.equal(codes.Items.length, 10);
  assert.deepEqual(Object.keys(codes.Items[0]), ['Id', 'Code', 'Description']);
});

// Every route that the daemon describes, with every role and with tokens of a single right: who may not is told 403, whoever may gets past the door. The
// table says by hand what each route needs; a route without a row fails, so that nobody adds one without thinking of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { knock, signIn, withDoor } from './door.mjs';

const roles = {
  viewer: ['see'],
  operator: ['see', 'values', 'work'],
  auditor: ['see', 'values', 'audit'],
  admin: ['see', 'values', 'work', 'setup', 'audit', 'accounts'],
};
const door = withDoor(Object.keys(roles).map((role) => [role, role]));

/* What is read needs "see", unless it stands here; all else has to stand here. */
const needs = {
  see: ['POST /tokens', 'DELETE /tokens/{}', 'POST /mapping/try', 'POST /mapping/read', 'POST /mapping/write', 'POST /schedules/preview', 'DELETE /session', 'POST /session/password'],
  values: [
    'POST /mapping/integrations/{}/samples',
    'POST /syncs/{}/mapping/preview',
    'POST /conflicts/{}/reveal',
    'POST /syncs/{}/links/preview',
    'POST /syncs/{}/people',
    'POST /syncs/{}/records/{}/{}/name',
    'POST /syncs/{}/records/{}/{}/reveal',
    'POST /syncs/{}/review/{}/{}/reveal',
    'POST /payloads/{}/reveal',
    'POST /payloads/{}/preview',
  ],
  work: [
    'POST /conflicts/{}/decide',
    'POST /syncs/{}/conflicts/decide',
    'POST /connections/{}/test',
    'POST /syncs/{}/dry-run',
    'POST /dry-run/stop',
    'POST /hooks/{}/test',
    'POST /syncs/{}/links',
    'POST /syncs/{}/never',
    'POST /syncs/{}/review/{}/{}/close',
    'POST /runs/{}/abort',
    'POST /runs/{}/resume',
    'POST /runs/{}/retry',
    'POST /syncs/{}/runs',
    'POST /syncs/{}/csv-check',
    'POST /payloads/retry',
    'POST /payloads/retry/preview',
    'POST /payloads/skip',
    'POST /payloads/{}/retry',
  ],
  setup: [
    'GET /drafts',
    'GET /drafts/{}',
    'PUT /drafts/{}',
    'DELETE /drafts/{}',
    'POST /mapping/integrations/{}/guesses',
    'POST /syncs/{}/mapping/check',
    'PUT /syncs/{}/mapping',
    'POST /syncs/{}/versions/{}/restore',
    'POST /connections/{}/authorize',
    'PUT /connections/{}',
    'POST /connections/{}/code',
    'PUT /integration',
    'POST /syncs/{}/drift/accept',
    'POST /hooks/{}/address',
    'POST /hooks/{}/register',
    'POST /hooks/{}/unregister',
    'PUT /hooks/{}/secret',
    'POST /syncs/{}/policy/{}',
    'PATCH /syncs/{}/realtime',
    'PUT /syncs/{}/realtime/events/{}',
    'POST /syncs/{}/schedules',
    'PUT /schedules/{}',
    'POST /schedules/{}/pause',
    'POST /schedules/{}/resume',
    'DELETE /schedules/{}',
  ],
  audit: ['GET /audit', 'GET /audit/export', 'GET /audit/verify'],
  accounts: ['GET /accounts', 'POST /accounts', 'PATCH /accounts/{}', 'POST /accounts/{}/invitation'],
};
const rightOf = new Map(Object.entries(needs).flatMap(([right, names]) => names.map((name) => [name, right])));
/* Not tried by those who may: they end the session that tries, or never end. */
const notTried = ['DELETE /session', 'POST /session/password', 'GET /events'];

const routes = [];
async function readRoutes() {
  const { paths } = await (await fetch(`${door.address}/api/v1/openapi.json`)).json();
  for (const [path, operations] of Object.entries(paths)) {
    for (const method of ['get', 'post', 'put', 'patch', 'delete'].filter((name) => operations[name] && operations[name].security?.length !== 0)) {
      const name = `${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, '{}')}`;
      routes.push({ name, method: method.toUpperCase(), path: path.replaceAll(/\{\w+\}/g, 'nobody-has-this'), right: rightOf.get(name) ?? (method === 'get' ? 'see' : null) });
    }
  }
}

/** Of these routes those that are not open (or, `open` false, not closed) to this caller. */
async function wrongOf(list, headers, open) {
  const wrong = [];
  for (const { name, method, path } of list) {
    const { status } = await knock(door.address, method, path, { body: method === 'GET' ? undefined : {}, headers });
    if (status === 401 || (status === 403) === open) wrong.push(`${name}: ${status}`);
  }
  return wrong;
}

test('each route has its row, and each row its route', async () => {
  await readRoutes();
  assert.ok(routes.length > 100, `only ${routes.length} routes`);
  assert.deepEqual(routes.filter(({ right }) => !right).map(({ name }) => name), [], 'which right do they need?');
  assert.deepEqual([...rightOf.keys()].filter((name) => !routes.some((route) => route.name === name)), [], 'there is no such route');
});

for (const [role, rights] of Object.entries(roles)) {
  test(`${role}: ${rights.join(', ')} and nothing else`, async () => {
    const { headers } = await signIn(door.address, role);
    assert.deepEqual((await knock(door.address, 'GET', '/session', { headers })).said.rights, rights);
    assert.deepEqual(await wrongOf(routes.filter(({ right }) => !rights.includes(right)), headers, false), []);
  });
}

test('a token of a single right opens the routes of that right, one of all the others does not, whoever made it', async () => {
  const admin = await signIn(door.address, 'admin');
  const bearer = async (scopes) => ({ authorization: `Bearer ${(await knock(door.address, 'POST', '/tokens', { body: { name: 'one', scopes }, headers: admin.headers })).said.token}` });
  for (const right of roles.admin) {
    const own = await bearer([right]);
    const all = routes.filter((route) => route.right === right);
    const open = await wrongOf(all.filter(({ name }) => !notTried.includes(name)), own, true);
    assert.deepEqual(open.filter((line) => !line.startsWith('POST /tokens')), [], right);
    assert.deepEqual(await wrongOf(all, await bearer(roles.admin.filter((other) => other !== right)), false), [], `all but ${right}`);
    assert.equal((await knock(door.address, 'POST', '/tokens', { body: { name: 'more', scopes: [right] }, headers: own })).status, 403, 'a token makes no token');
  }
});

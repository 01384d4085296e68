// Signing in at an identity provider: the certified oidc-provider, and one that lies.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { knock, suture, withDoor } from './door.mjs';
import { Browser, client, configure, signed, startForger, startProvider, unsigned } from './provider.mjs';

const door = withDoor([['ann', 'admin']]);
const rules = { domains: ['grove.example'], roles: [{ claim: 'groups', value: 'suture-admins', role: 'admin' }], default_role: 'viewer' };
const providers = [];
let forger;

before(async () => {
  forger = await startForger();
});
after(() => {
  for (const provider of providers) provider.stop();
  forger.stop();
});

const start = () => `${door.address}/api/v1/session/provider`;
const back = () => `${start()}/return`;

async function provide(options, more = rules) {
  const provider = await startProvider(back(), options);
  providers.push(provider);
  await configure(door.dir, provider.issuer, more);
  return provider;
}

/** Away and back; the session, or the word that the console is told. */
async function come(browser = new Browser()) {
  const { url } = await browser.get(start(), { stopAt: new RegExp(`^${door.address}/(\\?.*)?$`) });
  const refused = new URL(url).searchParams.get('refused');
  if (refused) return { refused };
  const cookie = `suture=${browser.jar(door.address).get('suture')}`;
  return { cookie, session: (await knock(door.address, 'GET', '/session', { headers: { cookie } })).said };
}

test('the rules make roles of groups, and nobody is let in from elsewhere', async () => {
  const provider = await provide();
  assert.deepEqual((await knock(door.address, 'GET', '/welcome')).said.provider, { name: 'Grove', start: '/api/v1/session/provider' });
  const ann = await come();
  assert.equal(ann.session.role, 'admin');
  assert.equal(ann.session.display, 'Ann Lee');
  assert.equal(ann.session.name, 'ann@grove.example');
  provider.told.who = 'p-2';
  assert.equal((await come()).session.role, 'viewer');
  provider.told.who = 'p-3';
  assert.deepEqual(await come(), { refused: 'unknown' }, 'another domain');
  provider.told.who = 'p-4';
  assert.deepEqual(await come(), { refused: 'unknown' }, 'an address that nobody looked at');
  provider.told.refuse = true;
  assert.deepEqual(await come(), { refused: 'provider' });
});

test('ES256, the secret in the form, and the same person again', async () => {
  const provider = await provide({ algorithm: 'ES256', method: 'client_secret_post' });
  const first = await come();
  const second = await come();
  assert.equal(first.session.account, second.session.account);
  assert.notEqual(first.cookie, second.cookie);
  await configure(door.dir, provider.issuer, { ...rules, roles: [{ claim: 'groups', value: 'staff', role: 'operator' }] });
  assert.equal((await come()).session.role, 'operator', 'the role follows the rules');
});

test('an account that is disabled here stays out, whatever the provider says', async () => {
  const provider = await provide();
  provider.told.who = 'p-2';
  const { session } = await come();
  await suture(door.dir, ['account', 'disable', session.name]);
  assert.deepEqual(await come(), { refused: 'disabled' });
});

test('an equal name here is somebody else', async () => {
  await suture(door.dir, ['account', 'add', 'eve@grove.example', '--role', 'admin', '--stdin'], 'seven kettles at dawn\n');
  await configure(door.dir, forger.issuer, { default_role: 'viewer' });
  const { session } = await comeForged((claims, { own }) => signed({ ...claims, email: 'eve@grove.example', email_verified: true }, own));
  assert.equal(session.name, 'eve@grove.example-2');
  assert.equal(session.role, 'viewer');
});

/** Away to the forger, whose page is never looked at, and back with a code. */
async function comeForged(make, change = (query) => query) {
  const browser = new Browser();
  const { url } = await browser.get(start(), { stopAt: new RegExp(`^${forger.issuer}/authorize`) });
  const asked = new URL(url).searchParams;
  forger.challenge = asked.get('code_challenge');
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: forger.issuer, aud: client.client_id, sub: `f-${now}`, exp: now + 300, iat: now, nonce: asked.get('nonce'), email: 'f@x.example', name: 'F' };
  forger.forge = (keys) => make(claims, keys);
  const query = change(new URLSearchParams({ code: 'any', state: asked.get('state') }));
  const { url: end } = await browser.get(`${back()}?${query}`, { stopAt: new RegExp(`^${door.address}/(\\?.*)?$`) });
  const refused = new URL(end).searchParams.get('refused');
  if (refused) return { refused };
  const cookie = `suture=${browser.jar(door.address).get('suture')}`;
  return { session: (await knock(door.address, 'GET', '/session', { headers: { cookie } })).said };
}

const now = () => Math.floor(Date.now() / 1000);
const lies = [
  ['no signature', (claims) => unsigned(claims, { alg: 'none' })],
  ['a key of somebody else', (claims, { foreign }) => signed(claims, foreign)],
  ['a key that is not shown', (claims, { own }) => signed(claims, own, { alg: 'RS256', kid: 'another' })],
  ['signed as if the public key were a password', (claims, { own }) => signed(claims, own, { alg: 'HS256', kid: 'own' })],
  ['a critical header', (claims, { own }) => signed(claims, own, { alg: 'RS256', kid: 'own', crit: ['x'] })],
  ['another issuer', (claims, { own }) => signed({ ...claims, iss: 'https://evil.example' }, own)],
  ['for another client', (claims, { own }) => signed({ ...claims, aud: 'somebody' }, own)],
  ['for several, without saying for whom', (claims, { own }) => signed({ ...claims, aud: [client.client_id, 'somebody'] }, own)],
  ['over', (claims, { own }) => signed({ ...claims, exp: now() - 600 }, own)],
  ['from the future', (claims, { own }) => signed({ ...claims, iat: now() + 600 }, own)],
  ['of another sign-in', (claims, { own }) => signed({ ...claims, nonce: 'kept from the last time' }, own)],
  ['of nobody', (claims, { own }) => signed({ ...claims, sub: '' }, own)],
  ['not a token', () => 'not.a.token'],
];

test('the forger is believed where he tells the truth, clocks that differ a little included', async () => {
  await configure(door.dir, forger.issuer, { default_role: 'viewer', roles: [{ claim: 'email', value: 'f@x.example', role: 'admin' }] });
  const { session } = await comeForged((claims, { own }) => signed({ ...claims, exp: now() - 60, iat: now() + 60 }, own));
  assert.equal(session.role, 'viewer', 'an address that nobody looked at makes no administrator');
  assert.ok(forger.proof, 'the code is bound to this browser');
});

for (const [name, make] of lies) {
  test(`a token is refused: ${name}`, async () => {
    assert.deepEqual(await comeForged(make), { refused: 'provider' });
  });
}

test('a state that was made up, or is from another browser, gets nowhere', async () => {
  const honest = (claims, { own }) => signed(claims, own);
  const asks = forger.asked.length;
  const madeUp = await comeForged(honest, (query) => {
    query.set('state', 'made up');
    return query;
  });
  assert.deepEqual(madeUp, { refused: 'expired' });
  assert.equal((await new Browser().get(`${back()}?code=x&state=y`, { stopAt: /refused=/ })).url, `${door.address}/?refused=expired`);
  assert.ok(!forger.asked.slice(asks).includes('/token'), 'no code is exchanged for it');
});

test('what went wrong is for the administrator to read, without names', async () => {
  const log = JSON.stringify(await suture(door.dir, ['log', '--level', 'error', '--limit', '500']));
  assert.match(log, /identity_provider/);
  assert.match(log, /signature does not fit/);
  assert.ok(!/grove\.example|Ann Lee/.test(log));
});

test('switched off, it is gone', async () => {
  await configure(door.dir, forger.issuer, { enabled: false });
  assert.equal((await knock(door.address, 'GET', '/welcome')).said.provider, null);
  assert.equal((await new Browser().get(start(), { stopAt: /refused=/ })).url, `${door.address}/?refused=provider`);
});

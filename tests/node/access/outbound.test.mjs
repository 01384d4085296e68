// Where requests go: to the hosts that were configured and allowed, whatever an administrator, or a far side, says.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { setUp, startSandbox, suture } from '../../../demo/systems.mjs';

/** Answers every request with `reply(request, response)` and remembers who asked for what. */
async function trap(reply) {
  const asked = [];
  const server = createServer((request, response) => {
    asked.push({ path: request.url, authorization: request.headers.authorization });
    response.setHeader('content-type', 'application/json');
    reply(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { asked, address: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}

let systems;
let thief;
const traps = [];
before(async () => {
  systems = await startSandbox(['--seed', '7', '--patients', '2', '--pace', '-1']);
  thief = await trap((_, response) => response.end('{}'));
  traps.push(thief);
});
after(async () => {
  traps.forEach((one) => one.stop());
  await systems.stop();
});

/** What `suture check` says of a folder with these connections. */
async function check(connections, env = {}) {
  const { dir, remove } = await setUp(systems, connections);
  try {
    return await suture(dir, ['check', '--json'], { env });
  } finally {
    remove();
  }
}

test('a host that SUTURE_HOSTS does not name gets nothing, and the error says which and where', async () => {
  const port = new URL(systems.hint).port;
  const { stdout } = await check({}, { SUTURE_HOSTS: `127.0.0.1:${port}, .my.salesforce.com` });
  const host = new URL(systems.salesforce).host;
  assert.match(stdout, new RegExp(`${host}: nothing was sent: this host is not among those that SUTURE_HOSTS allows`));
  assert.ok(!stdout.includes(`127.0.0.1:${port}: nothing`), 'the other one was asked');
  const both = await check({}, { SUTURE_HOSTS: '127.0.0.1' });
  assert.ok(!both.stdout.includes('SUTURE_HOSTS'));
});

test('a redirect is not followed: the key stays where it belongs', async () => {
  const liar = await trap((_, response) => response.writeHead(307, { location: `${thief.address}/api/patients` }).end());
  traps.push(liar);
  await check({ practice: { url: `${liar.address}/api` } });
  assert.ok(liar.asked.length > 0);
  assert.deepEqual(thief.asked, []);
});

test('a sign-in that names an instance elsewhere gets no request there', async () => {
  const elsewhere = 'http://localhost:9/';
  const liar = await trap((_, response) => response.end(JSON.stringify({ access_token: 'T', token_type: 'Bearer', instance_url: elsewhere })));
  traps.push(liar);
  const { stdout } = await check({ org: { login_url: liar.address } });
  assert.match(stdout, /the org is at localhost, which is not configured/);
  assert.ok(liar.asked.every(({ path }) => path === '/services/oauth2/token'));
});

test('no address of a metadata service, by number or by name', async () => {
  for (const url of ['http://169.254.169.254/api', 'http://2852039166/api']) {
    const { stdout } = await check({ practice: { url } });
    assert.match(stdout, /nothing was sent: its name leads to this machine or to a link-local address|must be an address/, url);
  }
});

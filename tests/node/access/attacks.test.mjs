// What is tried first against anything on the web: paths out of the folder, statements in parameters, lines in the log, other hosts' names, pages in frames.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { suture as run } from '../../../demo/systems.mjs';
import { event, signed } from '../serve/daemon.mjs';
import { knock, signIn, withDoor } from './door.mjs';

const door = withDoor([['ann', 'admin']], ['--log', 'json']);

/** A request that no client would write; the answer as text. */
async function raw(text) {
  const { port } = new URL(door.address);
  const socket = connect(Number(port), '127.0.0.1');
  socket.end(text, 'latin1');
  let said = '';
  socket.on('data', (bytes) => (said += bytes.toString('latin1')));
  socket.on('error', () => {});
  await once(socket, 'close');
  return said;
}

test('no path leads out of the files of the console', async () => {
  const key = readFileSync(join(door.dir, 'suture.key'), 'utf8').trim();
  const up = ['../', '..%2f', '%2e%2e/', '%2e%2e%2f', '..\\', '..%5c', '....//', '%c0%ae%c0%ae/', '..%00/', '.%2e/', '..;/'];
  const targets = ['etc/passwd', 'suture.key'];
  const tops = ['/', '/assets/', '//', '/api/v1/', '/hooks/'];
  for (const way of tops.flatMap((top) => up.map((step) => `${top}${step.repeat(6)}`))) {
    const asks = targets.map((target) => raw(`GET ${way}${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`));
    for (const said of await Promise.all(asks)) {
      assert.ok(!said.includes(key) && !/root:/.test(said), way);
      assert.match(said, /^HTTP\/1\.1 (200|400|401|404) /);
      if (said.startsWith('HTTP/1.1 200')) assert.match(said, /content-type: text\/html|content-length: 0/i);
    }
  }
});

const statements = ["' OR '1'='1", '"; DROP TABLE account; --', "%' ESCAPE '\\", '\u0000', 'x'.repeat(3000), '99999999999999999999', '%F0%28%8C%28'];

test('no statement gets in by a parameter: each one of each route that is read', async () => {
  const { headers } = await signIn(door.address, 'ann');
  const { paths } = await (await fetch(`${door.address}/api/v1/openapi.json`)).json();
  const routes = Object.entries(paths).filter(([path, { get }]) => get && get.security?.length !== 0 && path !== '/events');
  const before = (await knock(door.address, 'GET', '/accounts', { headers })).said;
  let tried = 0;
  for (const [path, operations] of routes) {
    const { parameters = [] } = operations.get;
    const inQuery = [...(operations.parameters ?? []), ...parameters].filter((row) => row.in === 'query').map((row) => row.name);
    const names = path.match(/\{\w+\}/g) ?? [];
    const asks = statements.flatMap((statement) => {
      const value = statement.startsWith('%F0') ? statement : encodeURIComponent(statement);
      const plain = path.replaceAll(/\{\w+\}/g, 'patients');
      return [...names.map((name) => path.replace(name, value).replaceAll(/\{\w+\}/g, 'patients')), ...inQuery.map((name) => `${plain}?${name}=${value}`)];
    });
    tried += asks.length;
    for (const answer of await Promise.all(asks.map((ask) => knock(door.address, 'GET', ask, { headers })))) {
      assert.ok(answer.status < 500, `${path}: ${answer.status}`);
      assert.doesNotMatch(JSON.stringify(answer.said), /sqlite|syntax error|SELECT .* FROM [a-z_]+ WHERE|near "/i, path);
    }
  }
  assert.ok(tried > 250, `only ${tried} tries`);
  assert.deepEqual((await knock(door.address, 'GET', '/accounts', { headers })).said.items.map((row) => [row.name, row.role, row.disabled]), before.items.map((row) => [row.name, row.role, row.disabled]));
});

test('who sets a connection up from afar chooses no file and no variable that is read as its secret', async () => {
  const { headers } = await signIn(door.address, 'ann');
  const put = (settings) => knock(door.address, 'PUT', '/connections/practice', { headers, body: { settings, why: 'a try' } });
  const stored = (await knock(door.address, 'GET', '/connections/practice', { headers })).said.settings.token;
  for (const token of [{ file: join(door.dir, 'suture.key') }, { file: 'suture.key' }, { file: '/etc/shadow' }, { env: 'SUTURE_KEY' }, { ...stored, env: 'HOME' }]) {
    const { status, said } = await put({ token });
    assert.equal(status, 422, JSON.stringify(token));
    assert.match(said.error.message, token.env && token.file ? /token/ : /suture apply/);
  }
  assert.deepEqual((await knock(door.address, 'GET', '/connections/practice', { headers })).said.settings.token, stored);
  assert.equal((await put({ token: stored })).status, 200, 'where it is read from already may stay');
  assert.equal((await put({ token: 'typed by hand' })).status, 200);
  assert.deepEqual((await knock(door.address, 'GET', '/connections/practice', { headers })).said.settings.token, { sealed: true });
});

test('nor by signing in, by what is typed, or on the command line', async () => {
  for (const statement of statements.slice(0, 3)) {
    const answer = await signIn(door.address, statement.slice(0, 200), { secret: "' OR '1'='1 -- long" });
    assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status}`);
    for (const args of [['log', '--run', statement], ['staged', '--code', statement], ['links', '--after', statement]]) {
      const { stderr, stdout } = await run(door.dir, args);
      assert.doesNotMatch(stdout + stderr, /sqlite|syntax error|near "/i);
    }
  }
  assert.equal((await run(door.dir, ['audit', '--verify'])).code, 0);
});

/* A line of its own, a colour, a title of the terminal, a step back. */
const lines = ['good\n{"level":"error","text":"forged line"}', 'a\r\nSet-Cookie: suture=forged', '\u001b[2J\u001b[31mred', '\u001b]0;title\u0007', 'back\b\b\b\bover', '\u202Eesrever', '\u2067esrever'];

test('nobody writes a line of the log, a header or a terminal by what he sends', async () => {
  const { headers } = await signIn(door.address, 'ann');
  const patient = { id: 'pat-1', first_name: 'X' };
  for (const line of lines) {
    const path = encodeURIComponent(line);
    for (const to of [`/hooks/${path}`, `/hooks/practice?x=${path}`, `/api/v1/${path}`, `/${path}`]) {
      const answer = await fetch(`${door.address}${to}`, { method: 'POST', body: '{}' });
      assert.equal(answer.headers.get('set-cookie'), null);
      assert.ok(!(await answer.text()).includes('\u001b'));
    }
    await fetch(`${door.address}/hooks/practice`, signed(event({ ...patient, id: line }, line)));
    await signIn(door.address, line);
    await knock(door.address, 'POST', '/syncs/patients/policy/City', { body: { winner: 'crm', why: line }, headers });
    await knock(door.address, 'POST', '/accounts', { body: { name: line, role: 'viewer' }, headers });
    await knock(door.address, 'POST', '/tokens', { body: { name: line, scopes: ['see'] }, headers });
  }
  for (const line of door.daemon.log) assert.doesNotThrow(() => JSON.parse(line), line);
  assert.ok(!door.daemon.log.some((line) => JSON.parse(line).text === 'forged line'));
  for (const args of [['log'], ['audit'], ['policy', 'history'], ['account'], ['token'], ['staged']]) {
    const { stdout, stderr } = await run(door.dir, args);
    assert.doesNotMatch(stdout + stderr, /[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e\u2066-\u2069]|^\{"level":"error","text":"forged/m, args.join(' ')); // eslint-disable-line no-control-regex
  }
});

/* Without --public-url a link has the name under which we were asked; what a proxy is said to have been asked for counts for nothing. */
test('the name of another host stands in no link that we make', async () => {
  const { headers } = await signIn(door.address, 'ann');
  const { port } = new URL(door.address);
  const body = JSON.stringify({ name: `guest-${port}`, role: 'viewer' });
  const head = Object.entries({ ...headers, 'content-type': 'application/json', 'content-length': body.length }).map(([name, value]) => `${name}: ${value}\r\n`);
  const said = await raw(`POST /api/v1/accounts HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-Forwarded-Host: evil.example\r\nForwarded: host=evil.example\r\nConnection: close\r\n${head.join('')}\r\n${body}`);
  assert.match(said, /^HTTP\/1\.1 201/);
  assert.ok(!said.includes('evil.example'));
  assert.ok(!(await raw('GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n')).includes('evil.example'));
});

test('pages stand in no frame and run no script but their own; answers are kept by nobody', async () => {
  const page = await fetch(`${door.address}/`);
  const policy = Object.fromEntries(page.headers.get('content-security-policy').split(';').map((row) => row.trim().split(/ (.*)/)));
  assert.equal(policy['default-src'], "'none'");
  assert.equal(policy['script-src'], "'self'");
  assert.equal(policy['frame-ancestors'], "'none'");
  assert.equal(policy['base-uri'], "'none'");
  assert.ok(!JSON.stringify(policy).includes('unsafe'));
  assert.equal(page.headers.get('x-frame-options'), 'DENY');
  assert.equal(page.headers.get('referrer-policy'), 'no-referrer');
  assert.equal(page.headers.get('cross-origin-opener-policy'), 'same-origin');
  const html = await page.text();
  assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)[^>]*>|\son\w+=|javascript:/i);
  const { headers } = await signIn(door.address, 'ann');
  const answer = await knock(door.address, 'GET', '/session', { headers });
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
  assert.equal(answer.headers.get('access-control-allow-origin'), null);
  const foreign = await fetch(`${door.address}/api/v1/session`, { method: 'OPTIONS', headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' } });
  assert.equal(foreign.headers.get('access-control-allow-origin'), null);
});

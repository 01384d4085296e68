// The certificate that `suture serve` is given, as a client of another make sees it: node's own TLS and openssl's s_client.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get, request } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect } from 'node:tls';
import { setUp, startSandbox, suture } from '../../../demo/systems.mjs';
import { addAccount, password } from '../api/lib.mjs';
import { eventually, serve } from '../serve/daemon.mjs';

const folder = mkdtempSync(join(tmpdir(), 'suture-tls-'));
const at = (name) => join(folder, name);
let systems;
let home;
let daemon;
let port;

/** A certificate for 127.0.0.1 that signs itself, and its key. */
function makePair(name) {
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const made = spawnSync('openssl', [...args, '-keyout', at(`${name}.key`), '-out', at(`${name}.crt`)], { encoding: 'utf8' });
  assert.equal(made.status, 0, made.stderr);
}

before(async () => {
  makePair('one');
  makePair('two');
  writeFileSync(at('now.crt'), readFileSync(at('one.crt')));
  writeFileSync(at('now.key'), readFileSync(at('one.key')), { mode: 0o600 });
  systems = await startSandbox(['--seed', '7', '--patients', '2', '--pace', '-1']);
  home = await setUp(systems, { practice: { pace: '0' } });
  await addAccount(home.dir, 'admin');
  daemon = await serve(home.dir, ['--tls-cert', at('now.crt'), '--tls-key', at('now.key')]);
  port = Number(new URL(daemon.address).port);
});
after(async () => {
  await daemon?.stop('SIGKILL');
  home?.remove();
  await systems?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const trusting = (name) => ({ host: '127.0.0.1', port, ca: readFileSync(at(`${name}.crt`)), agent: false });

/** One request: status, headers and text, or an Error of the handshake. */
function ask(options, body) {
  return new Promise((done, fail) => {
    const asked = (body === undefined ? get : request)(options, (answer) => {
      let text = '';
      answer.on('data', (part) => (text += part));
      answer.on('end', () => done({ status: answer.statusCode, headers: answer.headers, text }));
    });
    asked.on('error', fail);
    if (body !== undefined) asked.end(body);
  });
}

/** The version that was agreed on, or the reason why none was. */
const handshake = (options) =>
  new Promise((done) => {
    const socket = connect({ ...trusting('one'), ...options }, () => {
      done(socket.getProtocol());
      socket.destroy();
    });
    socket.on('error', (error) => done(error.code ?? error.message));
  });

test('a client that knows the certificate is served, one that does not is warned', async () => {
  assert.match(daemon.address, /^https:/);
  const answer = await ask({ ...trusting('one'), path: '/' });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['strict-transport-security'], 'max-age=31536000');
  await assert.rejects(ask({ ...trusting('two'), path: '/health' }), /self.signed/i);
});

test('TLS 1.2 and 1.3 with forward secrecy, and nothing older or weaker', async () => {
  assert.equal(await handshake({ minVersion: 'TLSv1.3' }), 'TLSv1.3');
  assert.equal(await handshake({ maxVersion: 'TLSv1.2' }), 'TLSv1.2');
  const anything = { ciphers: 'ALL:@SECLEVEL=0' };
  for (const version of ['TLSv1', 'TLSv1.1']) assert.match(await handshake({ ...anything, minVersion: version, maxVersion: version }), /ERR_SSL|ECONNRESET/, version);
  for (const ciphers of ['AES128-SHA', 'ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-NULL-SHA']) assert.match(await handshake({ maxVersion: 'TLSv1.2', ciphers: `${ciphers}:@SECLEVEL=0` }), /ERR_SSL|ECONNRESET/, ciphers);
  const { stdout } = spawnSync('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-CAfile', at('one.crt'), '-verify_return_error'], { input: '', encoding: 'utf8' });
  assert.match(stdout, /Verify return code: 0 \(ok\)/);
  assert.match(stdout, /Compression: NONE/);
});

test('a session over TLS has a cookie that nothing else can set or read', async () => {
  const body = JSON.stringify({ name: 'admin', password });
  const answer = await ask({ ...trusting('one'), path: '/api/v1/session', method: 'POST', headers: { 'content-type': 'application/json' } }, body);
  assert.equal(answer.status, 200, answer.text);
  const [cookie] = answer.headers['set-cookie'];
  assert.match(cookie, /^__Host-suture=[\w-]{43};/);
  for (const word of ['HttpOnly', 'Secure', 'SameSite=Strict', 'Path=/']) assert.ok(cookie.includes(word), word);
});

test('who speaks plain HTTP to it is told nothing', async () => {
  const said = await new Promise((done) => {
    const socket = connectPlain(port, '127.0.0.1', () => socket.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n'));
    let bytes = '';
    socket.on('data', (part) => (bytes += part.toString('latin1')));
    socket.on('close', () => done(bytes));
    socket.on('error', () => {});
  });
  assert.ok(!said.includes('HTTP/1.1 200'));
});

test('SIGHUP takes a renewed certificate; a broken one is told, and the old one stays', async () => {
  writeFileSync(at('now.key'), readFileSync(at('two.key')));
  daemon.signal('SIGHUP');
  await eventually(() => daemon.log.some((line) => line.includes('key values mismatch')), 'the mismatch is told');
  assert.equal((await ask({ ...trusting('one'), path: '/health' })).status, 200);
  writeFileSync(at('now.crt'), readFileSync(at('two.crt')));
  daemon.signal('SIGHUP');
  await eventually(() => ask({ ...trusting('two'), path: '/health' }).then(({ status }) => status === 200, () => false), 'the renewed certificate');
});

test('what cannot be used is refused before anything begins, in words that help', async () => {
  const refuse = async (cert, key, words) => {
    const { code, stdout, stderr } = await suture(home.dir, ['serve', '--listen', '127.0.0.1:0', '--tls-cert', cert, '--tls-key', key]);
    assert.ok(code > 0, words);
    assert.match(stdout + stderr, words);
    assert.ok(!stderr.includes('patients: works'), 'nothing began');
  };
  await daemon.stop(); /* one daemon a folder */
  writeFileSync(at('empty.crt'), '');
  await refuse(at('none.crt'), at('two.key'), /certificate .*none\.crt cannot be read: No such file/);
  await refuse(at('empty.crt'), at('two.key'), /certificate .*empty\.crt: no start line/);
  await refuse(at('one.crt'), at('two.key'), /key values mismatch/);
  spawnSync('openssl', ['pkey', '-in', at('two.key'), '-aes128', '-passout', 'pass:sesame street', '-out', at('locked.key')]);
  await refuse(at('two.crt'), at('locked.key'), /protected by a password/);
});

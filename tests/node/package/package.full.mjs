// The package from apt to purge on a clean Debian 12, with the stand-in systems on loopback.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, copyFileSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { apiKey, configuration, paths, startSandbox, states } from '../../../demo/systems.mjs';

const here = (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
const missing = process.getuid() !== 0 ? 'this needs root' : ['debootstrap', 'dpkg-shlibdeps', 'chroot'].find((name) => !here(name));
const skip = missing ? `not here: ${missing}` : false;

const run = (command, args, options = {}) => {
  const done = spawnSync(command, args, { encoding: 'utf8', cwd: paths.root, maxBuffer: 1 << 26, ...options });
  if (done.status !== 0 && !options.mayFail) throw new Error(`${command} ${args.join(' ')}: ${done.status ?? done.signal}\n${done.stdout}\n${done.stderr}`);
  return done;
};
const sum = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');
const build = (version) => join(paths.root, run('tools/package', version ? [version] : []).stdout.trim());

const work = skip ? '' : mkdtempSync(join(tmpdir(), 'suture-debian-'));
const root = join(work, 'root');
const at = (path) => join(root, path);
const inside = (args, options) => run('chroot', [root, ...args], options);
const suturectl = (...args) => JSON.parse(inside(['/usr/sbin/suturectl', ...args, '--json']).stdout);
let systems;
let daemon;
let kept; /* what somebody has elsewhere: the backup and the key of then */

/** The mirror that this machine itself uses. */
function mirror() {
  const lines = run('apt-get', ['indextargets', '--format', '$(REPO_URI) $(CODENAME) $(COMPONENT)', 'Created-By: Packages']).stdout.split('\n');
  return lines.map((line) => line.split(' ')).find(([, codename, component]) => codename === 'bookworm' && component === 'main')?.[0];
}

function apt(...args) {
  const lenient = ['-o', 'Acquire::Check-Valid-Until=false', '-o', 'Acquire::Check-Date=false', '-o', 'Dpkg::Use-Pty=0'];
  return inside(['apt-get', '-y', '-q', ...lenient, ...args], { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' } }).stdout;
}

function install(deb) {
  copyFileSync(deb, at('/tmp/suture.deb'));
  return apt('install', '--no-install-recommends', '-o', 'Dpkg::Options::=--force-confold', '/tmp/suture.deb');
}

/** What systemd would do with the unit, as far as a folder can: its user, its environment, its command. */
function unit() {
  const lines = readFileSync(at('/lib/systemd/system/suture.service'), 'utf8').split('\n').map((line) => line.split(/=(.*)/s));
  const of = (name) => lines.find(([key]) => key === name)?.[1];
  const env = Object.fromEntries(readFileSync(at(of('EnvironmentFile')), 'utf8').split('\n').filter((line) => /^[A-Z_]+=/.test(line)).map((line) => line.split(/=(.*)/s)));
  return { user: of('User'), command: of('ExecStart').replace(/\$(\w+)/g, (_, key) => env[key]).split(' '), env };
}

const linkKey = (to) => inside(['ln', '-sfn', to, '/var/lib/suture/suture.key']);

/** The key as systemd would hand it over for LoadCredential=: root's, and readable for the unit's user; and the link leads there. */
function handOver() {
  const folder = '/run/credentials/suture.service';
  mkdirSync(at(folder), { recursive: true });
  copyFileSync(at('/etc/suture/keys/suture.key'), at(`${folder}/suture.key`));
  inside(['chgrp', '-R', 'suture', folder]);
  inside(['chmod', '-R', 'u=rX,g=rX,o=', folder]);
  linkKey(`${folder}/suture.key`);
}

async function start() {
  const { user, command, env } = unit();
  daemon = spawn('chroot', [`--userspec=${user}:${user}`, root, ...command], { cwd: '/', env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = [];
  daemon.stderr.on('data', (bytes) => said.push(String(bytes)));
  const ended = once(daemon, 'close').then(([code]) => { throw new Error(`the unit's command ended with ${code}: ${said.join('')}`); });
  ended.catch(() => {});
  const [line] = await Promise.race([once(createInterface({ input: daemon.stdout }), 'line'), ended]);
  return JSON.parse(line);
}

async function stop() {
  if (!daemon || daemon.exitCode !== null) return null;
  daemon.kill('SIGTERM');
  const [code] = await once(daemon, 'close');
  return code;
}

before(async () => {
  if (skip) return;
  if (process.env.SUTURE_DEBIAN_ROOT) run('cp', ['-a', process.env.SUTURE_DEBIAN_ROOT, root]);
  else run('debootstrap', ['--variant=minbase', '--include=ca-certificates', 'bookworm', root, mirror()]);
  systems = await startSandbox(['--seed', '7', '--patients', '200', '--pace', '-1']);
});

after(async () => {
  await stop();
  await systems?.stop();
  if (work) rmSync(work, { recursive: true, force: true });
});

test('the same commit gives the same package', { skip }, () => {
  const first = sum(build());
  assert.equal(sum(build()), first);
});

test('lintian finds nothing', { skip: skip || (here('lintian') ? false : 'not here: lintian') }, () => {
  const said = run('lintian', ['--tag-display-limit', '0', '--fail-on', 'error,warning', build()]);
  assert.equal(said.stdout, '');
});

test("the unit is locked in: systemd's own figure", { skip: skip || (here('systemd-analyze') ? false : 'not here: systemd-analyze') }, () => {
  run('systemd-analyze', ['security', '--offline=true', '--threshold=15', join(paths.root, 'packaging/suture.service')]);
});

test('apt installs it on a clean Debian 12: user, key apart from the database, a Suture that waits for its configuration', { skip }, () => {
  apt('update');
  const told = install(build());
  assert.match(told, /Setting up suture/);
  const [, key] = /Keep a copy of (\S+) apart/.exec(told);
  assert.equal(key, '/etc/suture/keys/suture.key');
  assert.equal(inside(['readlink', '/var/lib/suture/suture.key']).stdout.trim(), key);
  const owner = (path) => `${inside(['stat', '-c', '%U %a', path]).stdout.trim()}`;
  assert.equal(owner('/etc/suture/keys/suture.key'), 'suture 600');
  assert.equal(owner('/var/lib/suture'), 'suture 700');
  assert.equal(owner('/var/lib/suture/suture.db'), 'suture 600');
  assert.match(readFileSync(at('/etc/suture/keys/suture.key'), 'utf8'), /^[0-9a-f]{64}\n$/);
  assert.match(inside(['suture', 'version']).stdout, /^suture \d/);
  for (const file of ['/usr/share/bash-completion/completions/suture', '/usr/share/man/man1/suture.1.gz', '/usr/share/man/man5/suture.yaml.5.gz', '/usr/share/suture/grafana/suture.json']) assert.ok(existsSync(at(file)), `${file} is not installed (minimal images may leave documents out)`);
});

test("the unit's command runs there as its user, and an import comes through", { skip }, async () => {
  const uid = Number(inside(['id', '-u', 'suture']).stdout);
  const put = (name, text) => {
    writeFileSync(at(`/var/lib/suture/${name}`), text, { mode: 0o600 });
    chownSync(at(`/var/lib/suture/${name}`), uid, uid);
  };
  put('hint.token', `${apiKey}\n`);
  put('salesforce.secret', 'suture-secret\n');
  put('suture.yaml', JSON.stringify(configuration(systems, { practice: { pace: '0' } })));
  writeFileSync(at('/etc/suture/suture.env'), 'SUTURE_DIR=/var/lib/suture\nSUTURE_SERVE=--listen 127.0.0.1:0 --json\n');
  suturectl('apply', '/var/lib/suture/suture.yaml');
  const said = await start();
  const before = await states(systems);
  suturectl('import', '--quiet');
  const { contacts } = await states(systems);
  const runs = suturectl('runs');
  assert.equal(runs.find((row) => row.kind === 'import').state, 'done');
  assert.equal(runs.find((row) => row.kind === 'import').read, before.patients.length);
  const ids = contacts.map((contact) => contact.Hint_Patient_Id__c).filter(Boolean);
  assert.equal(new Set(ids).size, ids.length);
  assert.ok(ids.length > before.patients.length * 0.8, `${ids.length} of ${before.patients.length} patients have a contact`);
  const carried = new Map(contacts.map((contact) => [contact.Id, contact.Hint_Patient_Id__c]));
  const links = suturectl('links', '--limit', '1000').filter((link) => link.state === 'linked');
  assert.ok(links.length > before.patients.length * 0.8, `${links.length} pairs`);
  for (const link of links) assert.equal(carried.get(link.crm_id), link.emr_id);
  assert.equal((await fetch(`${said.address}/ready`)).status, 200);
  for (const name of readdirSync(at('/var/lib/suture'))) assert.equal(lstatSync(at(`/var/lib/suture/${name}`)).uid, uid, `${name} belongs to suture`);
});

test('a backup and another key beside the running daemon; an upgrade keeps data, key and what the administrator wrote', { skip }, async () => {
  assert.ok(suturectl('backup', '/var/lib/suture/kept.db', '--quiet').links > 0);
  kept = { backup: readFileSync(at('/var/lib/suture/kept.db')), key: readFileSync(at('/etc/suture/keys/suture.key')), links: suturectl('links', '--limit', '1000').length };
  const first = sum(at('/etc/suture/keys/suture.key'));
  inside(['/usr/sbin/suturectl', 'rekey', '--json'], { mayFail: true }); /* 3: the daemon is at work, so that the old key stays known for an hour */
  assert.notEqual(sum(at('/etc/suture/keys/suture.key')), first);
  assert.ok(lstatSync(at('/var/lib/suture/suture.key')).isSymbolicLink());
  suturectl('import', '--quiet');
  assert.equal(await stop(), 0);
  const key = sum(at('/etc/suture/keys/suture.key'));
  const links = suturectl('links', '--limit', '1000').length;
  assert.match(install(build('9.0.0')), /Unpacking suture \(9\.0\.0\) over/);
  assert.equal(sum(at('/etc/suture/keys/suture.key')), key);
  assert.match(readFileSync(at('/etc/suture/suture.env'), 'utf8'), /127\.0\.0\.1:0/);
  assert.equal(suturectl('links', '--limit', '1000').length, links);
  handOver();
  const said = await start();
  assert.equal((await fetch(`${said.address}/health`)).status, 200);
  assert.equal(await stop(), 0);
  linkKey('/etc/suture/keys/suture.key');
});

test('a removal keeps everything, a purge puts it aside and says where', { skip }, () => {
  apt('remove', 'suture');
  assert.ok(existsSync(at('/var/lib/suture/suture.db')) && existsSync(at('/etc/suture/keys/suture.key')) && !existsSync(at('/usr/bin/suture')));
  const said = apt('purge', 'suture');
  const [, aside] = /kept in (\/var\/lib\/suture\.purged\.\w+)/.exec(said);
  assert.deepEqual(['suture.db', 'suture.key'].map((name) => existsSync(at(join(aside, name)))), [true, true]);
  assert.equal(statSync(at(aside)).uid, 0);
  assert.ok(!existsSync(at('/etc/suture')) && !existsSync(at('/var/lib/suture')));
  assert.notEqual(inside(['id', 'suture'], { mayFail: true }).status, 0);
});

test('the drill of docs/OPERATIONS.md: a new machine, the key and the backup from elsewhere, and it goes on', { skip }, async () => {
  install(build());
  const uid = Number(inside(['id', '-u', 'suture']).stdout);
  writeFileSync(at('/etc/suture/keys/suture.key'), kept.key);
  writeFileSync(at('/srv/suture-kept.db'), kept.backup, { mode: 0o600 });
  chownSync(at('/srv/suture-kept.db'), uid, uid);
  suturectl('restore', '/srv/suture-kept.db', '--aside', '/var/lib/suture/empty.db');
  assert.deepEqual(suturectl('doctor').filter((finding) => finding.level === 'error'), []);
  assert.equal(suturectl('links', '--limit', '1000').length, kept.links);
  writeFileSync(at('/etc/suture/suture.env'), 'SUTURE_DIR=/var/lib/suture\nSUTURE_SERVE=--listen 127.0.0.1:0 --json\n');
  const said = await start();
  for (let tries = 0; suturectl('runs').some((run) => !['done', 'aborted'].includes(run.state)); tries++) {
    assert.ok(tries < 600, 'the import that a restore asks for is done');
    await new Promise((done) => setTimeout(done, 100));
  }
  assert.equal((await fetch(`${said.address}/ready`)).status, 200);
  const { contacts } = await states(systems);
  const ids = contacts.map((contact) => contact.Hint_Patient_Id__c).filter(Boolean);
  assert.equal(new Set(ids).size, ids.length, 'nobody is there twice');
  assert.equal(suturectl('links', '--limit', '1000').length, kept.links);
  assert.equal(await stop(), 0);
});

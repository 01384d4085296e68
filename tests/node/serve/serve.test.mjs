// suture serve as its users see it: health, figures, webhooks in, one daemon a folder, a graceful end.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { test } from 'node:test';
import { must, states, suture } from '../../../demo/systems.mjs';
import { event, eventually, isReady, makePatient, secret, serve, signed, withDaemon } from './daemon.mjs';
import { figure, readFigures } from './figures.mjs';

const figures = async (daemon) => readFigures(await (await daemon.get('/metrics')).text());
const post = (daemon, body, key = secret) => fetch(daemon.webhooks.practice, signed(body, key));

test('it serves and says where', async (t) => {
  await withDaemon({ args: ['--public-url', 'https://suture.example.org/'] }, async ({ daemon, dir }) => {
    t.diagnostic(`start to serving: ${daemon.tookMs.toFixed(1)} ms`);
    assert.match(daemon.address, /^http:\/\/127\.0\.0\.1:[0-9]+$/);
    assert.deepEqual(daemon.webhooks, { practice: 'https://suture.example.org/hooks/practice', org: 'https://suture.example.org/hooks/org' });
    assert.deepEqual(await (await daemon.get('/health')).json(), { healthy: true });
    assert.deepEqual(await (await daemon.get('/ready')).json(), { ready: true, syncs: 1, missing: [] });
    assert.equal((await daemon.get('/ready', { 'x-forwarded-for': '192.0.2.7' })).status, 404);
    assert.equal((await daemon.get('/api/v1/nothing')).status, 404);
    // The goal is 100 ms on an idle machine. The best of a few, and longer where more wants to run than can: no machine makes a slow start quick.
    const most = () => 1000 * Math.max(1, loadavg()[0] / availableParallelism());
    const took = [daemon.tookMs];
    for (let last = daemon; took.length < 10 && !took.some((ms) => ms < most()); took.push(last.tookMs)) {
      await last.stop();
      last = await serve(dir);
      t.after(() => last.stop('SIGKILL'));
    }
    assert.ok(Math.min(...took) < most(), `${took} ms`);
  });
});

test('one daemon a folder', async () => {
  await withDaemon({}, async ({ daemon, dir }) => {
    const second = await serve(dir).catch((error) => error);
    assert.ok(second instanceof Error);
    assert.match(second.message, new RegExp(`a daemon serves .* already, process ${daemon.pid}: stop it first`));
    assert.equal((await suture(dir, ['serve', '--listen', '127.0.0.1:0'])).code, 1);
    assert.equal((await daemon.get('/health')).status, 200);
    // The lock goes with its process, however that ends.
    await daemon.stop('SIGKILL');
    const third = await serve(dir);
    assert.equal((await third.stop()).code, 0);
  });
});

test('a far side that refuses us is told by /ready and heals', async () => {
  await withDaemon({}, async ({ daemon, dir }) => {
    const right = readFileSync(`${dir}/hint.token`, 'utf8');
    const file = JSON.parse(readFileSync(`${dir}/suture.yaml`, 'utf8'));
    const apply = async (token, note) => {
      writeFileSync(`${dir}/hint.token`, token, { mode: 0o600 });
      file.syncs.patients.delta_lag_s = note;
      writeFileSync(`${dir}/suture.yaml`, JSON.stringify(file));
      await must(dir, ['apply', `${dir}/suture.yaml`]);
    };
    await apply('no such key\n', 1);
    const missing = await eventually(async () => {
      const answer = await daemon.get('/ready');
      const { missing: rows } = await answer.json();
      return answer.status === 503 && rows[0].why !== 'signing in' && rows;
    }, 'a refusal');
    assert.equal(missing[0].sync, 'patients');
    assert.match(missing[0].why, /practice|token|credentials|refused|401/);
    assert.equal((await daemon.get('/health')).status, 200);
    assert.equal(figure(await figures(daemon), 'suture_sync_ready', { sync: 'patients' }), 0);
    await apply(right, 3);
    await eventually(() => isReady(daemon), 'readiness again');
  });
});

test('R1 a webhook is staged durably, then answered, and arrives at the other side', async () => {
  await withDaemon({ imported: true }, async ({ systems, daemon, dir }) => {
    const patient = await makePatient(systems, { first_name: 'Ottilie', last_name: 'Brandauer', email: 'ottilie@mail.example' });
    const answer = await post(daemon, event(patient, 'patient.created'));
    assert.equal(answer.status, 200);
    assert.deepEqual(await answer.json(), { received: 1 });
    assert.equal((await must(dir, ['staged', '--json', '--limit', '1000'])).json.filter((row) => row.door === 'webhook' && row.state !== 'superseded').length, 1); // who is new is read once more
    await eventually(async () => (await states(systems)).contacts.some((c) => c.Hint_Patient_Id__c === patient.id), 'the contact');
    const seen = await eventually(async () => {
      const now = await figures(daemon);
      return figure(now, 'suture_writes_total', { sync: 'patients', side: 'crm', result: 'delivered' }) && now;
    }, 'the count of the write');
    assert.equal(figure(seen, 'suture_hook_requests_total', { connection: 'practice', answer: 'received' }), 1);
    assert.equal(figure(seen, 'suture_events_total', { connection: 'practice', event: 'patient.created', outcome: 'staged' }), 1);
    assert.equal(figure(seen, 'suture_outcomes_total', { sync: 'patients', outcome: 'created' }), 1);
    assert.equal(figure(seen, 'suture_hook_seconds_count'), 1);
    assert.ok(figure(seen, 'suture_write_seconds_count') >= 1);
    assert.equal(figure(seen, 'suture_store_up'), 1);
    assert.ok(figure(seen, 'process_resident_memory_bytes') > 1e6);
    // R41: neither figures nor log give anybody away.
    const said = (await (await daemon.get('/metrics')).text()) + daemon.log.join('\n');
    for (const word of ['Ottilie', 'Brandauer', 'mail.example']) assert.ok(!said.includes(word), word);
    assert.ok(!(await (await daemon.get('/metrics')).text()).includes(patient.id));
  });
});

test('what is not genuine is refused, what nobody takes is not found, a probe is answered', async () => {
  await withDaemon({ args: ['--log', 'json'] }, async ({ daemon, dir }) => {
    assert.equal((await post(daemon, event({ id: 'pat-1' }), 'another key')).status, 401);
    assert.equal((await fetch(daemon.webhooks.practice, { method: 'POST', body: '{}' })).status, 401);
    assert.equal((await fetch(daemon.webhooks.org, { method: 'POST', body: '{}' })).status, 401);
    assert.equal((await fetch(`${daemon.address}/hooks/Jane-Doe`, { method: 'POST', body: '{}' })).status, 404);
    const probe = await fetch(`${daemon.webhooks.practice}/anything`);
    assert.deepEqual([probe.status, await probe.text()], [200, '']);
    assert.equal((await fetch(daemon.webhooks.practice, { method: 'POST', body: 'x'.repeat((1 << 20) + 1) })).status, 413);
    assert.deepEqual((await must(dir, ['staged', '--json'])).json, []);
    const now = await figures(daemon);
    assert.equal(figure(now, 'suture_hook_requests_total', { connection: 'practice', answer: 'unauthorized' }), 2);
    assert.equal(figure(now, 'suture_hook_requests_total', { connection: '', answer: 'not_found' }), 1);
    const log = daemon.log.map((line) => JSON.parse(line));
    assert.ok(log.some((line) => line.level === 'error' && line.code === 'auth' && /^webhook of practice refused/.test(line.text)));
    assert.ok(log.some((line) => line.sync === 'patients' && line.text === 'works'));
    assert.ok(!daemon.log.join('').includes('Jane'));
  });
});

test('the house can have its own address', async () => {
  await withDaemon({}, async ({ daemon, dir }) => {
    await daemon.stop();
    const other = await serve(dir, ['--admin', '127.0.0.1:0']);
    try {
      assert.notEqual(other.admin, other.address);
      assert.equal((await fetch(`${other.admin}/health`)).status, 200);
      assert.equal((await other.get('/health')).status, 404);
      assert.equal((await fetch(`${other.admin}/hooks/practice`, { method: 'POST', body: '{}' })).status, 404);
    } finally {
      await other.stop('SIGKILL');
    }
  });
});

test('R5 a graceful stop under load: whoever was told 200 is staged', async () => {
  await withDaemon({}, async ({ systems, daemon, dir }) => {
    const { patients } = await states(systems);
    const told = { ok: 0, refused: 0, other: [] };
    let going = true;
    const sender = async (n) => {
      for (let i = 0; going; i++) {
        const patient = { ...patients[(n + i) % patients.length], nickname: `n${n}-${i}` };
        try {
          const { status } = await post(daemon, event(patient));
          if (status === 200) told.ok++;
          else told.other.push(status);
        } catch {
          told.refused++;
          return;
        }
      }
    };
    const senders = Array.from({ length: 8 }, (_, n) => sender(n));
    await eventually(() => told.ok > 200, 'load');
    const { code, log } = await daemon.stop();
    going = false;
    await Promise.all(senders);
    assert.equal(code, 0, log.join('\n'));
    assert.deepEqual(told.other, []);
    const staged = (await must(dir, ['staged', '--json', '--limit', '100000'])).json.filter((row) => row.door === 'webhook');
    assert.ok(staged.length >= told.ok, `${told.ok} were told 200, ${staged.length} are staged`);
    assert.ok(log.some((line) => line.includes('stops')));
    const again = await serve(dir);
    await eventually(() => isReady(again), 'readiness again');
    assert.equal((await again.stop('SIGINT')).code, 0);
  });
});

test('wrong calls are told before anything begins', async () => {
  await withDaemon({}, async ({ daemon, dir }) => {
    await daemon.stop();
    const rows = [
      [['--listen', 'localhost:1'], 1],
      [['--listen', '1.2.3.4:99999'], 2],
      [['--listen', '::1:80'], 2],
      [['--tls-cert', 'x.pem'], 2],
      [['--tls-cert', 'x.pem', '--tls-key', 'y.pem'], 1],
      [['--public-url', 'suture.example.org'], 2],
    ];
    for (const [args, code] of rows) {
      const result = await suture(dir, ['serve', ...args]);
      assert.equal(result.code, code, `${args.join(' ')}: ${result.stderr}`);
      assert.match(result.stderr, /^suture: /m);
    }
  });
});

test('webhooks: addresses, and a system that cannot be told', async () => {
  await withDaemon({}, async ({ dir }) => {
    const list = (await must(dir, ['webhooks', '--url', 'https://s.example/', '--json'])).json;
    const told = Object.fromEntries(list.map((row) => [row.connection, [row.address, row.told, row.secret_setting]]));
    assert.deepEqual(told, {
      org: ['https://s.example/hooks/org', 'by hand', 'hook_secret'],
      practice: ['https://s.example/hooks/practice', 'by register', 'webhook_secret'],
    });
    const byHand = await suture(dir, ['webhooks', 'org', 'register', '--url', 'https://s.example']);
    assert.equal(byHand.code, 1);
    assert.match(byHand.stderr, /paste https:\/\/s\.example\/hooks\/org there by hand.*hook_secret/);
    assert.equal((await suture(dir, ['webhooks', 'practice', 'register'])).code, 2);
    assert.equal((await suture(dir, ['webhooks', 'practice', 'enlist', '--url', 'https://s.example'])).code, 2);
  });
});

test('a practice tells us by itself once it knows our address', async () => {
  await withDaemon({ imported: true, practice: { partner_key: 'hint-partner-key' } }, async ({ systems, daemon, dir }) => {
    const answer = await fetch(`${systems.hint}/api/integrations`, { headers: { authorization: 'Bearer hint-partner-key' } });
    const [integration] = await answer.json();
    const file = JSON.parse(readFileSync(`${dir}/suture.yaml`, 'utf8'));
    file.connections.practice.integration = integration.id;
    writeFileSync(`${dir}/suture.yaml`, JSON.stringify(file));
    await must(dir, ['apply', `${dir}/suture.yaml`]);
    const done = (await must(dir, ['webhooks', 'practice', 'register', '--url', daemon.address, '--json'])).json;
    assert.deepEqual([done.address, done.registered], [`${daemon.address}/hooks/practice`, true]);
    await eventually(() => isReady(daemon), 'readiness with the new settings');
    const patient = await makePatient(systems, { first_name: 'Cornelius', last_name: 'Adelung' });
    await eventually(async () => (await states(systems)).contacts.some((c) => c.Hint_Patient_Id__c === patient.id), 'the contact');
    await must(dir, ['webhooks', 'practice', 'unregister', '--url', daemon.address]);
    const left = await fetch(`${systems.hint}/api/integrations/${integration.id}/webhook_endpoints`, { headers: { authorization: 'Bearer hint-partner-key' } });
    assert.deepEqual(await left.json(), []);
  });
});

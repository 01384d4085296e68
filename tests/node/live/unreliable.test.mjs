// Webhooks and change events get lost, come twice, out of order and late. The end state is always that of an undisturbed day.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admin, assertAlike, eventually, must, sleep, withLive } from './live.mjs';

/* What Suture says of a patient: payloads, decisions, writes and answers, oldest first. */
async function storyteller(w) {
  await must(w.dir, ['account', 'add', 'reader', '--role', 'auditor', '--json']);
  const { token } = (await must(w.dir, ['token', 'add', 'story', '--account', 'reader', '--scopes', 'see,values', '--json'])).json;
  return async (id) => {
    const answer = await fetch(`${w.daemon.url}/api/v1/syncs/patients/records/emr/${id}/timeline`, { headers: { authorization: `Bearer ${token}` } });
    const { items = [], ...other } = await answer.json();
    return items.length ? items.reverse().map((item) => JSON.stringify(item)) : [`${answer.status} ${JSON.stringify(other)}`];
  };
}

/* When it fails it says which pairs lack what, and what became of their payloads. */
const settled = async (w, ids, want) => {
  const pairs = async () => (await w.pairs()).filter(({ patient }) => ids.has(patient.id));
  try {
    await eventually(async () => {
      const now = await pairs();
      return now.length === ids.size && now.every((pair) => want(pair));
    }, 'every pair holds its last values');
  } catch (error) {
    const wrong = (await pairs()).filter((pair) => !want(pair));
    const story = await storyteller(w);
    const told = async ({ patient: p, contact: c }) => [
      `${p.id} ${p.email} ${p.address_city} ${p.updated_at} | ${c.Id} ${c.Email} ${c.MailingCity} ${c.SystemModstamp}`,
      ...(await story(p.id)),
    ];
    error.message += `\n${(await Promise.all(wrong.slice(0, 3).map(told))).flat().join('\n')}`;
    throw error;
  }
};

/* Edits on both sides, several times a pair, different fields on either side, so that there is one right answer. */
async function busyDay(w, rounds, rest = 0) {
  const pairs = (await w.pairs()).slice(0, 12);
  for (let round = 0; round < rounds; round++) {
    for (const [n, { patient, contact }] of pairs.entries()) {
      await w.editPatient(patient.id, { email: `p${n}-${round}@mail.example` });
      await w.editContact(contact.Id, { MailingCity: `Troy ${n} ${round}` });
      if (rest) await sleep(rest);
    }
  }
  const order = new Map(pairs.map(({ patient }, n) => [patient.id, n]));
  const right = ({ patient, contact }) => {
    const n = order.get(patient.id);
    const [email, city] = [`p${n}-${rounds - 1}@mail.example`, `Troy ${n} ${rounds - 1}`];
    return [patient.email, contact.Email].every((v) => v === email) && [patient.address_city, contact.MailingCity].every((v) => v === city);
  };
  return { ids: new Set(order.keys()), right };
}

async function undisturbedEnd(w, { ids, right }, before) {
  await settled(w, ids, right);
  await w.quiet();
  const { contacts, patients } = await w.states();
  assert.deepEqual([contacts.length, patients.length], [before.contacts.length, before.patients.length], 'nobody came or went');
  const pairs = (await w.pairs()).filter(({ patient }) => ids.has(patient.id));
  pairs.forEach(assertAlike);
  assert.ok(pairs.every(right));
}

test('R39: every webhook and every change event is lost; the next delta brings all changes of both sides', async () => {
  await withLive({ practice: { loss: 1 }, org: { loss: 1 } }, async (w) => {
    await w.calm();
    const before = await w.states();
    const day = await busyDay(w, 1);
    await w.quiet();
    const early = (await w.pairs()).filter(({ patient }) => day.ids.has(patient.id));
    assert.ok(!early.some(day.right), 'nobody told the daemon');
    await w.delta();
    await undisturbedEnd(w, day, before);
  });
});

test('R4 R5: repeated, reordered and late webhooks and change events make no difference', async () => {
  const bad = { repeat: 0.4, late: 0.3, late_ms: 300, seed: 5 };
  await withLive({ practice: { ...bad, overtaken: 0.4, overtaken_ms: 100 }, org: { ...bad, reorder: 0.4, reorder_ms: 100 } }, async (w) => {
    const before = await w.states();
    await undisturbedEnd(w, await busyDay(w, 4, 2), before);
  });
});

test('R4 R5 R39: some are lost too: the delta makes it good, and an old event that comes after it undoes nothing', async () => {
  const bad = { loss: 0.3, repeat: 0.3, late: 0.3, late_ms: 1500, seed: 11 };
  await withLive({ practice: bad, org: bad }, async (w) => {
    const before = await w.states();
    const day = await busyDay(w, 3, 2);
    await w.delta();
    await settled(w, day.ids, day.right);
    await sleep(1600); /* the late ones are here now */
    await undisturbedEnd(w, day, before);
  });
});

test('R4: an old webhook, sent again by hand after a newer change, is superseded', async () => {
  await withLive({}, async (w) => {
    const [{ patient, contact }] = await w.pairs();
    const old = structuredClone(patient);
    await w.editPatient(patient.id, { email: 'newer@mail.example' });
    await eventually(async () => (await w.contact(contact.Id)).Email === 'newer@mail.example', 'the newer one is there');
    await w.quiet();
    const writes = await w.writes();
    const answer = await w.hook({ id: 'evt-old', type: 'patient.updated', created_at: old.updated_at, object: old });
    assert.equal(answer.status, 200, answer.text);
    await sleep(300);
    await w.quiet();
    assert.equal((await w.contact(contact.Id)).Email, 'newer@mail.example');
    assert.equal(await w.writes(), writes);
  });
});

test('R1: the stream loses its place: sessions forgotten, events no longer kept; what happened meanwhile still arrives', async () => {
  await withLive({}, async (w) => {
    const pairs = (await w.pairs()).slice(0, 3);
    await admin(w.systems.salesforce, 'cometd/forget', {});
    await w.editContact(pairs[0].contact.Id, { MailingCity: 'Rome' });
    await eventually(async () => (await w.patient(pairs[0].patient.id)).address_city === 'Rome', 'after 403::Unknown client');
    await w.daemon.stop();
    await admin(w.systems.salesforce, 'settings', { retention_ms: 1 });
    await w.editContact(pairs[1].contact.Id, { MailingCity: 'Athens' });
    await sleep(50);
    await w.editContact(pairs[2].contact.Id, { MailingCity: 'Sparta' });
    await sleep(50);
    await w.again();
    await eventually(async () => (await w.patient(pairs[1].patient.id)).address_city === 'Athens' && (await w.patient(pairs[2].patient.id)).address_city === 'Sparta', 'after a replay id that is too old');
  });
});

test('R37: an event that is switched off is acknowledged and counted, not staged', async () => {
  await withLive({ extra: { patients: { events_off: ['patient.updated'] } } }, async (w) => {
    await w.calm();
    const [{ patient, contact }] = await w.pairs();
    await w.editPatient(patient.id, { email: 'unheard@mail.example' });
    await sleep(300);
    await w.quiet();
    assert.equal((await w.contact(contact.Id)).Email, contact.Email);
    assert.match(await w.metrics(), /patient\.updated.*off.* 1\b/);
    await w.delta();
    await eventually(async () => (await w.contact(contact.Id)).Email === 'unheard@mail.example', 'the delta brings it');
  });
});

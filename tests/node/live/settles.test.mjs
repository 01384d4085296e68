// R27: each system respells what it is given, in its own way. After one round both rest, and so do we.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admin, eventually, mobile, sleep, withLive } from './live.mjs';

const digits = (text) => (text ?? '').replace(/\D/g, '').replace(/^1(?=\d{10}$)/, '');

/* Nothing but listening and what the clock starts: no call for two seconds, three times over the time in which an echo would come back. */
async function standsStill(w, ms = 2000) {
  await w.quiet(800);
  const before = await w.calls();
  await sleep(ms);
  assert.equal(await w.calls(), before, 'calls go on though nobody edits');
}

test('R27: two systems that normalise differently settle after one round, from the import on', async () => {
  await withLive({ patients: 60, org: { respell: 'phone,state_code,name_upper' } }, async (w) => {
    await w.calm();
    await standsStill(w);
    const pairs = (await w.pairs()).slice(0, 10);
    const writes = await w.writes();
    for (const [n, { patient, contact }] of pairs.entries()) {
      if (n % 2) await w.editPatient(patient.id, { last_name: `Van Dyke${'abcdefghij'[n]}`, address_state: 'Illinois', phones: [{ type: 'mobile', number: `312555010${n}` }] });
      else await w.editContact(contact.Id, { LastName: `O'Neil${'abcdefghij'[n]}`, MailingState: 'texas', MobilePhone: `+1 312 555 010${n}` });
    }
    await eventually(async () => {
      const { contacts, patients } = await w.states();
      return pairs.every(({ patient, contact }, n) => {
        const [p, c] = [patients.find((one) => one.id === patient.id), contacts.find((one) => one.Id === contact.Id)];
        return digits(mobile(p)) === `312555010${n}` && digits(c.MobilePhone) === `312555010${n}` && p.last_name.toLowerCase() === c.LastName.toLowerCase();
      });
    }, 'what was edited is on both sides');
    await standsStill(w);
    /* One write for each edit, hardly more. */
    const made = (await w.writes()) - writes;
    assert.ok(made >= 2 && made <= 1.2 * pairs.length, `${made} write calls for ${pairs.length} edits`);
    const again = await w.writes();
    await w.delta();
    await standsStill(w, 500);
    assert.equal(await w.writes(), again, 'a delta finds nothing to write');
  });
});

test('R27: state names there, codes here, and back: the spelling of neither is forced on the other', async () => {
  await withLive({ patients: 60, org: { respell: 'state_name' } }, async (w) => {
    await w.calm();
    await standsStill(w, 500);
    const [{ patient, contact }] = (await w.pairs()).filter(({ patient: p }) => p.address_state);
    await w.editPatient(patient.id, { address_state: 'OH' });
    await eventually(async () => /^ohio$/i.test((await w.contact(contact.Id)).MailingState), 'the org made a name of the code');
    await standsStill(w, 1000);
    assert.match((await w.patient(patient.id)).address_state, /^(OH|Ohio)$/);
    const writes = await w.writes();
    await w.editContact(contact.Id, { MailingState: 'OH' });
    await sleep(300);
    await standsStill(w, 500);
    assert.equal(await w.writes(), writes, 'the same state in another spelling is no change');
  });
});

test('R27: Hint tells us of our own writes too (self-webhooks unmuted): each is recognised', async () => {
  await withLive({ practice: { unmute_self_webhooks: true } }, async (w) => {
    await w.calm();
    const [{ patient, contact }] = await w.pairs();
    await w.editContact(contact.Id, { Email: 'echo@mail.example' });
    await eventually(async () => (await w.patient(patient.id)).email === 'echo@mail.example', 'the edit is in the EMR');
    await standsStill(w);
    const writes = await admin(w.systems.hint, 'counters');
    assert.equal(writes.routes['PATCH /api/provider/patients/{id}']?.status['200'] >= 1, true);
    assert.equal((await w.contact(contact.Id)).Email, 'echo@mail.example');
  });
});

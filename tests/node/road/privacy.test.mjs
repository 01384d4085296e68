// R41: nothing that leaves the machine by itself holds a patient's data.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { admin, suture, withWorld } from './world.mjs';

/** Values that would give a patient away. Short and common words are left out: they occur in any text. */
function secretsOf(patients) {
  const values = patients.flatMap((p) => [p.last_name, p.dob, p.email, p.health_insurance_member_id, ...(p.phones ?? []).map((row) => row.number)]);
  return [...new Set(values.filter((v) => typeof v === 'string' && v.trim().length >= 6))];
}

test('R41: logs, reports, error texts and the database hold no name, birth date, phone, e-mail or member id', async () => {
  await withWorld({ patients: 300 }, async ({ dir, systems, before, world }) => {
    const victims = world.patients.filter((row) => row.treatment === 'created').slice(0, 4);
    await admin(systems.hint, 'malformed', { id: victims[0].id, kind: 'bad_date' });
    await admin(systems.hint, 'edit', { id: victims[1].id, fields: { email: 'not an e-mail of anybody' } });
    await admin(systems.hint, 'edit', { id: victims[2].id, fields: { last_name: 'L'.repeat(90) } });
    await admin(systems.hint, 'malformed', { id: victims[3].id, kind: 'wrong_type' });
    const said = [];
    for (const args of [['import'], ['drain'], ['runs'], ['report'], ['report', '--csv'], ['staged'], ['staged', '--failed'], ['links'], ['conflicts'], ['conflicts', '--waiting'], ['delta'], ['policy'], ['policy', 'history'], ['schedule'], ['budget'], ['drift'], ['log', '--level', 'debug'], ['audit'], ['check'], ['retry', '--code', 'bad_value']]) {
      const result = await suture(dir, args);
      said.push(`${args.join(' ')}\n${result.stdout}\n${result.stderr}`);
    }
    const texts = said.join('\n');
    assert.match(texts, /failed/);
    const found = secretsOf(before.patients).filter((secret) => texts.includes(secret));
    assert.equal(found.length, 0, `${found.length} values of patients were said`);
    for (const name of readdirSync(dir).filter((n) => n.startsWith('suture.db'))) {
      const bytes = readFileSync(join(dir, name)).toString('latin1');
      /* The day of a far side's timestamp (2023-11-27T…) can be somebody's birthday by chance. */
      const stored = secretsOf(before.patients).filter((secret) => bytes.replaceAll(`${secret}T`, '').includes(secret));
      assert.equal(stored.length, 0, `${name} holds ${stored.length} values in clear`);
    }
  });
});

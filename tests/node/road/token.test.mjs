// A refresh token that the org replaces each time: every command signs in with what the one before it has kept.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { configuration } from '../../../demo/systems.mjs';
import { must, suture, withWorld } from './world.mjs';

const back = 'http://localhost/back';

/** What the authorisation in a browser leaves. */
async function firstRefreshToken(org) {
  const query = new URLSearchParams({ response_type: 'code', client_id: 'suture-client', redirect_uri: back });
  const shown = await fetch(`${org}/services/oauth2/authorize?${query}`, { redirect: 'manual' });
  const code = new URL(shown.headers.get('location')).searchParams.get('code');
  const form = { grant_type: 'authorization_code', code, client_id: 'suture-client', client_secret: 'suture-secret', redirect_uri: back };
  const answer = await fetch(`${org}/services/oauth2/token`, { method: 'POST', body: new URLSearchParams(form) });
  return (await answer.json()).refresh_token;
}

async function applyToken(dir, systems, token) {
  const file = join(dir, 'rotating.yaml');
  const org = { auth: 'refresh_token', refresh_token: token };
  writeFileSync(file, JSON.stringify(configuration(systems, { org, practice: { pace: '0' } })));
  return must(dir, ['apply', file, '--why', 'sign in as a person']);
}

test('a rotated refresh token is kept by every command, also by a dry run', async () => {
  await withWorld({ patients: 30, sandbox: ['--rotate-refresh'] }, async ({ dir, systems, wrong }) => {
    const first = await firstRefreshToken(systems.salesforce);
    await applyToken(dir, systems, first);
    for (const command of [['check'], ['import', '--dry-run', '--quiet'], ['import', '--quiet'], ['drain', '--quiet'], ['check']]) await must(dir, command);
    assert.deepEqual(await wrong(), []);
    const exported = (await must(dir, ['export'])).stdout;
    assert.match(exported, /refresh_token:\s*\{?\s*sealed: true/);
    // The file as it was written first would bring the dead one back; {sealed: true} keeps what is stored.
    await applyToken(dir, systems, { sealed: true });
    await must(dir, ['check']);
    await applyToken(dir, systems, first);
    const dead = await suture(dir, ['import', '--quiet']);
    assert.equal(dead.code, 1);
    assert.match(dead.stderr, /the refresh token is no longer valid; authorise the connection again/);
    assert.ok(!`${exported}${dead.stderr}`.includes(first), 'no token is ever shown');
  });
});

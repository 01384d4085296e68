// The list of syncs and the live topics, over the wire of a daemon at work.
import assert from 'node:assert/strict';
import test from 'node:test';
import { eventually } from '../serve/daemon.mjs';
import { withApi } from './lib.mjs';

test('syncs are listed with their state, to whoever is signed in', async () => {
  await withApi({ as: ['viewer'] }, async ({ daemon, viewer }) => {
    const { items } = await viewer.must('get', '/syncs');
    assert.deepEqual(items.map((sync) => [sync.name, sync.emr_connection, sync.crm_connection, sync.state.ready]), [['patients', 'practice', 'org', true]]);
    assert.equal((await fetch(`${daemon.address}/api/v1/syncs`)).status, 401);
  });
});

test('a listener hears each topic of its right at once', async () => {
  await withApi({ as: ['viewer'] }, async ({ viewer }) => {
    const heard = [];
    const listening = new AbortController();
    const answer = await viewer.stream('/events', listening.signal);
    const reading = (async () => {
      for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) heard.push(chunk);
    })().catch(() => {});
    await eventually(() => ['syncs', 'alerts'].every((topic) => heard.join('').includes(`event: ${topic}\n`)), 'the first topics');
    listening.abort();
    await reading;
    assert.match(answer.headers.get('content-type'), /^text\/event-stream/);
  });
});

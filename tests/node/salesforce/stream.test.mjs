// Change events over CometD, heard by the cometd library while jsforce and a person edit.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import jsforce from 'jsforce';
import { Listener, pause } from './listener.mjs';
import { admin, caller, clientToken, startSandbox } from './sandbox.mjs';

const CONTACTS = '/data/ContactChangeEvent';
let sandbox;
let connection;
let token;
let listeners = [];

async function listen(...subscriptions) {
	const listener = new Listener(sandbox.url, token);
	listeners.push(listener);
	assert.equal((await listener.handshake()).successful, true);
	for (const [channel, replay] of subscriptions) {
		const reply = await listener.subscribe(channel, replay);
		assert.equal(reply.successful, true, reply.error);
	}
	return listener;
}

before(async () => {
	sandbox = await startSandbox();
	token = await clientToken(sandbox.url);
	connection = new jsforce.Connection({
		version: '62.0', instanceUrl: sandbox.url, accessToken: token, callOptions: { client: 'EmrSync' },
	});
});
after(() => sandbox.stop());
afterEach(async () => {
	await Promise.all(listeners.map((listener) => listener.stop()));
	listeners = [];
	await admin(sandbox.url, 'settings', {
		loss: 0, repeat: 0, reorder: 0, late: 0, late_ms: 1000, seed: 1, overflow_after: 100000, gaps: 0, retention_max: 100000,
		refuse_subscribe: '', dotted: true, tracked: '', connect_ms: 110000, status_401: false,
	});
});

test('create, update and delete by jsforce are heard with what changed', async () => {
	const listener = await listen([CONTACTS, -1]);
	const contacts = connection.sobject('Contact');
	const { id } = await contacts.create({ FirstName: 'Zoë', LastName: 'Ng', MailingCity: 'Reno', Birthdate: '1980-01-02', Phone: '1' });
	await contacts.update({ Id: id, FirstName: 'Zoe', Phone: null, MailingState: 'NV' });
	await contacts.destroy(id);
	await listener.until(3);
	const [made, changed, gone] = listener.payloads();

	assert.equal(made.ChangeEventHeader.changeType, 'CREATE');
	assert.equal(made.ChangeEventHeader.entityName, 'Contact');
	assert.deepEqual(made.ChangeEventHeader.recordIds, [id]);
	assert.equal(made.ChangeEventHeader.changeOrigin, 'com/salesforce/api/rest/62.0;client=EmrSync');
	assert.deepEqual(made.Name, { LastName: 'Ng', FirstName: 'Zoë' });
	assert.deepEqual(made.MailingAddress, { City: 'Reno' });
	assert.equal(made.Birthdate, '1980-01-02');
	assert.equal(made.DoNotCall, false);
	assert.match(made.CreatedDate, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
	assert.equal(made.Email, undefined);

	assert.equal(changed.ChangeEventHeader.changeType, 'UPDATE');
	assert.deepEqual(changed.ChangeEventHeader.changedFields, ['Name.FirstName', 'MailingAddress.State', 'Phone', 'LastModifiedDate']);
	assert.deepEqual(Object.keys(changed).sort(), ['ChangeEventHeader', 'LastModifiedDate', 'MailingAddress', 'Name', 'Phone']);
	assert.equal(changed.Phone, null);
	assert.deepEqual(changed.Name, { FirstName: 'Zoe' });

	assert.deepEqual(Object.keys(gone), ['ChangeEventHeader']);
	assert.equal(gone.ChangeEventHeader.changeType, 'DELETE');
	const ids = listener.events.map((event) => event.data.event.replayId);
	assert.ok(ids[0] < ids[1] && ids[1] < ids[2]);
});

test('a person is told apart from the integration by user and origin', async () => {
	const listener = await listen([CONTACTS, -1]);
	const { id } = await connection.sobject('Contact').create({ LastName: 'Own' });
	await admin(sandbox.url, 'edit', { object: 'Contact', id, fields: { Title: 'x' } });
	await listener.until(2);
	const [own, person] = listener.headers();

	assert.notEqual(own.commitUser, person.commitUser);
	assert.ok(!person.changeOrigin.includes('EmrSync'));
	assert.deepEqual(person.changedFields, ['Title', 'LastModifiedDate', 'LastModifiedById']);
});

test('the same change of many records in one call is one event', async () => {
	const made = await connection.sobject('Contact').create(['A', 'B', 'C'].map((LastName) => ({ LastName })));
	const listener = await listen([CONTACTS, -1]);
	const ids = made.map(({ id }) => id);

	await connection.sobject('Contact').update(ids.map((Id) => ({ Id, Department: 'Same' })));
	await connection.sobject('Contact').update(ids.map((Id, i) => ({ Id, Department: `Other ${i}` })));
	await listener.until(4);
	const headers = listener.headers();

	assert.deepEqual(headers[0].recordIds, ids);
	assert.deepEqual(headers.slice(1).map((header) => header.recordIds), ids.map((id) => [id]));
	assert.equal(new Set(headers.slice(1).map((header) => header.transactionKey)).size, 1);
	assert.deepEqual(headers.slice(1).map((header) => header.sequenceNumber), [1, 2, 3]);
});

test('what a transaction takes back is never told', async () => {
	const listener = await listen([CONTACTS, -1]);
	const call = caller(sandbox.url, token);
	const record = (LastName) => ({ attributes: { type: 'Contact' }, LastName });

	await call('POST', '/services/data/v62.0/composite/sobjects', { allOrNone: true, records: [record('Fine'), record('')] });
	await connection.sobject('Contact').create({ LastName: 'After' });
	await listener.until(1);
	await pause(50);
	assert.deepEqual(listener.payloads().map((payload) => payload.Name.LastName), ['After']);
});

test('Bulk API jobs are heard too', async () => {
	const listener = await listen([CONTACTS, -1]);
	connection.bulk2.pollInterval = 20;
	await connection.bulk2.loadAndWaitForResults({ object: 'Contact', operation: 'insert', input: [{ LastName: 'Bulk 1' }, { LastName: 'Bulk 2' }] });
	await listener.until(2);
	assert.match(listener.headers()[0].changeOrigin, /^com\/salesforce\/api\/bulkapi\/62\.0/);
});

test('channels: one object, another, all of them, none', async () => {
	const listener = await listen(['/data/AccountChangeEvent', -1], ['/data/ChangeEvents', -1]);
	await connection.sobject('Account').create({ Name: 'House' });
	await connection.sobject('Contact').create({ LastName: 'Ng' });
	await listener.until(3);
	assert.deepEqual(listener.events.map((event) => `${event.channel} ${event.data.payload.ChangeEventHeader.entityName}`).sort(), [
		'/data/AccountChangeEvent Account', '/data/ChangeEvents Account', '/data/ChangeEvents Contact',
	]);
	for (const channel of ['/data/NothingChangeEvent', '/data/Contact']) {
		const reply = await listener.subscribe(channel);
		assert.equal(reply.error, '400::The channel you requested to subscribe to doesn\'t exist');
	}
	await admin(sandbox.url, 'settings', { tracked: 'Account' });
	assert.match((await listener.subscribe(CONTACTS)).error, /^400::The channel/);
	await admin(sandbox.url, 'settings', { tracked: '', refuse_subscribe: '403::User not authenticated' });
	const bayeux = await rawClient();
	assert.equal((await bayeux.send({ channel: '/meta/subscribe', subscription: CONTACTS })).body[0].error, '403::User not authenticated');
});

test('unsubscribed: no more events', async () => {
	const listener = await listen(['/data/AccountChangeEvent', -1]);
	const subscription = listener.cometd.subscribe(CONTACTS, (message) => listener.events.push(message));
	await pause(50);
	await new Promise((resolve) => listener.cometd.unsubscribe(subscription, resolve));
	await connection.sobject('Contact').create({ LastName: 'Unheard' });
	await connection.sobject('Account').create({ Name: 'Heard' });
	await listener.until(1);
	await pause(50);
	assert.deepEqual(listener.headers().map((header) => header.entityName), ['Account']);
});

test('replay: new ones, all that are kept, those after an id, and an id that is out of the window', async () => {
	const first = await listen([CONTACTS, -1]);
	for (const LastName of ['R1', 'R2', 'R3']) await connection.sobject('Contact').create({ LastName });
	const events = await first.until(3);
	const replayIds = events.map((event) => event.data.event.replayId);
	const after = await listen([CONTACTS, replayIds[0]]);
	const newest = await listen([CONTACTS, replayIds[2]]);
	const all = await listen([CONTACTS, -2]);

	await after.until(2);
	await all.heard(replayIds[2]);
	assert.deepEqual(after.events.map((event) => event.data.event.replayId), replayIds.slice(1));
	assert.deepEqual(all.events.slice(-3).map((event) => event.data.event.replayId), replayIds);
	assert.equal(newest.events.length, 0);

	await admin(sandbox.url, 'settings', { retention_max: 1 });
	await connection.sobject('Contact').create({ LastName: 'R4' });
	const bayeux = await rawClient();
	for (const id of [replayIds[0], replayIds[2] + 1000000, -3]) {
		const { body } = await bayeux.send({ channel: '/meta/subscribe', subscription: CONTACTS, ext: { replay: { [CONTACTS]: id } } });
		assert.equal(body[0].error, `400::The replayId {${id}} you provided was invalid. `
			+ 'Please provide a valid ID, -2 to replay all events, or -1 to replay only new events.');
	}
	await all.until(4);
});

test('events are kept for a time', async () => {
	await connection.sobject('Contact').create({ LastName: 'Old' });
	await admin(sandbox.url, 'settings', { retention_ms: 1 });
	await pause(20);
	const listener = await listen([CONTACTS, -2]);
	await pause(50);
	assert.equal(listener.events.length, 0);
	await admin(sandbox.url, 'settings', { retention_ms: 72 * 3600 * 1000 });
});

test('a lost session: 403 Unknown client, handshake again, replay of what was missed', async () => {
	const listener = await listen([CONTACTS, -1]);
	await connection.sobject('Contact').create({ LastName: 'Before' });
	await listener.until(1);
	await admin(sandbox.url, 'cometd/forget', {});
	await connection.sobject('Contact').create({ LastName: 'Meanwhile' });
	// The library obeys the advice, shakes hands, and subscribes again with the last id that its extension was given.
	await listener.until(2);
	await connection.sobject('Contact').create({ LastName: 'Afterwards' });
	await listener.until(3);
	assert.deepEqual(listener.payloads().map((payload) => payload.Name.LastName), ['Before', 'Meanwhile', 'Afterwards']);
	assert.ok(listener.meta.some((message) => message.error === '403::Unknown client' && message.advice.reconnect === 'handshake'));
});

test('a client that is silent too long is forgotten', async () => {
	const bayeux = await rawClient();
	await admin(sandbox.url, 'settings', { idle_ms: 20 });
	await pause(60);
	const { body } = await bayeux.send({ channel: '/meta/connect', connectionType: 'long-polling' });
	assert.equal(body[0].error, '403::Unknown client');
	await admin(sandbox.url, 'settings', { idle_ms: 40000 });
});

const clients = async () => (await admin(sandbox.url, 'cometd')).clients;
async function until(look) {
	for (const end = Date.now() + 60000; !(await look());) {
		assert.ok(Date.now() < end, 'it does not come about');
		await pause(5);
	}
}

// Plain messages, for what the library would not do.
async function rawClient(access = token) {
	const cookies = [];
	const known = {}; // { clientId } after the handshake
	const send = async (message, headers = {}, signal = undefined) => {
		const answer = await fetch(`${sandbox.url}/cometd/62.0`, {
			signal, method: 'POST', body: JSON.stringify([{ id: '1', ...known, ...message }]),
			headers: { authorization: `Bearer ${access}`, 'content-type': 'application/json', cookie: cookies.join('; '), ...headers },
		});
		const text = await answer.text();
		for (const cookie of (answer.headers.getSetCookie?.() ?? answer.headers.get('set-cookie')?.split(/,\s*(?=[^;,]+=)/) ?? [])) cookies.push(cookie.split(';')[0]);
		return { status: answer.status, text, body: text.startsWith('[') ? JSON.parse(text) : null };
	};
	const hello = await send({ channel: '/meta/handshake', version: '1.0', supportedConnectionTypes: ['long-polling'] });
	if (hello.body[0].clientId) known.clientId = hello.body[0].clientId;
	return { send, hello };
}

test('cookies, size, tokens: what a server in front and the org turn away', async () => {
	const bayeux = await rawClient();
	const ping = { channel: '/meta/connect', connectionType: 'long-polling', advice: { timeout: 0 } };

	assert.equal((await bayeux.send(ping)).body[0].successful, true);
	const bare = await bayeux.send(ping, { cookie: '' });
	assert.equal(bare.status, 400);
	assert.match(bare.text, /no BAYEUX_BROWSER cookie present$/);
	assert.equal((await bayeux.send({ ...ping, padding: 'x'.repeat(33000) })).status, 413);
	assert.equal((await bayeux.send(ping, { authorization: '' })).status, 401);
	const dead = await bayeux.send(ping, { authorization: 'Bearer gone' });
	assert.deepEqual([dead.status, dead.body[0].error, dead.body[0].advice.reconnect], [200, '401::Authentication invalid', 'none']);
	await admin(sandbox.url, 'settings', { status_401: true });
	assert.equal((await bayeux.send(ping, { authorization: 'Bearer gone' })).status, 401);
	const { hello } = await rawClient('gone');
	assert.equal(hello.body[0].error, '403::Handshake denied');
	assert.equal(hello.body[0].ext.sfdc.failureReason, '401::Authentication invalid');
});

test('a connect is held, others are answered meanwhile, and an empty one ends by itself', async () => {
	const connect = { channel: '/meta/connect', connectionType: 'long-polling' };
	const bayeux = await rawClient();
	const hangUp = new AbortController();
	const held = bayeux.send(connect, {}, hangUp.signal);
	await until(async () => (await clients())[0].held);
	await connection.query('SELECT Id FROM Contact LIMIT 1');
	assert.equal((await clients())[0].held, true);
	hangUp.abort();
	await assert.rejects(held);
	await until(async () => !(await clients())[0].held);
	await admin(sandbox.url, 'settings', { connect_ms: 150 });
	const began = Date.now();
	const { body } = await bayeux.send(connect);
	assert.ok(Date.now() - began >= 150);
	assert.deepEqual(body.map(({ successful, advice }) => [successful, advice.reconnect, advice.timeout]), [[true, 'retry', 150]]);
});

test('a client that hangs up while it is held misses nothing', async () => {
	const delivered = async () => {
		const { Max, Remaining } = (await caller(sandbox.url, token)('GET', '/services/data/v62.0/limits')).body.DailyDeliveredPlatformEvents;
		return Max - Remaining;
	};
	const before_ = await delivered();
	const bayeux = await rawClient();
	const hangUp = new AbortController();
	await bayeux.send({ channel: '/meta/subscribe', subscription: CONTACTS });
	const held = bayeux.send({ channel: '/meta/connect', connectionType: 'long-polling' }, {}, hangUp.signal);
	await until(async () => (await clients())[0].held);
	hangUp.abort();
	await assert.rejects(held);
	await until(async () => !(await clients())[0].held);
	await connection.sobject('Contact').create({ LastName: 'Unheard yet' });
	const { body } = await bayeux.send({ channel: '/meta/connect', connectionType: 'long-polling' });
	assert.deepEqual(body.map(({ channel }) => channel), [CONTACTS, '/meta/connect']);
	assert.equal(await delivered(), before_ + 1);
	await bayeux.send({ channel: '/meta/disconnect' });
});

test('gaps and overflow', async () => {
	const listener = await listen([CONTACTS, -1]);
	await admin(sandbox.url, 'settings', { gaps: 1 });
	const { id } = await connection.sobject('Contact').create({ LastName: 'Gap' });
	await admin(sandbox.url, 'cometd/gap', { object: 'Contact', type: 'GAP_UPDATE', id });
	await admin(sandbox.url, 'cometd/gap', { object: 'Contact', type: 'GAP_OVERFLOW' });
	await admin(sandbox.url, 'settings', { overflow_after: 5 });
	await connection.sobject('Contact').create(Array.from({ length: 6 }, (_, i) => ({ LastName: `Much ${i}` })));
	await listener.until(5);
	await pause(50);
	const headers = listener.headers();

	assert.deepEqual(headers.slice(0, 3).map(({ changeType, recordIds }) => [changeType, recordIds]), [
		['GAP_CREATE', [id]], ['GAP_UPDATE', [id]], ['GAP_OVERFLOW', []],
	]);
	assert.deepEqual(Object.keys(listener.payloads()[0]), ['ChangeEventHeader']);
	assert.equal(headers.filter((header) => header.changeType === 'GAP_OVERFLOW').length, 2);
	assert.equal(headers.at(-1).changeType, 'GAP_OVERFLOW');
	assert.ok(headers.length < 3 + 6);
});

// What `count` edits look like to a listener while deliveries go wrong: their numbers, in the order in which they came.
async function heard(settings, count) {
	const { id } = await connection.sobject('Contact').create({ LastName: 'Steps' });
	const listener = await listen([CONTACTS, -1]);
	const edit = (Title) => connection.sobject('Contact').update({ Id: id, Title });
	const told = async () => {
		const { delivered, lost, repeated, clients: all } = await admin(sandbox.url, 'cometd');
		return delivered + lost - repeated + all[0].waiting;
	};
	const before = await told();
	await admin(sandbox.url, 'settings', settings);
	for (let i = 0; i < count; i++) await edit(`${i}`);
	// When the fate of each is known, four more go by all that wait to be passed; what is late is waited for.
	await until(async () => (await told()) >= before + count);
	await admin(sandbox.url, 'settings', { loss: 0, repeat: 0, reorder: 0, late: 0 });
	for (let i = 0; i < 4; i++) await edit(`over ${i}`);
	const titles = () => listener.payloads().map((payload) => payload.Title);
	await until(async () => titles().includes('over 3') && (await clients())[0].waiting === 0 && (!settings.late || titles().length === count + 4));
	await listener.stop();
	listeners = listeners.filter((one) => one !== listener);
	return titles().filter((title) => !title.startsWith('over')).map(Number);
}

test('lost deliveries, the same ones for the same seed', async () => {
	const once = await heard({ loss: 0.3, seed: 5 }, 30);
	const twice = await heard({ loss: 0.3, seed: 5 }, 30);
	assert.ok(once.length < 30 && once.length > 10);
	assert.deepEqual(once, twice);
	assert.deepEqual(once, [...once].sort((a, b) => a - b));
	assert.notDeepEqual(once, await heard({ loss: 0.3, seed: 6 }, 30));
});

test('repeated deliveries', async () => {
	const numbers = await heard({ repeat: 0.5, seed: 2 }, 20);
	assert.ok(numbers.length > 20);
	assert.equal(new Set(numbers).size, 20);
});

test('deliveries out of order, the same order for the same seed', async () => {
	const once = await heard({ reorder: 0.4, reorder_ms: 60000, seed: 3 }, 20);
	const inOrder = [...once].sort((a, b) => a - b);
	assert.notDeepEqual(once, inOrder);
	const twice = await heard({ reorder: 0.4, reorder_ms: 60000, seed: 3 }, 20);
	assert.deepEqual(once, twice);
});

test('late deliveries arrive in the end', async () => {
	const numbers = await heard({ late: 0.5, late_ms: 1500, seed: 4 }, 10);
	assert.deepEqual([...numbers].sort((a, b) => a - b), [...numbers.keys()]);
	assert.notDeepEqual(numbers, [...numbers.keys()]);
});

// Somebody who listens to change events with the cometd library: handshake, subscribe with a replay id, collect.
import { CometD, Extension } from 'cometd';
import { adapt } from 'cometd-nodejs-client';

adapt({});

// The replay ids of section 6.1, by the library's own means: an extension that fills in what a subscribe asks for.
class Replay extends Extension {
	constructor(wanted) {
		super();
		this.wanted = wanted;
	}

	outgoing(message) {
		if (message.channel === '/meta/handshake') message.ext = { ...message.ext, replay: true };
		if (message.channel === '/meta/subscribe') message.ext = { ...message.ext, replay: Object.fromEntries(this.wanted) };
		return message;
	}
}

export class Listener {
	constructor(url, token) {
		this.events = [];
		this.replay = new Map();
		this.meta = [];
		this.cometd = new CometD();
		this.cometd.unregisterTransport('websocket');
		this.cometd.configure({
			url: `${url}/cometd/62.0`, appendMessageTypeToURL: false, logLevel: 'error',
			requestHeaders: { Authorization: `Bearer ${token}` }, maxNetworkDelay: 60000,
		});
		this.cometd.registerExtension('replay', new Replay(this.replay));
		this.cometd.addListener('/meta/connect', (message) => this.meta.push(message));
		// A handshake that the server asked for ends all subscriptions.
		this.cometd.addListener('/meta/handshake', () => {
			for (const [channel, replay] of this.replay) this.subscribe(channel, replay);
		});
	}

	handshake() {
		return new Promise((resolve) => this.cometd.handshake(resolve));
	}

	subscribe(channel, replay = -1) {
		this.replay.set(channel, replay);
		return new Promise((resolve) => {
			this.cometd.subscribe(channel, (message) => {
				this.events.push(message);
				this.replay.set(channel, message.data.event.replayId);
			}, resolve);
		});
	}

	// Until `count` events are here; with what came before.
	async until(count, ms = 60_000) {
		const end = Date.now() + ms;

		while (this.events.length < count) {
			if (Date.now() > end) throw new Error(`${this.events.length} of ${count} events after ${ms} ms`);
			await new Promise((resolve) => setTimeout(resolve, 5));
		}
		return this.events;
	}

	// Until the event with this replay id is here.
	async heard(replayId) {
		while (!this.events.some((event) => event.data.event.replayId === replayId)) await this.until(this.events.length + 1);
	}

	payloads() {
		return this.events.map((event) => event.data.payload);
	}

	headers() {
		return this.payloads().map((payload) => payload.ChangeEventHeader);
	}

	stop() {
		return new Promise((resolve) => this.cometd.disconnect(resolve));
	}
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// One stream of server-sent events a tab. Topics are the names of events; whoever listens is told `event`, and `gap` when something may have been missed
// (the server says so, or the stream was away for long): then fetch what you show and go on.
import { createStore } from './lib/store';

/** off: nobody is signed in. lost: it was there and went away. */
export type LiveState = 'off' | 'connecting' | 'on' | 'lost';
export const live = createStore<LiveState>('off');

type OnEvent = (data: unknown, topic: string) => void;
interface Listener {
	topics: readonly string[];
	onEvent: OnEvent;
	onGap: () => void;
}

const listeners = new Set<Listener>();
/** Heard from the beginning: the server says each topic once when a stream opens, and a screen that comes later asks what was said. */
const known = new Set(['activity', 'alerts', 'conflicts_waiting', 'dry_run', 'payloads_failed', 'realtime', 'review', 'runs', 'syncs']);
const retryMs = [1000, 2000, 5000, 10_000, 30_000];
/** The server ends a stream now and then, and the browser comes back by itself: no loss before this is over. */
const graceMs = 6000;
/** What each topic said last. */
const said = new Map<string, unknown>();
let source: EventSource | undefined;
let attempt = 0;
let timer: number | undefined;
let hadStream = false;
let grace: number | undefined;

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}

function listenTo(topic: string): void {
	if (!source) return;
	source.addEventListener(topic, (event) => {
		const data = parsed((event as MessageEvent<string>).data);
		said.set(topic, data);
		for (const listener of [...listeners]) if (listener.topics.includes(topic)) listener.onEvent(data, topic);
	});
}

function tellGap(): void {
	for (const listener of [...listeners]) listener.onGap();
}

function waitALittle(): void {
	if (!hadStream || grace !== undefined) return;
	grace = window.setTimeout(() => live.set('lost'), navigator.onLine ? graceMs : 0);
}

function lose(): void {
	source?.close();
	source = undefined;
	waitALittle();
	timer = window.setTimeout(connect, retryMs[Math.min(attempt, retryMs.length - 1)]);
	attempt += 1;
}

function connect(): void {
	clearTimeout(timer);
	source?.close();
	if (live.get() === 'off') live.set('connecting');
	source = new EventSource('/api/v1/events');
	for (const topic of known) listenTo(topic);
	source.addEventListener('gap', tellGap);
	source.onopen = () => {
		// A stream that we opened anew does not resume: the browser only does that for one that it mends itself.
		if (hadStream && attempt > 0) tellGap();
		hadStream = true;
		attempt = 0;
		clearTimeout(grace);
		grace = undefined;
		live.set('on');
	};
	source.onerror = () => {
		if (source?.readyState === EventSource.CLOSED) lose();
		else waitALittle();
	};
}

export function startLive(): void {
	if (!source) connect();
}

export function stopLive(): void {
	clearTimeout(timer);
	clearTimeout(grace);
	grace = undefined;
	source?.close();
	source = undefined;
	hadStream = false;
	said.clear();
	live.set('off');
}

export function retryLive(): void {
	if (live.get() === 'lost') connect();
}

/** What the topic said last; undefined: nothing yet. */
export const lastSaid = (topic: string): unknown => said.get(topic);

/** Told of these topics until the returned function is called. In a component rather use useTopics or useApi's `topics`. */
export function onTopics(topics: readonly string[], onEvent: OnEvent, onGap: () => void): () => void {
	const listener = { topics, onEvent, onGap };
	listeners.add(listener);
	for (const topic of topics) {
		if (known.has(topic)) continue;
		known.add(topic);
		listenTo(topic);
	}
	return () => listeners.delete(listener);
}

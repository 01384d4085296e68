// Talking to the API: `api` for one call, `useApi` for what a screen shows, `usePages` for lists that come page by page, `useAction` for a button.
//
// A call that is told "not signed in" waits for the sign-in dialog and is then made again, so that nothing that was typed is lost. Errors are ApiError with
// the API's own words. Nothing here writes to storage or to the console.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { onTopics } from './live';
import { signInAgain, session, type Session } from './session';

export class ApiError extends Error {
	override name = 'ApiError';
	constructor(
		/** 0: no answer came. */
		readonly status: number,
		readonly code: string,
		message: string,
		readonly hint?: string,
		/** Milliseconds since 1970, by this machine's clock; before that another try is refused. */
		readonly notBefore?: number,
	) {
		super(message);
	}
}

export interface Ask {
	method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
	/** Sent as JSON; a Blob or a text as it is. */
	body?: unknown;
	signal?: AbortSignal;
	headers?: Record<string, string>;
	/** Asked by the page by itself: keeps no sign-in alive. */
	background?: boolean;
	/** A 401 is an error like others: for the sign-in form itself. */
	stayOut?: boolean;
}

const base = '/api/v1';

function headersOf(ask: Ask): Headers {
	const headers = new Headers(ask.headers);
	headers.set('accept', 'application/json');
	if (ask.background) headers.set('x-background', '1');
	const csrf = session.get()?.csrf;
	if (csrf && ask.method && ask.method !== 'GET') headers.set('x-csrf-token', csrf);
	if (ask.body !== undefined && !(ask.body instanceof Blob) && !headers.has('content-type')) headers.set('content-type', 'application/json');
	return headers;
}

function bodyOf(body: unknown): BodyInit | undefined {
	if (body === undefined || typeof body === 'string' || body instanceof Blob) return body;
	return JSON.stringify(body);
}

async function send(path: string, ask: Ask): Promise<Response> {
	try {
		return await fetch(base + path, { method: ask.method ?? 'GET', headers: headersOf(ask), body: bodyOf(ask.body), signal: ask.signal });
	} catch (error) {
		if (ask.signal?.aborted) throw error;
		throw new ApiError(0, 'no_answer', 'Suture does not answer', 'The service may be restarting, or the network is down. Try again in a moment.');
	}
}

async function errorOf(answer: Response): Promise<ApiError> {
	const told = (await answer.json().catch(() => null)) as { error?: { code?: string; message?: string; hint?: string } } | null;
	const error = told?.error;
	const wait = Number(answer.headers.get('retry-after'));
	return new ApiError(
		answer.status,
		error?.code ?? 'unknown',
		error?.message ?? `Suture answered with status ${answer.status}`,
		error?.hint,
		wait > 0 ? Date.now() + wait * 1000 : undefined,
	);
}

/** One call, "/runs?state=failed" and so on below /api/v1; the answer's JSON, or undefined for none. Throws ApiError. */
export async function api<T = unknown>(path: string, ask: Ask = {}): Promise<T> {
	let answer = await send(path, ask);
	if (answer.status === 401 && !ask.stayOut) {
		await signInAgain();
		answer = await send(path, ask);
	}
	if (!answer.ok) throw await errorOf(answer);
	return (answer.status === 204 ? undefined : await answer.json()) as T;
}

/** For ErrorState and toasts: any error as an ApiError. */
export const asApiError = (error: unknown): ApiError =>
	error instanceof ApiError ? error : new ApiError(0, 'console', error instanceof Error ? error.message : 'Something went wrong in this page');

const isAbort = (error: unknown): boolean => error instanceof DOMException && error.name === 'AbortError';

// ---- what a screen shows ----

export interface Loaded<T> {
	state: 'loading' | 'ready' | 'error';
	/** Stays while it is read again, and when that fails. */
	data: T | undefined;
	error: ApiError | undefined;
	/** Being read again behind what is shown. */
	busy: boolean;
	refetch: () => void;
	/** The same, asked by the page by itself: keeps no sign-in alive. */
	refetchQuietly: () => void;
	/** Shows something else until the next answer: after a write whose answer is the new state. */
	replace: (data: T) => void;
}

export interface UseApiOptions {
	/** Read again when one of these topics of the event stream says something. */
	topics?: readonly string[];
	/** With a body it is a POST: searches for people, previews. */
	body?: unknown;
}

/** What `path` answers; null asks nothing. Read again when path, body or a topic changes. */
export function useApi<T>(path: string | null, options: UseApiOptions = {}): Loaded<T> {
	const [loaded, setLoaded] = useState<{ path: string | null; data?: T; error?: ApiError }>({ path: null });
	const [turn, setTurn] = useState({ count: 0, background: false });
	const [busy, setBusy] = useState(false);
	const reading = useRef(false);
	/** Asked for while another one was under way: whether the page asked by itself; undefined: nothing was. */
	const missed = useRef<boolean | undefined>(undefined);
	const body = options.body === undefined ? undefined : JSON.stringify(options.body);

	// What is under way is not given up for another of the same: where answers take longer than events none would ever come. One more follows it.
	const again = useCallback((background: boolean) => {
		if (reading.current) missed.current = background && missed.current !== false;
		else setTurn((old) => ({ count: old.count + 1, background }));
	}, []);

	useEffect(() => {
		if (path === null) return undefined;
		const abort = new AbortController();
		reading.current = true;
		setBusy(true);
		api<T>(path, { signal: abort.signal, background: turn.background, ...(body === undefined ? {} : { method: 'POST', body }) })
			.then((data) => setLoaded({ path, data }))
			.catch((error: unknown) => {
				if (!isAbort(error)) setLoaded((old) => ({ path, data: old.path === path ? old.data : undefined, error: asApiError(error) }));
			})
			.finally(() => {
				if (abort.signal.aborted) return;
				setBusy(false);
				reading.current = false;
				if (missed.current !== undefined) again(missed.current);
				missed.current = undefined;
			});
		return () => {
			abort.abort();
			reading.current = false;
			missed.current = undefined;
		};
	}, [path, body, turn, again]);
	const refetch = useCallback(() => again(false), [again]);
	const refetchQuietly = useCallback(() => again(true), [again]);
	useRefetchOn(options.topics, refetchQuietly);
	const replace = useCallback((data: T) => setLoaded({ path, data }), [path]);
	const fresh = loaded.path === path;
	const data = fresh ? loaded.data : undefined;
	const error = fresh ? loaded.error : undefined;
	const state = error && data === undefined ? 'error' : data === undefined ? 'loading' : 'ready';
	return { state, data, error, busy, refetch, refetchQuietly, replace };
}

/** At most once a second, however many events come. */
function useRefetchOn(topics: readonly string[] | undefined, refetch: () => void): void {
	const latest = useRef(refetch);
	latest.current = refetch;
	const names = topics?.join(' ');
	useEffect(() => {
		if (!names) return undefined;
		let timer: number | undefined;
		const soon = () => {
			timer ??= window.setTimeout(() => {
				timer = undefined;
				latest.current();
			}, 1000);
		};
		const off = onTopics(names.split(' '), soon, soon);
		return () => {
			off();
			clearTimeout(timer);
		};
	}, [names]);
}

// ---- lists ----

interface Page<T> {
	items: T[];
	next: number | null;
}

export interface Pages<T> {
	state: 'loading' | 'ready' | 'error';
	items: T[];
	error: ApiError | undefined;
	/** Undefined: that was all. */
	more: (() => void) | undefined;
	busy: boolean;
	refetch: () => void;
	/** The same, asked by the page by itself: keeps no sign-in alive. */
	refetchQuietly: () => void;
}

/** A list of the API, {"items": [...], "next": id}, page by page. `path` may have a query; `more()` asks for what follows. */
export function usePages<T>(
	path: string | null,
	options: UseApiOptions & { limit?: number; /** The latest first: `next` goes back. */ by?: 'after' | 'before' } = {},
): Pages<T> {
	const by = options.by ?? 'after';
	const limit = options.limit ?? 100;
	const withLimit = path === null ? null : `${path}${path.includes('?') ? '&' : '?'}limit=${limit}`;
	const first = useApi<Page<T>>(withLimit, options);
	const [rest, setRest] = useState<{ of?: Page<T>; items: T[]; next: number | null; busy: boolean; error?: ApiError }>({ items: [], next: null, busy: false });
	const mine = rest.of === first.data;
	const next = mine && rest.of ? rest.next : (first.data?.next ?? null);

	const more = useCallback(() => {
		const of = first.data;
		if (!of || next === null || withLimit === null) return;
		const had = mine ? rest.items : [];
		setRest({ of, items: had, next, busy: true });
		api<Page<T>>(`${withLimit}&${by}=${next}`)
			.then((page) => setRest({ of, items: [...had, ...page.items], next: page.next, busy: false }))
			.catch((error: unknown) => setRest({ of, items: had, next, busy: false, error: asApiError(error) }));
	}, [by, first.data, mine, next, rest.items, withLimit]);

	return {
		state: first.state,
		items: first.data ? [...first.data.items, ...(mine ? rest.items : [])] : [],
		error: first.error ?? (mine ? rest.error : undefined),
		more: next === null ? undefined : more,
		busy: first.busy || (mine && rest.busy),
		refetch: first.refetch,
		refetchQuietly: first.refetchQuietly,
	};
}

// ---- doing something ----

export interface Action<A extends unknown[]> {
	run: (...args: A) => Promise<boolean>;
	busy: boolean;
	error: ApiError | undefined;
	clear: () => void;
}

/** A button's work: `run` is busy until `work` ended, false when it failed; the error stays until the next run. A second press meanwhile does nothing. */
export function useAction<A extends unknown[]>(work: (...args: A) => Promise<unknown>): Action<A> {
	const [state, setState] = useState<{ busy: boolean; error?: ApiError }>({ busy: false });
	const running = useRef(false);
	const latest = useRef(work);
	latest.current = work;
	const run = useCallback(async (...args: A) => {
		if (running.current) return false;
		running.current = true;
		setState({ busy: true });
		try {
			await latest.current(...args);
			setState({ busy: false });
			return true;
		} catch (error) {
			setState({ busy: false, error: asApiError(error) });
			return false;
		} finally {
			running.current = false;
		}
	}, []);
	const clear = useCallback(() => setState({ busy: false }), []);
	return { run, busy: state.busy, error: state.error, clear };
}

export type { Session };

// Where we are: the path and the filters behind "?". The address bar is the only place that knows; everything else reads it here.
//
// Plain <a href="/runs"> links work: a click on one is taken over by `startRouter`. What a person typed about people never goes into an address:
// usePeopleSearch (lib/people.ts) keeps it in memory and asks by POST.
import { useCallback } from 'preact/hooks';
import { createStore, useStore, type Store } from './lib/store';

export interface Place {
	path: string;
	query: URLSearchParams;
}

const read = (): Place => ({ path: location.pathname, query: new URLSearchParams(location.search) });
const place: Store<Place> = createStore(read());

/** Asked before we leave; false stays. Set by useUnsaved. */
type Guard = (to: string) => boolean | Promise<boolean>;
let guard: Guard | undefined;
/** Where we were, to go back to when a guard says no to the back button. */
let current = location.href;

export function setGuard(next: Guard | undefined): void {
	guard = next;
}

async function mayLeave(to: string): Promise<boolean> {
	return !guard || (await guard(to));
}

function arrive(samePath: boolean): void {
	current = location.href;
	place.set(read());
	if (!samePath) scrollTo(0, 0);
}

/** To a path of the console, with its filters: navigate('/runs?state=failed'). */
export async function navigate(to: string, { replace = false } = {}): Promise<void> {
	const samePath = new URL(to, location.href).pathname === location.pathname;
	if (!samePath && !(await mayLeave(to))) return;
	history[replace ? 'replaceState' : 'pushState'](null, '', to);
	arrive(samePath);
}

async function onPopState(): Promise<void> {
	const to = location.href;
	if (guard && new URL(current).pathname !== location.pathname) {
		history.pushState(null, '', current);
		if (!(await mayLeave(to))) return;
		history.replaceState(null, '', to);
	}
	arrive(false);
}

const isPlain = (event: MouseEvent): boolean => event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;

function onClick(event: MouseEvent): void {
	const link = event.target instanceof Element ? event.target.closest('a') : null;
	if (event.defaultPrevented || !link || !isPlain(event) || link.target || link.hasAttribute('download')) return;
	const to = new URL(link.href, location.href);
	if (to.origin !== location.origin || /^\/(api|assets|hooks)\//.test(to.pathname)) return;
	// A link within the page, such as the skip link, is the browser's.
	if (to.hash && to.pathname === location.pathname) return;
	event.preventDefault();
	void navigate(to.pathname + to.search + to.hash);
}

export function startRouter(): void {
	addEventListener('popstate', () => void onPopState());
	document.addEventListener('click', onClick);
}

export const usePlace = (): Place => useStore(place);

/** The parts of a path by a pattern: match('/runs/:id', '/runs/7') is { id: '7' }; null: it does not fit. */
export function match(pattern: string, path: string): Record<string, string> | null {
	const wanted = pattern.split('/').filter(Boolean);
	const parts = path.split('/').filter(Boolean);
	if (wanted.length !== parts.length) return null;
	const params: Record<string, string> = {};
	for (const [index, want] of wanted.entries()) {
		const part = decodeURIComponent(parts[index] ?? '');
		if (want.startsWith(':')) params[want.slice(1)] = part;
		else if (want !== part) return null;
	}
	return params;
}

/** The address of this place with some filters changed; an empty one goes away. */
export function withQuery(changes: Record<string, string | null | undefined>): string {
	const query = new URLSearchParams(location.search);
	for (const [name, value] of Object.entries(changes)) {
		if (value) query.set(name, value);
		else query.delete(name);
	}
	const text = query.toString();
	return location.pathname + (text ? `?${text}` : '');
}

/** One filter in the URL. Changing it replaces the entry of the history: the back button leaves the screen. Never for what is typed about people. */
export function useQuery(name: string, fallback = ''): [string, (value: string) => void] {
	const { query } = usePlace();
	const set = useCallback((value: string) => void navigate(withQuery({ [name]: value === fallback ? null : value }), { replace: true }), [name, fallback]);
	return [query.get(name) ?? fallback, set];
}

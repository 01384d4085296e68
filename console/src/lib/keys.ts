// Keys that work anywhere on a screen: 'r', '?', 'Ctrl+k', or 'g o' for one after the other. Single letters never fire while somebody types or with a dialog open,
// and can be switched off.
import { useLayoutEffect, useRef } from 'preact/hooks';
import { createStore } from './store';

export interface Key {
	/** 'j', '/', 'Escape', 'Ctrl+k', 'Ctrl+Shift+z', 'g o' */
	keys: string;
	/** What it does, for the list of keys. */
	does: string;
	run: (event: KeyboardEvent) => void;
	/** Is the person there? Of two lists on a page the one with the focus gets the key. */
	within?: () => boolean;
	/** In the list of keys; "This screen" when it says nothing. */
	group?: string;
}

const stack = new Set<Key[]>();
const stored = 'suture.keys';

function readSingle(): boolean {
	try {
		return localStorage.getItem(stored) !== 'off';
	} catch {
		return true;
	}
}

export const singleKeys = createStore(readSingle());

export function setSingleKeys(on: boolean): void {
	singleKeys.set(on);
	try {
		localStorage.setItem(stored, on ? 'on' : 'off');
	} catch {
		// Not kept, then.
	}
}

/** All keys that work now, for the list of keys. */
export const keysNow = (): Key[] => [...stack].flat();

const isTyping = (target: EventTarget | null): boolean =>
	target instanceof HTMLElement &&
	(target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) &&
	!/^(checkbox|radio|button)$/.test((target as HTMLInputElement).type ?? '');

function nameOf(event: KeyboardEvent): string {
	const modified = event.ctrlKey || event.metaKey;
	const key = event.key.length === 1 && modified ? event.key.toLowerCase() : event.key;
	return `${modified ? 'Ctrl+' : ''}${modified && event.shiftKey ? 'Shift+' : ''}${key}`;
}

let first = '';
let firstTimer: number | undefined;

function find(name: string): Key | undefined {
	// Whoever came last stands nearest to the person.
	const fitting = keysNow()
		.reverse()
		.filter((key) => key.keys === name);
	return fitting.find((key) => key.within?.()) ?? fitting[0];
}

function onKey(event: KeyboardEvent): void {
	if (event.defaultPrevented || event.altKey || event.isComposing) return;
	const name = nameOf(event);
	const single = !name.startsWith('Ctrl+');
	if (single && (isTyping(event.target) || !singleKeys.get() || document.querySelector('dialog[open]'))) return;
	const key = (first && find(`${first} ${name}`)) || find(name);
	const begins = !first && single && keysNow().some(({ keys }) => keys.startsWith(`${name} `));
	first = '';
	clearTimeout(firstTimer);
	if (key) {
		event.preventDefault();
		key.run(event);
	} else if (begins) {
		first = name;
		firstTimer = window.setTimeout(() => (first = ''), 1500);
	}
}

export function startKeys(): void {
	document.addEventListener('keydown', onKey);
}

/** These keys work as long as the component is there. */
export function useKeys(keys: Key[]): void {
	const latest = useRef(keys);
	latest.current = keys;
	const names = keys.map((key) => key.keys).join('|');
	// Before the page is painted: whoever sees it may press a key.
	useLayoutEffect(() => {
		const mine = latest.current.map((key, index) => ({ ...key, run: (event: KeyboardEvent) => latest.current[index]?.run(event) }));
		stack.add(mine);
		return () => {
			stack.delete(mine);
		};
	}, [names]);
}

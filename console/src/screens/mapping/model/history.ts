// Undo and redo: whole states, as they are small and share what did not change. Keys of one kind in a row (typing into one field) are one step.

export interface History<T> {
	readonly past: readonly T[];
	readonly now: T;
	readonly future: readonly T[];
	/** What the last change was about; the same again goes into the same step. */
	readonly about: string | null;
}

const most = 200;

export const begin = <T>(now: T): History<T> => ({ past: [], now, future: [], about: null });

export function change<T>(history: History<T>, next: T, about: string | null = null): History<T> {
	if (Object.is(next, history.now)) return history;
	if (about !== null && about === history.about) return { ...history, now: next, future: [] };
	return { past: [...history.past.slice(1 - most), history.now], now: next, future: [], about };
}

export function undo<T>(history: History<T>): History<T> {
	const before = history.past.at(-1);
	if (before === undefined) return history;
	return { past: history.past.slice(0, -1), now: before, future: [history.now, ...history.future], about: null };
}

export function redo<T>(history: History<T>): History<T> {
	const next = history.future[0];
	if (next === undefined) return history;
	return { past: [...history.past, history.now], now: next, future: history.future.slice(1), about: null };
}

// A value that several components look at: createStore(value), get, set, and useStore in a component.
import { useEffect, useState } from 'preact/hooks';

export interface Store<T> {
	get(): T;
	set(next: T | ((old: T) => T)): void;
	subscribe(listener: () => void): () => void;
}

export function createStore<T>(first: T): Store<T> {
	let value = first;
	const listeners = new Set<() => void>();
	return {
		get: () => value,
		set(next) {
			const made = typeof next === 'function' ? (next as (old: T) => T)(value) : next;
			if (Object.is(made, value)) return;
			value = made;
			for (const listener of [...listeners]) listener();
		},
		subscribe(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
	};
}

export function useStore<T>(store: Store<T>): T {
	const [value, setValue] = useState(store.get);
	useEffect(() => {
		const look = () => setValue(() => store.get());
		look();
		return store.subscribe(look);
	}, [store]);
	return value;
}

// Small hooks that many components share.
import { useEffect, useRef, useState } from 'preact/hooks';
import { lastSaid, onTopics } from '../live';
import { setGuard } from '../router';
import { relativeTime } from './format';

/** Told of events of these topics; `onGap` when some may have been missed. */
export function useTopics(topics: readonly string[], onEvent: (data: unknown, topic: string) => void, onGap: () => void = () => {}): void {
	const latest = useRef({ onEvent, onGap });
	latest.current = { onEvent, onGap };
	const names = topics.join(' ');
	useEffect(
		() =>
			onTopics(
				names.split(' ').filter(Boolean),
				(data, topic) => latest.current.onEvent(data, topic),
				() => latest.current.onGap(),
			),
		[names],
	);
}

/** What a topic of the event stream said last, which is the answer of the route that it belongs to; undefined before it said anything. */
export function useTopic<T>(topic: string): T | undefined {
	const [data, setData] = useState(() => lastSaid(topic) as T | undefined);
	useEffect(() => {
		setData(() => lastSaid(topic) as T | undefined);
		return onTopics(
			[topic],
			(next) => setData(() => next as T),
			() => {},
		);
	}, [topic]);
	return data;
}

/** The text a little after it stopped changing. */
export function useLater<T>(value: T, ms = 250): T {
	const [later, setLater] = useState(value);
	useEffect(() => {
		const timer = setTimeout(() => setLater(value), ms);
		return () => clearTimeout(timer);
	}, [value, ms]);
	return later;
}

/** What is typed and not saved yet is asked about before it is left: by a link, the back button, or closing the tab. */
export function useUnsaved(dirty: boolean, ask: () => Promise<boolean>): void {
	const latest = useRef(ask);
	latest.current = ask;
	useEffect(() => {
		if (!dirty) return undefined;
		const stay = (event: BeforeUnloadEvent) => event.preventDefault();
		addEventListener('beforeunload', stay);
		setGuard(() => latest.current());
		return () => {
			removeEventListener('beforeunload', stay);
			setGuard(undefined);
		};
	}, [dirty]);
}

/** "2 min ago", kept true while it is shown. */
export function useRelativeTime(at: number | string | null | undefined): string {
	const [, tick] = useState(0);
	useEffect(() => {
		if (!at) return undefined;
		const timer = setInterval(() => tick((n) => n + 1), 20_000);
		return () => clearInterval(timer);
	}, [at]);
	return at ? relativeTime(at) : '';
}

/** The box's width as it is now; 0 before it is known. */
export function useWidth<T extends HTMLElement>(): [(element: T | null) => void, number] {
	const [element, setElement] = useState<T | null>(null);
	const [width, setWidth] = useState(0);
	useEffect(() => {
		if (!element) return undefined;
		const observer = new ResizeObserver(([entry]) => setWidth(Math.round(entry?.contentRect.width ?? 0)));
		observer.observe(element);
		return () => observer.disconnect();
	}, [element]);
	return [setElement, width];
}

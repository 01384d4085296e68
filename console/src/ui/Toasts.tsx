// What just happened, at the bottom, for six seconds; errors until they are closed. Never patient data: a toast is no place that is audited.
import { useEffect, useRef } from 'preact/hooks';
import { asApiError } from '../api';
import { sentence } from '../lib/format';
import { createStore, useStore } from '../lib/store';
import { Button } from './Button';
import { Icon } from './Icon';

export interface Toast {
	text: string;
	tone?: 'good' | 'bad' | 'info';
	/** Takes back what the toast tells of. */
	undo?: () => void;
	/** Another way out: a link to what was made. */
	link?: { href: string; label: string };
}

const showMs = 6000;
const most = 4;
const shown = createStore<(Toast & { id: number })[]>([]);
let last = 0;

function close(id: number): void {
	shown.set((all) => all.filter((toast) => toast.id !== id));
}

export function toast(what: Toast | string): void {
	last += 1;
	const made = { tone: 'good' as const, ...(typeof what === 'string' ? { text: what } : what), id: last };
	shown.set((all) => [...all.slice(1 - most), made]);
}

/** For a `catch`: says what the API said. */
export function toastError(error: unknown): void {
	const { message, hint } = asApiError(error);
	toast({ tone: 'bad', text: hint ? `${sentence(message)} ${sentence(hint)}` : sentence(message) });
}

function One({ toast: it }: { toast: Toast & { id: number } }) {
	const held = useRef(0);
	const box = useRef<HTMLDivElement>(null);
	useEffect(() => {
		if (it.tone === 'bad') return undefined;
		const timer = setInterval(() => {
			const reading = box.current?.matches(':hover, :focus-within');
			held.current += reading ? 0 : 250;
			if (held.current >= showMs) close(it.id);
		}, 250);
		return () => clearInterval(timer);
	}, [it]);
	return (
		<div class={`toast is-${it.tone ?? 'good'}`} ref={box}>
			<Icon name={it.tone === 'bad' ? 'circle-alert' : 'circle-check'} />
			<span>{it.text}</span>
			{it.link && <a href={it.link.href}>{it.link.label}</a>}
			{it.undo && (
				<Button
					small
					kind="quiet"
					onClick={() => {
						it.undo?.();
						close(it.id);
					}}
				>
					Undo
				</Button>
			)}
			<Button small kind="quiet" icon="x" label="Close message" onClick={() => close(it.id)} />
		</div>
	);
}

/** Where they stand; the frame has one. */
export function Toasts() {
	const all = useStore(shown);
	return (
		<div class="toasts" role="status" aria-live="polite" aria-label="Messages">
			{all.map((it) => (
				<One key={it.id} toast={it} />
			))}
		</div>
	);
}

// Patient data on screen: masked until somebody asks for it by a click, gone again after a while. The route that gives the values writes the look into the audit trail.
import { useCallback, useEffect, useState } from 'preact/hooks';
import { api, useAction, type ApiError } from '../api';
import { useDenied } from '../session';
import { Button } from './Button';
import { ErrorNote } from './States';

export const mask = '••••••';
const showMs = 60_000;

export interface Revealed<T> {
	/** Undefined: masked. */
	values: T | undefined;
	reveal: () => void;
	hide: () => void;
	busy: boolean;
	error: ApiError | undefined;
	/** Why this person may not see them. */
	why: string | undefined;
}

/** The values of one record, which `path` gives; they are forgotten after a minute, and when another record is shown. */
export function useReveal<T>(path: string, method: 'GET' | 'POST' = 'GET'): Revealed<T> {
	const [shown, setShown] = useState<{ path: string; values: T } | undefined>();
	const why = useDenied('values');
	const { run, busy, error } = useAction(async () => setShown({ path, values: await api<T>(path, { method }) }));
	const hide = useCallback(() => setShown(undefined), []);
	useEffect(() => {
		if (!shown) return undefined;
		const timer = setTimeout(hide, showMs);
		return () => clearTimeout(timer);
	}, [shown, hide]);
	return { values: shown?.path === path ? shown.values : undefined, reveal: () => void run(), hide, busy, error, why };
}

/** The button that goes with useReveal. */
export function RevealButton<T>({ of, what = 'values' }: { of: Revealed<T>; what?: string }) {
	return (
		<>
			<Button
				small
				icon={of.values === undefined ? 'eye' : 'lock'}
				busy={of.busy}
				why={of.values === undefined ? of.why : undefined}
				aria-pressed={of.values !== undefined}
				onClick={of.values === undefined ? of.reveal : of.hide}
			>
				{of.values === undefined ? `Reveal ${what}` : `Hide ${what}`}
			</Button>
			<ErrorNote error={of.error} />
		</>
	);
}

/** One value: itself once it is revealed, dots before; "empty" for nothing. */
export function Masked({ value, shown }: { value: string | null | undefined; shown: boolean }) {
	if (!shown)
		return (
			<span class="masked">
				<span aria-hidden="true">{mask}</span>
				<span class="only-read">hidden</span>
			</span>
		);
	return value ? <span class="value">{value}</span> : <span class="muted">empty</span>;
}

/** A single masked value with its own button beside it. */
export function Reveal({ path, label }: { path: string; label: string }) {
	const of = useReveal<{ value: string | null }>(path);
	return (
		<span class="row is-tight">
			<Masked value={of.values?.value} shown={of.values !== undefined} />
			<RevealButton of={of} what={label} />
		</span>
	);
}

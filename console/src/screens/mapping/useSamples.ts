// A few real records beside the rows: asked for by a click, recorded, forgotten after five minutes. What rows make of them is worked out by the API.
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { api, useAction, type ApiError } from '../../api';
import { useLater } from '../../lib/hooks';
import { useDenied } from '../../session';
import type { Source } from './model/match';
import type { Json, Row, RowSpec } from './model/types';

interface Sample {
	id: string;
	record: Json;
}

export interface Tried {
	error: string | null;
	results: { value: string | null; error: string | null }[];
}

export interface Samples {
	items: readonly Sample[];
	/** Which one is shown. */
	at: number;
	move: (by: number) => void;
	show: () => void;
	hide: () => void;
	busy: boolean;
	error: ApiError | undefined;
	why: string | undefined;
	/** What stands at a path in the record that is shown; undefined: not shown. */
	valueAt: (path: string) => string | null | undefined;
	/** What a row makes of each record. */
	triedOf: (spec: RowSpec) => Tried | undefined;
}

const forgetMs = 5 * 60_000;
const atOnce = 500;

/** Only what decides about the value. */
const keyOf = ({ emr, transform, type }: RowSpec): string => JSON.stringify([emr ?? null, transform ?? null, type ?? null]);
const toTry = ({ emr, transform, type }: RowSpec): RowSpec => ({
	...(emr === undefined ? {} : { emr }),
	crm: 'Target',
	...(transform === undefined ? {} : { transform }),
	...(type ? { type } : {}),
});

async function tryAll(specs: readonly RowSpec[], records: readonly Json[]): Promise<[string, Tried][]> {
	const made: [string, Tried][] = [];
	for (let from = 0; from < specs.length; from += atOnce) {
		const part = specs.slice(from, from + atOnce);
		const { items } = await api<{ items: Tried[] }>('/mapping/try', { method: 'POST', body: { fields: part.map(toTry), records }, background: true });
		for (const [index, tried] of items.entries()) made.push([keyOf(part[index] ?? {}), tried]);
	}
	return made;
}

export function useSamples(integration: string, object: string, sources: readonly Source[], rows: readonly Row[]): Samples {
	const [items, setItems] = useState<readonly Sample[]>([]);
	const [at, setAt] = useState(0);
	const [tried, setTried] = useState<ReadonlyMap<string, Tried>>(new Map());
	const asked = useRef(new Set<string>());
	const hide = useCallback(() => {
		setItems([]);
		setTried(new Map());
		asked.current = new Set();
	}, []);
	const { run, busy, error } = useAction(async () => {
		const told = await api<{ items: Sample[] }>(`/mapping/integrations/${encodeURIComponent(integration)}/samples`, { method: 'POST', body: { object } });
		hide();
		setItems(told.items);
		setAt(0);
	});
	useEffect(() => hide, [integration, object, hide]);
	useEffect(() => {
		if (items.length === 0) return undefined;
		const timer = setTimeout(hide, forgetMs);
		return () => clearTimeout(timer);
	}, [items, hide]);

	const laterRows = useLater(rows, 250);
	useEffect(() => {
		if (items.length === 0) return;
		const wanted = [...sources.map(({ path }) => ({ emr: path })), ...laterRows.map(({ spec }) => spec)].filter((spec) => !asked.current.has(keyOf(spec)));
		const once = [...new Map(wanted.map((spec) => [keyOf(spec), spec])).values()];
		if (once.length === 0) return;
		for (const spec of once) asked.current.add(keyOf(spec));
		tryAll(
			once,
			items.map(({ record }) => record),
		)
			.then((made) => setTried((old) => new Map([...old, ...made])))
			.catch(() => once.forEach((spec) => asked.current.delete(keyOf(spec))));
	}, [items, sources, laterRows]);

	const valueAt = useCallback((path: string) => (items.length ? tried.get(keyOf({ emr: path }))?.results[at]?.value : undefined), [items, tried, at]);
	const triedOf = useCallback((spec: RowSpec) => tried.get(keyOf(spec)), [tried]);
	const why = useDenied('values');
	return useMemo(
		() => ({
			items,
			at,
			move: (by: number) => setAt((old) => (items.length ? (old + by + items.length) % items.length : 0)),
			show: () => void run(),
			hide,
			busy,
			error,
			why,
			valueAt,
			triedOf,
		}),
		[items, at, run, hide, busy, error, why, valueAt, triedOf],
	);
}

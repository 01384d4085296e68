// Searching people by what somebody types. Names and birth dates never go into an address, a title or the history: the text lives in memory and travels in the
// body of a POST.
import { useEffect, useState } from 'preact/hooks';
import { api, asApiError, type ApiError } from '../api';
import { useLater } from './hooks';

export interface PeopleSearch<T> {
	text: string;
	setText: (text: string) => void;
	/** The last good answer stays while the next one is under way, and when it fails. */
	data: T | undefined;
	error: ApiError | undefined;
	busy: boolean;
}

/** Asks `path` with { ...extra, q: text } a quarter of a second after the last key; an older answer that comes late is dropped. */
export function usePeopleSearch<T>(path: string, { start = '', least = 2, extra }: { start?: string; least?: number; extra?: object } = {}): PeopleSearch<T> {
	const [text, setText] = useState(start);
	const [found, setFound] = useState<{ data?: T; error?: ApiError; busy: boolean }>({ busy: false });
	const asked = useLater(text.trim());
	const more = JSON.stringify(extra ?? {});
	useEffect(() => {
		if (asked.length < least) {
			setFound({ busy: false });
			return undefined;
		}
		const abort = new AbortController();
		setFound((old) => ({ ...old, busy: true }));
		api<T>(path, { method: 'POST', body: { ...(JSON.parse(more) as object), q: asked }, signal: abort.signal })
			.then((data) => setFound({ data, busy: false }))
			.catch((error: unknown) => {
				if (!abort.signal.aborted) setFound((old) => ({ data: old.data, error: asApiError(error), busy: false }));
			});
		return () => abort.abort();
	}, [path, asked, least, more]);
	return { text, setText, ...found, data: found.data, error: found.error };
}

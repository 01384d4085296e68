// The set-up that is edited: its history, and its draft at the server, so that one can leave and come back.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { api, asApiError, type ApiError } from '../../api';
import { useLater } from '../../lib/hooks';
import { begin, change as changed, redo as redone, undo as undone, type History } from './model/history';
import type { Setup } from './model/types';

export interface Editor {
	setup: Setup;
	/** `about`: changes of the same thing in a row are one step of undo. */
	change: (edit: (old: Setup) => Setup, about?: string) => void;
	undo: (() => void) | undefined;
	redo: (() => void) | undefined;
	/** Undo, for what was done a moment ago. */
	takeBack: () => void;
	/** Begins anew with this one, as it stands at the server. */
	reset: (setup: Setup) => void;
	dirty: boolean;
	/** When the draft was kept last; null: there is nothing to keep. */
	kept: 'kept' | 'keeping' | 'failed' | null;
}

export interface DraftBody {
	setup: Setup;
	step: string;
}

const draftPath = (name: string): string => `/drafts/${encodeURIComponent(name)}`;

export interface Draft {
	name: string;
	at: string | null;
	body: DraftBody | null;
}

export const readDraft = (name: string): Promise<Draft> => api<Draft>(draftPath(name));
export const dropDraft = (name: string): Promise<void> => api(draftPath(name), { method: 'DELETE' });

/** Keeps the draft a moment after the last change. */
function useKeptDraft(name: string, setup: Setup, step: string, dirty: boolean): Editor['kept'] {
	const [kept, setKept] = useState<Editor['kept']>(null);
	const later = useLater(setup, 600);
	const laterStep = useLater(step, 600);
	const begun = useRef({ setup, step });
	useEffect(() => {
		// What was read is not written back.
		if (!dirty || (later === begun.current.setup && laterStep === begun.current.step)) {
			setKept(null);
			return undefined;
		}
		const abort = new AbortController();
		setKept('keeping');
		api(draftPath(name), { method: 'PUT', body: { body: { setup: later, step: laterStep } }, signal: abort.signal, background: true })
			.then(() => setKept('kept'))
			.catch((error: unknown) => {
				if (!abort.signal.aborted) setKept(asApiError(error) && 'failed');
			});
		return () => abort.abort();
	}, [name, later, laterStep, dirty]);
	return kept === 'kept' && (later !== setup || laterStep !== step) ? 'keeping' : kept;
}

export function useEditor(first: Setup, draft: string, step: string, changedAlready: boolean): Editor {
	const [history, setHistory] = useState<History<Setup>>(() => begin(first));
	const [clean, setClean] = useState<Setup | null>(changedAlready ? null : first);
	const dirty = history.now !== clean;
	const change = useCallback<Editor['change']>((edit, about) => setHistory((old) => changed(old, edit(old.now), about ?? null)), []);
	const undo = useCallback(() => setHistory(undone), []);
	const redo = useCallback(() => setHistory(redone), []);
	const reset = useCallback((setup: Setup) => {
		setHistory(begin(setup));
		setClean(setup);
	}, []);
	return {
		setup: history.now,
		change,
		undo: history.past.length ? undo : undefined,
		redo: history.future.length ? redo : undefined,
		takeBack: undo,
		reset,
		dirty,
		kept: useKeptDraft(draft, history.now, step, dirty),
	};
}

/** Something that was asked for and belongs to what was asked with: dropped when that changes. */
export function useAsked<T>(): {
	data: T | undefined;
	busy: boolean;
	error: ApiError | undefined;
	ask: (work: () => Promise<T>) => Promise<T | undefined>;
	forget: () => void;
} {
	const [state, setState] = useState<{ data?: T; busy: boolean; error?: ApiError }>({ busy: false });
	const turn = useRef(0);
	const ask = useCallback(async (work: () => Promise<T>) => {
		turn.current += 1;
		const mine = turn.current;
		setState((old) => ({ ...(old.data === undefined ? {} : { data: old.data }), busy: true }));
		try {
			const data = await work();
			if (mine === turn.current) setState({ data, busy: false });
			return data;
		} catch (error) {
			if (mine === turn.current) setState({ busy: false, error: asApiError(error) });
			return undefined;
		}
	}, []);
	const forget = useCallback(() => {
		turn.current += 1;
		setState({ busy: false });
	}, []);
	return { data: state.data, busy: state.busy, error: state.error, ask, forget };
}

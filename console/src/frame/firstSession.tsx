import { useEffect, useState } from 'preact/hooks';
import { api, asApiError, type ApiError } from '../api';
import { createStore } from '../lib/store';
import { session, type Session } from '../session';
import { ErrorState } from '../ui/States';
import { words } from '../words';

interface Welcome {
	signed_in: boolean;
	/** There is no account yet. */
	setup: boolean;
	version: string | null;
}

export const welcome = createStore<Welcome | null>(null);

async function whoIsThere(): Promise<Session | null> {
	const told = await api<Welcome>('/welcome', { stayOut: true, background: true });
	welcome.set(told);
	return told.signed_in ? api<Session>('/session', { stayOut: true }) : null;
}

/** Asks who is signed in, once. */
export function useFirstSession(): { error: ApiError | undefined; retry: () => void } {
	const [turn, setTurn] = useState(0);
	const [error, setError] = useState<ApiError | undefined>();
	useEffect(() => {
		setError(undefined);
		whoIsThere()
			.then((who) => session.set(who))
			.catch((caught: unknown) => {
				const told = asApiError(caught);
				if (told.status === 401) session.set(null);
				else setError(told);
			});
	}, [turn]);
	return { error, retry: () => setTurn(turn + 1) };
}

export function Unreachable({ error, retry }: { error: ApiError; retry: () => void }) {
	return (
		<main class="alone">
			<div class="card">
				<ErrorState title={words.unreachable.title} error={error} retry={retry} />
			</div>
		</main>
	);
}

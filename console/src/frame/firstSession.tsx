import { useEffect, useState } from 'preact/hooks';
import { api, asApiError, type ApiError } from '../api';
import { session, type Session } from '../session';
import { ErrorState } from '../ui/States';
import { words } from '../words';

/** Asks who is signed in, once. 401 is an answer: nobody. */
export function useFirstSession(): { error: ApiError | undefined; retry: () => void } {
	const [turn, setTurn] = useState(0);
	const [error, setError] = useState<ApiError | undefined>();
	useEffect(() => {
		setError(undefined);
		api<Session>('/session', { stayOut: true, background: true })
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

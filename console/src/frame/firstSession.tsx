import { useEffect, useState } from 'preact/hooks';
import { api, asApiError, type ApiError } from '../api';
import { session, welcome, type Session, type Welcome } from '../session';
import { ErrorState } from '../ui/States';
import { words } from '../words';

/** Who is signed in; null: nobody. The welcome comes first: asking for the session of nobody would be an error in the browser's console. */
async function readSession(): Promise<Session | null> {
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
		readSession()
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

// Signing in: the form that the page (screens/signin.tsx) and the dialog share, and the dialog over the work of somebody whose session ended.
import { useEffect, useState } from 'preact/hooks';
import { api, useAction, type ApiError } from '../api';
import { useStore } from '../lib/store';
import { session, signedIn, signedOut, type Session } from '../session';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { TextField } from '../ui/Field';
import { ErrorNote, Notice } from '../ui/States';
import { words } from '../words';

export async function signIn(name: string, password: string): Promise<void> {
	signedIn(await api<Session>('/session', { method: 'POST', body: { name, password }, stayOut: true }));
}

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

/** Whole seconds until another try is allowed; 0: now. */
export function useWait(error: ApiError | undefined): number {
	const until = error?.notBefore;
	const [now, setNow] = useState(Date.now());
	useEffect(() => {
		if (!until) return undefined;
		setNow(Date.now());
		const timer = setInterval(() => setNow(Date.now()), 250);
		return () => clearInterval(timer);
	}, [until]);
	return until ? Math.max(Math.ceil((until - now) / 1000), 0) : 0;
}

/** Too many attempts: until when, by the reader's own clock. Other errors as they are; a wait that is over says nothing any more. */
export function SignInError({ error, wait }: { error: ApiError | undefined; wait: number }) {
	if (!error?.notBefore) return <ErrorNote error={error} />;
	if (!wait) return null;
	return (
		<Notice tone="warn">
			<span role="alert">{words.signIn.locked(clock.format(error.notBefore))}</span>
		</Notice>
	);
}

export function useSignIn(startName = '') {
	const [name, setName] = useState(startName);
	const [password, setPassword] = useState('');
	const [tried, setTried] = useState(false);
	const { run, busy, error } = useAction(() => signIn(name.trim(), password));
	const wait = useWait(error);
	const submit = async () => {
		setTried(true);
		if (!name.trim() || !password || wait) return;
		if (!(await run())) setPassword('');
	};
	const fields = (
		<>
			<SignInError error={error} wait={wait} />
			<TextField
				label={words.signIn.name}
				autoComplete="username"
				autoCapitalize="none"
				spellcheck={false}
				required
				error={tried && !name.trim() ? 'Your name is missing' : undefined}
				value={name}
				onValue={setName}
			/>
			<TextField
				label={words.signIn.password}
				type="password"
				autoComplete="current-password"
				required
				error={tried && !password && !error ? 'Your password is missing' : undefined}
				value={password}
				onValue={setPassword}
			/>
		</>
	);
	const button = (
		<Button kind="primary" type="submit" busy={busy} why={wait ? words.signIn.wait : undefined}>
			{words.signIn.submit}
		</Button>
	);
	return { fields, button, submit: () => void submit() };
}

/** Over what was typed, which stays. */
export function SignInAgain() {
	const out = useStore(signedOut);
	return out ? <Again why={out.why} /> : null;
}

function Again({ why }: { why: 'expired' | 'idle' }) {
	const who = session.get();
	const { fields, button, submit } = useSignIn(who?.name);
	return (
		<Dialog
			title={words.signIn.title}
			open
			onSubmit={submit}
			footer={
				<>
					<Button onClick={() => location.reload()}>{words.signIn.leave}</Button>
					{button}
				</>
			}
		>
			<div class="stack">
				<p>{words.signIn[why]}</p>
				{fields}
			</div>
		</Dialog>
	);
}

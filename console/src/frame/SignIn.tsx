// Signing in: as a page when nobody is, and as a dialog over the work of somebody whose session ended.
import { useEffect, useRef, useState } from 'preact/hooks';
import { api, useAction } from '../api';
import { useStore } from '../lib/store';
import { session, signedIn, signedOut, type Session } from '../session';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { TextField } from '../ui/Field';
import { ErrorNote } from '../ui/States';
import { words } from '../words';

export async function signIn(name: string, password: string): Promise<void> {
	signedIn(await api<Session>('/session', { method: 'POST', body: { name, password }, stayOut: true }));
}

function useSignIn(startName = '') {
	const [name, setName] = useState(startName);
	const [password, setPassword] = useState('');
	const [tried, setTried] = useState(false);
	const { run, busy, error } = useAction(() => signIn(name.trim(), password));
	const submit = async () => {
		setTried(true);
		if (!name.trim() || !password) return;
		if (!(await run())) setPassword('');
	};
	const fields = (
		<>
			<ErrorNote error={error} />
			<TextField label={words.signIn.name} autoComplete="username" autoCapitalize="none" spellcheck={false} required error={tried && !name.trim() ? 'Your name is missing' : undefined} value={name} onValue={setName} />
			<TextField label={words.signIn.password} type="password" autoComplete="current-password" required error={tried && !password && !error ? 'Your password is missing' : undefined} value={password} onValue={setPassword} />
		</>
	);
	return { fields, submit: () => void submit(), busy };
}

export function SignInPage() {
	const { fields, submit, busy } = useSignIn();
	const form = useRef<HTMLFormElement>(null);
	useEffect(() => {
		document.title = `${words.signIn.title} · ${words.product}`;
		form.current?.querySelector('input')?.focus();
	}, []);
	return (
		<main class="alone">
			<form
				ref={form}
				class="card sign-in"
				noValidate
				onSubmit={(event) => {
					event.preventDefault();
					submit();
				}}
			>
				<div class="brand">
					<img src="/assets/icon.svg" alt="" width="32" height="32" />
					{words.product}
				</div>
				<h1>{words.signIn.title}</h1>
				{fields}
				<Button kind="primary" type="submit" busy={busy}>
					{words.signIn.submit}
				</Button>
			</form>
		</main>
	);
}

/** Over what was typed, which stays. */
export function SignInAgain() {
	const out = useStore(signedOut);
	return out ? <Again why={out.why} /> : null;
}

function Again({ why }: { why: 'expired' | 'idle' }) {
	const who = session.get();
	const { fields, submit, busy } = useSignIn(who?.name);
	return (
		<Dialog
			title={words.signIn.title}
			open
			onSubmit={submit}
			footer={
				<>
					<Button onClick={() => location.reload()}>{words.signIn.leave}</Button>
					<Button kind="primary" type="submit" busy={busy}>
						{words.signIn.submit}
					</Button>
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

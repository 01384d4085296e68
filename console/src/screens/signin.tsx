// The door: signing in, the first account of a house, and accepting an invitation. Shown instead of the console while nobody is signed in.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { api, asApiError, useAction, type ApiError } from '../api';
import { SignInError, useSignIn, useWait } from '../frame/SignIn';
import { useStore } from '../lib/store';
import { navigate } from '../router';
import { signedIn, welcome, type Role, type Session, type Welcome } from '../session';
import { Button } from '../ui/Button';
import { TextField } from '../ui/Field';
import { Notice, Skeleton } from '../ui/States';
import { words } from '../words';

const text = {
	first: {
		title: 'Make the first account',
		lead: 'Nobody has an account here yet. Whoever makes the first one is its administrator and invites the others.',
		code: 'Setup code',
		codeHint: 'suture serve prints it when it starts; it also stands in the file setup-code of its folder.',
		name: 'Sign-in name',
		nameHint: 'Letters a to z, digits and . _ - @ +',
		display: 'Your name',
		submit: 'Make the account',
	},
	invitation: {
		title: 'Choose your password',
		lead: (who: string, role: Role) => `Welcome, ${who}. You are invited as ${role}.`,
		as: (name: string) => `You will sign in as ${name}.`,
		over: 'This invitation cannot be used',
		submit: 'Set the password and sign in',
		toDoor: 'Go to sign-in',
	},
	password: 'Password',
	again: 'Password again',
	passwordHint: 'At least 12 characters. A few words that do not belong together do well; no signs or capitals are needed.',
	differs: 'The two are not the same',
	missing: (what: string) => `${what} is missing`,
	provider: (name: string) => `Sign in with ${name}`,
	or: 'or',
	refused: 'The sign-in did not work',
};

/** Paths that show the door whoever is signed in. */
export const isDoor = (path: string): boolean => path === '/invitation';

function Frame({ title, children, onSubmit }: { title: string; children: ComponentChildren; onSubmit: () => void }) {
	const form = useRef<HTMLFormElement>(null);
	useEffect(() => {
		document.title = `${title} · ${words.product}`;
		form.current?.querySelector('input')?.focus();
	}, [title]);
	return (
		<main class="alone">
			<form
				ref={form}
				class="card sign-in"
				noValidate
				onSubmit={(event) => {
					event.preventDefault();
					onSubmit();
				}}
			>
				<div class="brand">
					<img src="/assets/icon.svg" alt="" width="32" height="32" />
					{words.product}
				</div>
				<h1>{title}</h1>
				{children}
			</form>
		</main>
	);
}

// ---- a password that is new ----

/** Two fields and what is wrong with them. */
export function useNewPassword(tried: boolean, label = text.password) {
	const [password, setPassword] = useState('');
	const [again, setAgain] = useState('');
	const missing = tried && !password ? text.missing(label) : undefined;
	const differs = tried && password && again !== password ? text.differs : undefined;
	const fields = (
		<>
			<TextField
				label={label}
				type="password"
				autoComplete="new-password"
				required
				hint={text.passwordHint}
				error={missing}
				value={password}
				onValue={setPassword}
			/>
			<TextField label={text.again} type="password" autoComplete="new-password" required error={differs} value={again} onValue={setAgain} />
		</>
	);
	return { fields, password, ready: password !== '' && again === password };
}

// ---- signing in ----

function ProviderButton({ provider }: { provider: Welcome['provider'] }) {
	if (!provider) return null;
	return (
		<>
			<a class="button is-normal" href={provider.start}>
				<span>{text.provider(provider.name)}</span>
			</a>
			<p class="muted or">{text.or}</p>
		</>
	);
}

/** Why the identity provider's answer led back here; said once, and gone from the address. */
function useRefusal(): string | null {
	const [refusal] = useState(() => new URLSearchParams(location.search).get('refused'));
	useEffect(() => {
		if (refusal) history.replaceState(null, '', location.pathname);
	}, [refusal]);
	return refusal;
}

const refusals: Record<string, string> = {
	unknown: 'Your account at the identity provider may not sign in here. Ask an administrator.',
	disabled: 'Your account here is disabled. Ask an administrator.',
	expired: 'The sign-in took too long. Try it again.',
	provider: 'The identity provider did not let you in, or did not answer. Try again, or tell an administrator.',
};

function SignInPage() {
	const { fields, button, submit } = useSignIn();
	const door = useStore(welcome);
	const refusal = useRefusal();
	return (
		<Frame title={words.signIn.title} onSubmit={submit}>
			{refusal && (
				<Notice tone="bad">
					<span role="alert">{refusals[refusal] ?? text.refused}</span>
				</Notice>
			)}
			<ProviderButton provider={door?.provider} />
			{fields}
			{button}
		</Frame>
	);
}

// ---- the first account ----

function FirstAccount() {
	const [code, setCode] = useState('');
	const [name, setName] = useState('');
	const [display, setDisplay] = useState('');
	const [tried, setTried] = useState(false);
	const password = useNewPassword(tried);
	const { run, busy, error } = useAction(async () => {
		const who = await api<Session>('/setup', {
			method: 'POST',
			body: { code: code.trim(), name: name.trim(), display: display.trim(), password: password.password },
			stayOut: true,
		});
		welcome.set((door) => door && { ...door, setup: false });
		signedIn(who);
	});
	const wait = useWait(error);
	const need = (value: string, label: string) => (tried && !value.trim() ? text.missing(label) : undefined);
	const submit = () => {
		setTried(true);
		if (code.trim() && name.trim() && password.ready && !wait) void run();
	};
	return (
		<Frame title={text.first.title} onSubmit={submit}>
			<p>{text.first.lead}</p>
			<SignInError error={error} wait={wait} />
			<TextField
				label={text.first.code}
				hint={text.first.codeHint}
				autoComplete="off"
				autoCapitalize="none"
				spellcheck={false}
				required
				error={need(code, text.first.code)}
				value={code}
				onValue={setCode}
			/>
			<TextField
				label={text.first.name}
				hint={text.first.nameHint}
				autoComplete="username"
				autoCapitalize="none"
				spellcheck={false}
				required
				error={need(name, text.first.name)}
				value={name}
				onValue={setName}
			/>
			<TextField label={text.first.display} autoComplete="name" autoCapitalize="words" value={display} onValue={setDisplay} />
			{password.fields}
			<Button kind="primary" type="submit" busy={busy} why={wait ? words.signIn.wait : undefined}>
				{text.first.submit}
			</Button>
		</Frame>
	);
}

// ---- an invitation ----

interface Invited {
	name: string;
	display: string;
	role: Role;
}

/** The code stands behind "#", which a browser sends to nobody; it leaves the address at once. */
function useCode(): string {
	const [code] = useState(() => location.hash.slice(1));
	useEffect(() => {
		if (location.hash) history.replaceState(null, '', location.pathname);
	}, []);
	return code;
}

function Invitation() {
	const code = useCode();
	const [invited, setInvited] = useState<Invited | undefined>();
	const [refused, setRefused] = useState<ApiError | undefined>();
	useEffect(() => {
		api<Invited>('/invitation', { method: 'POST', body: { code: code || 'none' }, stayOut: true })
			.then(setInvited)
			.catch((error: unknown) => setRefused(asApiError(error)));
	}, [code]);
	if (refused) return <Unusable error={refused} />;
	if (!invited)
		return (
			<main class="alone">
				<Skeleton lines={4} />
			</main>
		);
	return <ChoosePassword code={code} invited={invited} />;
}

const toDoor = (): void => void navigate('/', { replace: true });

function Unusable({ error }: { error: ApiError }) {
	return (
		<Frame title={text.invitation.over} onSubmit={toDoor}>
			<SignInError error={error} wait={0} />
			<Button kind="primary" type="submit">
				{text.invitation.toDoor}
			</Button>
		</Frame>
	);
}

function ChoosePassword({ code, invited }: { code: string; invited: Invited }) {
	const [tried, setTried] = useState(false);
	const password = useNewPassword(tried);
	const { run, busy, error } = useAction(async () => {
		const who = await api<Session>('/invitation/accept', { method: 'POST', body: { code, password: password.password }, stayOut: true });
		await navigate('/', { replace: true });
		signedIn(who);
	});
	const wait = useWait(error);
	const submit = () => {
		setTried(true);
		if (password.ready && !wait) void run();
	};
	return (
		<Frame title={text.invitation.title} onSubmit={submit}>
			<p>
				{text.invitation.lead(invited.display, invited.role)} {text.invitation.as(invited.name)}
			</p>
			<SignInError error={error} wait={wait} />
			{/* So that a password manager knows whose password this is. */}
			<input class="only-read" type="text" autoComplete="username" value={invited.name} readOnly tabIndex={-1} aria-hidden="true" />
			{password.fields}
			<Button kind="primary" type="submit" busy={busy}>
				{text.invitation.submit}
			</Button>
		</Frame>
	);
}

export function Door({ path }: { path: string }) {
	const door = useStore(welcome);
	if (isDoor(path)) return <Invitation />;
	return door?.setup ? <FirstAccount /> : <SignInPage />;
}

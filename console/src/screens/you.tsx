// Your account: the password, and tokens of one's own.
import { useState } from 'preact/hooks';
import { api, useAction } from '../api';
import { SignInError, useWait } from '../frame/SignIn';
import { useSession } from '../session';
import { Button, Card, Facts, PageHeader, TextField, Time, toast } from '../ui';
import { useNewPassword } from './signin';
import { TokensCard } from './tokens';

const text = {
	title: 'Your account',
	password: 'Password',
	present: 'Present password',
	fresh: 'New password',
	missing: 'The present password is missing',
	change: 'Change the password',
	changed: 'The password is changed. Other browsers are signed out.',
};

function PasswordForm({ onDone }: { onDone: () => void }) {
	const [old, setOld] = useState('');
	const [tried, setTried] = useState(false);
	const fresh = useNewPassword(tried, text.fresh);
	const { run, busy, error } = useAction(async () => {
		await api('/session/password', { method: 'POST', body: { old, new: fresh.password } });
		toast(text.changed);
		onDone();
	});
	const wait = useWait(error);
	const submit = () => {
		setTried(true);
		if (old && fresh.ready && !wait) void run();
	};
	return (
		<form
			class="stack narrow"
			noValidate
			onSubmit={(event) => {
				event.preventDefault();
				submit();
			}}
		>
			<SignInError error={error} wait={wait} />
			<TextField
				label={text.present}
				type="password"
				autoComplete="current-password"
				required
				error={tried && !old ? text.missing : undefined}
				value={old}
				onValue={setOld}
			/>
			{fresh.fields}
			<div class="row">
				<Button kind="primary" type="submit" busy={busy}>
					{text.change}
				</Button>
			</div>
		</form>
	);
}

export default function You() {
	const who = useSession();
	const [turn, setTurn] = useState(0);
	if (!who) return null;
	return (
		<>
			<PageHeader title={text.title} />
			<Card title="Signed in">
				<Facts
					items={[
						['Name', who.display ?? who.name],
						['Sign-in name', who.name],
						['Role', who.role],
						['May', who.rights.join(', ')],
						['This sign-in ends', <Time key="ends" at={who.ends} />],
					]}
				/>
			</Card>
			<Card title={text.password}>
				<PasswordForm key={turn} onDone={() => setTurn(turn + 1)} />
			</Card>
			<TokensCard />
		</>
	);
}

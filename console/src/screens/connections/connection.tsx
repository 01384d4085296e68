// One connection: settings, signing in (at the other system's page, or by a pasted code), tests.
import { useState } from 'preact/hooks';
import { api, useAction, useApi } from '../../api';
import type { ScreenProps } from '../../screens';
import { useQuery } from '../../router';
import { useDenied } from '../../session';
import { Await, Button, Card, ErrorNote, Id, PageHeader, TextField, toast } from '../../ui';
import { ConnectionForm } from './form';
import { shown, type Connection, type Kind } from './kinds';
import { Outcome } from './outcome';
import { ConnectionTests } from './tests';

/** The browser leaves for the other system and comes back to this page. */
async function signInThere(name: string): Promise<void> {
	const { url } = await api<{ url: string }>(`/connections/${encodeURIComponent(name)}/authorize`, { method: 'POST', body: {} });
	location.assign(url);
}

function SignInThere({ connection }: { connection: Connection }) {
	const denied = useDenied('setup');
	const go = useAction(() => signInThere(connection.name));
	const signedIn = connection.settings.refresh_token !== undefined;
	return (
		<Card
			title="Sign-in"
			actions={
				<Button kind={signedIn ? 'normal' : 'primary'} icon="key-round" busy={go.busy} why={denied} onClick={() => void go.run()}>
					{signedIn ? `Sign in to ${connection.title ?? 'it'} again` : `Sign in to ${connection.title ?? 'it'}`}
				</Button>
			}
		>
			<p>
				{signedIn
					? 'Suture has been allowed in. Signing in again replaces the token, for instance after it was revoked.'
					: 'You sign in there as the user that Suture is to act as, and come back here.'}
			</p>
			<p class="muted">
				The app there has to allow the callback <Id what="callback URL">{`${location.origin}/api/v1/callback`}</Id> and the scopes “api” and “refresh_token”.
			</p>
			<ErrorNote error={go.error} />
		</Card>
	);
}

function PasteCode({ connection, onDone }: { connection: Connection; onDone: () => void }) {
	const [code, setCode] = useState('');
	const denied = useDenied('setup');
	const exchange = useAction(async () => {
		await api(`/connections/${encodeURIComponent(connection.name)}/code`, { method: 'POST', body: { code } });
		setCode('');
		toast(`Connected to ${connection.title ?? connection.name}`);
		onDone();
	});
	return (
		<Card title="Authorisation code">
			<form
				class="stack is-form"
				onSubmit={(event) => {
					event.preventDefault();
					void exchange.run();
				}}
			>
				<p>
					In {connection.title}, an administrator makes a code for this integration (Admin, Integrations). It works once and only for a short time; pasted here
					it becomes a lasting token.
				</p>
				<TextField label="Authorisation code" value={code} onValue={setCode} autoComplete="off" spellcheck={false} required />
				<ErrorNote error={exchange.error} />
				<div class="row">
					<Button kind="primary" type="submit" busy={exchange.busy} why={denied ?? (code.trim() ? undefined : 'Paste the code first')}>
						Connect
					</Button>
				</div>
			</form>
		</Card>
	);
}

function Known({ connection, kinds, refetch }: { connection: Connection; kinds: Kind[]; refetch: () => void }) {
	const [result] = useQuery('result');
	const [turn, setTurn] = useState(0);
	const kind = kinds.find(({ name }) => name === connection.kind);
	const byPerson = kind?.signs_in && shown(connection.settings.auth) === 'refresh_token';
	const again = () => {
		refetch();
		setTurn((old) => old + 1);
	};
	return (
		<>
			<Outcome />
			<ConnectionTests key={turn} name={connection.name} begin={result === 'connected' || turn > 0} />
			{byPerson && <SignInThere connection={connection} />}
			{kind?.takes_codes && <PasteCode connection={connection} onDone={again} />}
			{kind && <ConnectionForm key={JSON.stringify(connection.settings)} kind={kind} stored={connection} onSaved={again} />}
		</>
	);
}

export default function ConnectionScreen({ params }: ScreenProps) {
	const name = params.name ?? '';
	const connection = useApi<Connection>(`/connections/${encodeURIComponent(name)}`);
	const kinds = useApi<{ items: Kind[] }>('/kinds');
	return (
		<>
			<PageHeader title={name} trail={[{ href: '/connections', label: 'Connections' }]} facts={connection.data?.title ?? connection.data?.kind} />
			<Await of={connection}>{(it) => <Await of={kinds}>{({ items }) => <Known connection={it} kinds={items} refetch={connection.refetch} />}</Await>}</Await>
		</>
	);
}

// API tokens as a card: one's own, or everybody's. Making one shows it once; revoking cannot be undone.
import { useState } from 'preact/hooks';
import { api, useAction, useApi } from '../api';
import { may, session, type Right } from '../session';
import {
	Await,
	Button,
	Card,
	Checkbox,
	Copy,
	Dialog,
	EmptyState,
	ErrorNote,
	Notice,
	Pill,
	Select,
	Table,
	TextField,
	Time,
	confirm,
	toast,
	toastError,
	type Column,
} from '../ui';

export interface Token {
	id: number;
	account: string;
	name: string;
	begins_with: string;
	scopes: Right[];
	state: 'active' | 'ended' | 'revoked';
	mine: boolean;
	made: string;
	until: string | null;
	used: string | null;
}

const text = {
	title: 'API tokens',
	make: 'New token',
	none: 'No tokens yet',
	noneText: 'A token lets a program use the API. It never may more than the account that it belongs to.',
	name: 'What it is for',
	nameHint: 'Such as: nightly report, monitoring',
	scopes: 'What it may do',
	ends: 'Ends',
	create: 'Make the token',
	onceTitle: 'Copy the token now',
	once: 'It is shown this once only: Suture keeps no copy. If it is lost, revoke it and make another.',
	send: 'Programs send it in a header:',
	done: 'I have copied it',
	revoke: 'Revoke',
	revokeTitle: (name: string) => `Revoke "${name}"?`,
	revokeText: 'Programs that use it are refused from their next request on. This cannot be undone; a new token can be made.',
};

const scopes: { right: Right; label: string }[] = [
	{ right: 'see', label: 'See how things stand, without patient data' },
	{ right: 'values', label: 'Read patient data; each look is in the audit trail' },
	{ right: 'work', label: 'Work: runs, retries, links, decisions' },
	{ right: 'setup', label: 'Change the set-up' },
	{ right: 'audit', label: 'Read the audit trail' },
	{ right: 'accounts', label: 'Manage people and tokens' },
];

const ends = [
	{ value: '30', label: 'In 30 days' },
	{ value: '90', label: 'In 90 days' },
	{ value: '365', label: 'In a year' },
	{ value: '0', label: 'Never' },
];

const stateWords = { active: 'Active', ended: 'Expired', revoked: 'Revoked' };

function toggled(all: readonly Right[], right: Right): Right[] {
	return all.includes(right) ? all.filter((one) => one !== right) : [...all, right];
}

function MakeToken({ onMade, onClose }: { onMade: (token: string) => void; onClose: () => void }) {
	const [name, setName] = useState('');
	const [chosen, setChosen] = useState<Right[]>(['see']);
	const [days, setDays] = useState('90');
	const [tried, setTried] = useState(false);
	const { run, busy, error } = useAction(async () => {
		const made = await api<Token & { token: string }>('/tokens', { method: 'POST', body: { name: name.trim(), scopes: chosen, days: Number(days) } });
		onMade(made.token);
	});
	const submit = () => {
		setTried(true);
		if (name.trim() && chosen.length) void run();
	};
	return (
		<Dialog
			title={text.make}
			open
			onClose={onClose}
			onSubmit={submit}
			footer={
				<>
					<Button onClick={onClose}>Cancel</Button>
					<Button kind="primary" type="submit" busy={busy} why={chosen.length ? undefined : 'Choose at least one thing that it may do'}>
						{text.create}
					</Button>
				</>
			}
		>
			<div class="stack">
				<ErrorNote error={error} />
				<TextField
					label={text.name}
					hint={text.nameHint}
					required
					error={tried && !name.trim() ? 'Say what it is for, so that it can be told from others later' : undefined}
					value={name}
					onValue={setName}
					maxLength={100}
				/>
				<fieldset class="radios">
					<legend>{text.scopes}</legend>
					{scopes.map(({ right, label }) => (
						<Checkbox
							key={right}
							label={label}
							checked={chosen.includes(right)}
							onChange={() => setChosen((all) => toggled(all, right))}
							why={may(session.get(), right) ? undefined : 'Your role does not have this right'}
						/>
					))}
				</fieldset>
				<Select label={text.ends} value={days} onValue={setDays} options={ends} />
			</div>
		</Dialog>
	);
}

/** Something that is shown once: a token, an invitation's link. Only its button closes it. */
export function ShownOnce({
	title,
	lead,
	name,
	value,
	done,
	onDone,
	children,
}: {
	title: string;
	lead: string;
	name: string;
	value: string;
	done: string;
	onDone: () => void;
	children?: preact.ComponentChildren;
}) {
	return (
		<Dialog
			title={title}
			open
			footer={
				<Button kind="primary" onClick={onDone}>
					{done}
				</Button>
			}
		>
			<div class="stack">
				<Notice tone="warn">{lead}</Notice>
				<div class="once">
					<code aria-label={name}>{value}</code>
					<Copy text={value} what={name.toLowerCase()} />
				</div>
				{children}
			</div>
		</Dialog>
	);
}

async function revoke(token: Token, refetch: () => void): Promise<void> {
	if (!(await confirm({ title: text.revokeTitle(token.name), text: text.revokeText, action: text.revoke, danger: true }))) return;
	try {
		await api(`/tokens/${token.id}`, { method: 'DELETE' });
		toast('The token is revoked');
	} catch (error) {
		toastError(error);
	}
	refetch();
}

function columnsOf(everybody: boolean, refetch: () => void): Column<Token>[] {
	const all: (Column<Token> | false)[] = [
		{ key: 'name', title: 'Token', cell: (token) => token.name },
		everybody && { key: 'account', title: 'Whose', cell: (token) => token.account },
		{ key: 'head', title: 'Begins with', cell: (token) => <code>{token.begins_with}…</code> },
		{ key: 'scopes', title: 'May', cell: (token) => token.scopes.join(', ') },
		{ key: 'state', title: 'State', cell: (token) => <Pill>{stateWords[token.state]}</Pill> },
		{ key: 'used', title: 'Last used', cell: (token) => <Time at={token.used} /> },
		{ key: 'until', title: text.ends, cell: (token) => <Time at={token.until} /> },
		{
			key: 'do',
			title: 'Actions',
			cell: (token) => (
				<Button small label={`${text.revoke} ${token.name}`} onClick={() => void revoke(token, refetch)}>
					{text.revoke}
				</Button>
			),
		},
	];
	return all.filter((column) => column !== false);
}

/** `everybody`: all that the right `accounts` shows; else one's own. */
export function TokensCard({ everybody = false }: { everybody?: boolean }) {
	const tokens = useApi<{ items: Token[] }>('/tokens');
	const [making, setMaking] = useState(false);
	const [made, setMade] = useState<string | null>(null);
	return (
		<Card
			title={text.title}
			flush
			actions={
				<Button icon="plus" onClick={() => setMaking(true)}>
					{text.make}
				</Button>
			}
		>
			<Await of={tokens}>
				{({ items }) => (
					<Table
						label={text.title}
						columns={columnsOf(everybody, tokens.refetch)}
						rows={items.filter((token) => everybody || token.mine)}
						rowKey={(token) => String(token.id)}
						empty={
							<EmptyState icon="key-round" title={text.none}>
								{text.noneText}
							</EmptyState>
						}
					/>
				)}
			</Await>
			{making && (
				<MakeToken
					onClose={() => setMaking(false)}
					onMade={(token) => {
						setMaking(false);
						setMade(token);
						tokens.refetch();
					}}
				/>
			)}
			{made && (
				<ShownOnce title={text.onceTitle} lead={text.once} name="Token" value={made} done={text.done} onDone={() => setMade(null)}>
					<p class="muted">
						{text.send} <code>Authorization: Bearer TOKEN</code>
					</p>
				</ShownOnce>
			)}
		</Card>
	);
}

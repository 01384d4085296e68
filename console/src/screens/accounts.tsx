// Users and keys: who may sign in, as what; invitations; everybody's API tokens.
import { useState } from 'preact/hooks';
import { api, useAction, useApi } from '../api';
import { count } from '../lib/format';
import { session, useDenied, type Role } from '../session';
import { Await, Button, Card, Dialog, ErrorNote, Menu, PageHeader, Pill, Radios, Table, TextField, Time, confirm, toast, toastError, type Column } from '../ui';
import { ShownOnce, TokensCard } from './tokens';

interface Account {
	id: number;
	name: string;
	display: string;
	role: Role;
	state: 'active' | 'disabled' | 'invited';
	provider: boolean;
	seen: string | null;
	invited_until: string | null;
	sessions: number;
	tokens: number;
}

interface Invited {
	account: Account;
	invitation: { url: string; until: string };
}

const text = {
	title: 'Users and keys',
	people: 'People',
	invite: 'Invite somebody',
	inviteTitle: 'Invite somebody',
	name: 'Sign-in name',
	nameHint: 'Letters a to z, digits and . _ - @ +; an e-mail address is fine',
	display: 'Name',
	role: 'Role',
	send: 'Make the invitation',
	onceTitle: 'Send them this link',
	once: (name: string) =>
		`Whoever opens it chooses the password of ${name}. It works once, for three days, and is shown this once only: send it by a way that you trust.`,
	done: 'I have sent it',
	change: 'Change role',
	changeTitle: (name: string) => `Role of ${name}`,
	save: 'Save',
	again: 'New invitation',
	againTitle: (name: string) => `Invite ${name} anew?`,
	againText: 'The present password stops working and they are signed out everywhere, at once. Tokens keep working.',
	disable: 'Disable',
	disableTitle: (name: string) => `Disable ${name}?`,
	disableText: (account: Account) =>
		`They are signed out everywhere at once (${count(account.sessions, 'open sign-in')}), and ${count(account.tokens, 'token')} of theirs stop working until the account is enabled again. Nothing is deleted.`,
	enable: 'Enable',
	self: 'This is you',
};

const roles: { value: Role; label: string; hint: string }[] = [
	{ value: 'viewer', label: 'Viewer', hint: 'Sees how things stand, never patient data' },
	{ value: 'operator', label: 'Operator', hint: 'Looks at records, retries, links, runs, decides' },
	{ value: 'admin', label: 'Admin', hint: 'Everything: set-up, people, audit trail' },
	{ value: 'auditor', label: 'Auditor', hint: 'Reads everything, the audit trail too; changes nothing' },
];
const roleLabel = (role: Role): string => roles.find(({ value }) => value === role)?.label ?? role;
const stateWords = { active: 'Active', disabled: 'Off', invited: 'Invited' };

function Invite({ onMade, onClose }: { onMade: (made: Invited) => void; onClose: () => void }) {
	const [name, setName] = useState('');
	const [display, setDisplay] = useState('');
	const [role, setRole] = useState<Role>('viewer');
	const [tried, setTried] = useState(false);
	const { run, busy, error } = useAction(async () =>
		onMade(await api<Invited>('/accounts', { method: 'POST', body: { name: name.trim(), display: display.trim(), role } })),
	);
	const submit = () => {
		setTried(true);
		if (name.trim()) void run();
	};
	return (
		<Dialog
			title={text.inviteTitle}
			open
			onClose={onClose}
			onSubmit={submit}
			footer={
				<>
					<Button onClick={onClose}>Cancel</Button>
					<Button kind="primary" type="submit" busy={busy}>
						{text.send}
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
					autoComplete="off"
					autoCapitalize="none"
					spellcheck={false}
					error={tried && !name.trim() ? 'The sign-in name is missing' : undefined}
					value={name}
					onValue={setName}
				/>
				<TextField label={text.display} autoComplete="off" autoCapitalize="words" value={display} onValue={setDisplay} />
				<Radios label={text.role} value={role} onValue={setRole} options={roles} />
			</div>
		</Dialog>
	);
}

function ChangeRole({ account, onDone, onClose }: { account: Account; onDone: () => void; onClose: () => void }) {
	const [role, setRole] = useState<Role>(account.role);
	const { run, busy, error } = useAction(async () => {
		await api(`/accounts/${account.id}`, { method: 'PATCH', body: { role } });
		toast(`The role is now ${roleLabel(role).toLowerCase()}`);
		onDone();
	});
	return (
		<Dialog
			title={text.changeTitle(account.display)}
			open
			onClose={onClose}
			onSubmit={() => void run()}
			footer={
				<>
					<Button onClick={onClose}>Cancel</Button>
					<Button kind="primary" type="submit" busy={busy} why={role === account.role ? 'Nothing is changed yet' : undefined}>
						{text.save}
					</Button>
				</>
			}
		>
			<div class="stack">
				<ErrorNote error={error} />
				<Radios label={text.role} value={role} onValue={setRole} options={roles} />
			</div>
		</Dialog>
	);
}

async function setDisabled(account: Account, disabled: boolean): Promise<void> {
	if (disabled && !(await confirm({ title: text.disableTitle(account.display), text: text.disableText(account), action: text.disable, danger: true }))) return;
	try {
		await api(`/accounts/${account.id}`, { method: 'PATCH', body: { disabled } });
		toast(disabled ? 'The account is disabled' : 'The account is enabled');
	} catch (error) {
		toastError(error);
	}
}

async function inviteAgain(account: Account): Promise<Invited | null> {
	const gone = account.state === 'active';
	if (gone && !(await confirm({ title: text.againTitle(account.display), text: text.againText, action: text.again, danger: true }))) return null;
	try {
		return await api<Invited>(`/accounts/${account.id}/invitation`, { method: 'POST' });
	} catch (error) {
		toastError(error);
		return null;
	}
}

interface Doing {
	changeRole: (account: Account) => void;
	invited: (made: Invited) => void;
	changed: () => void;
}

function Actions({ account, doing, why }: { account: Account; doing: Doing; why: string | undefined }) {
	const mine = account.name === session.get()?.name ? text.self : undefined;
	const off = account.state === 'disabled';
	const invite = async () => {
		const made = await inviteAgain(account);
		if (made) doing.invited(made);
	};
	return (
		<Menu
			label={`Actions for ${account.display}`}
			icon="ellipsis"
			items={[
				{ label: text.change, why, run: () => doing.changeRole(account) },
				{
					label: text.again,
					why: why ?? mine ?? (account.provider ? 'Signs in at the identity provider' : off ? 'Enable the account first' : undefined),
					run: () => void invite(),
				},
				{ label: off ? text.enable : text.disable, danger: !off, why: why ?? mine, run: () => void setDisabled(account, !off).then(doing.changed) },
			]}
		/>
	);
}

function StatePill({ account }: { account: Account }) {
	if (account.state !== 'invited' || !account.invited_until) return <Pill>{stateWords[account.state]}</Pill>;
	return new Date(account.invited_until) < new Date() ? <Pill tone="warn">Invitation ended</Pill> : <Pill>Invited</Pill>;
}

function columnsOf(doing: Doing, why: string | undefined): Column<Account>[] {
	return [
		{
			key: 'name',
			title: 'Name',
			cell: (account) => (
				<div>
					{account.display}
					{account.display !== account.name && <div class="muted">{account.name}</div>}
				</div>
			),
		},
		{ key: 'role', title: text.role, cell: (account) => roleLabel(account.role) },
		{ key: 'state', title: 'State', cell: (account) => <StatePill account={account} /> },
		{ key: 'by', title: 'Signs in', cell: (account) => (account.provider ? 'Elsewhere' : 'Password') },
		{ key: 'seen', title: 'Last sign-in', cell: (account) => <Time at={account.seen} /> },
		{ key: 'sessions', title: 'Open sign-ins', num: true, cell: (account) => account.sessions },
		{ key: 'tokens', title: 'Tokens', num: true, cell: (account) => account.tokens },
		{
			key: 'do',
			title: 'Actions',
			cell: (account) => (
				<div>
					<Actions account={account} doing={doing} why={why} />
				</div>
			),
		},
	];
}

export default function Accounts() {
	const accounts = useApi<{ items: Account[] }>('/accounts');
	const denied = useDenied('accounts');
	const [inviting, setInviting] = useState(false);
	const [changing, setChanging] = useState<Account | null>(null);
	const [made, setMade] = useState<Invited | null>(null);
	const invited = (what: Invited) => {
		setInviting(false);
		setMade(what);
		accounts.refetch();
	};
	const doing: Doing = { changeRole: setChanging, invited, changed: accounts.refetch };
	return (
		<>
			<PageHeader
				title={text.title}
				facts={
					accounts.data &&
					`${count(accounts.data.items.length, 'account')}, ${count(accounts.data.items.filter(({ state }) => state === 'active').length, 'active', 'active')}`
				}
				actions={
					<Button kind="primary" icon="plus" why={denied} onClick={() => setInviting(true)}>
						{text.invite}
					</Button>
				}
			/>
			<Card title={text.people} flush>
				<Await of={accounts}>
					{({ items }) => <Table label={text.people} columns={columnsOf(doing, denied)} rows={items} rowKey={(account) => String(account.id)} />}
				</Await>
			</Card>
			<TokensCard everybody />
			{inviting && <Invite onMade={invited} onClose={() => setInviting(false)} />}
			{changing && (
				<ChangeRole
					account={changing}
					onClose={() => setChanging(null)}
					onDone={() => {
						setChanging(null);
						accounts.refetch();
					}}
				/>
			)}
			{made && (
				<ShownOnce
					title={text.onceTitle}
					lead={text.once(made.account.display)}
					name="Invitation link"
					value={made.invitation.url}
					done={text.done}
					onDone={() => setMade(null)}
				/>
			)}
		</>
	);
}

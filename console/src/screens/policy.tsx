// The policy as one readable page: which side is right, field by field; a change with its reason; who changed what before.
import { useState } from 'preact/hooks';
import { api, useAction, useApi } from '../api';
import { count } from '../lib/format';
import { useQuery } from '../router';
import { useDenied } from '../session';
import {
	Await,
	Button,
	ButtonLink,
	Card,
	Dialog,
	EmptyState,
	ErrorNote,
	FilterText,
	PageHeader,
	Pill,
	Select,
	Table,
	Tabs,
	TextField,
	Time,
	toast,
	type Column,
} from '../ui';

interface Field {
	name: string;
	emr: string[];
	crm: string | null;
	direction: string;
	winner: string;
	blank: string;
	transform: string | null;
	type: string;
}

interface Policy {
	sync: string;
	version: number;
	fields: Field[];
}

interface Change {
	version: number;
	at: string | null;
	who: string | null;
	field: string;
	before: string | null;
	after: string | null;
	why: string | null;
}

const winners = [
	{ value: 'emr', label: 'EMR', says: 'The EMR is right: its value goes to Salesforce.' },
	{ value: 'crm', label: 'Salesforce', says: 'Salesforce is right: its value goes to the EMR.' },
	{ value: 'newest', label: 'Newest', says: 'Whoever changed it last is right.' },
	{ value: 'review', label: 'A person decides', says: 'Nothing is written until somebody decided.' },
] as const;
const blanks = [
	{ value: 'keep', label: 'Keep the other side’s value' },
	{ value: 'clear', label: 'Clear the other side too' },
] as const;
const directions: Record<string, string> = { both: 'Both ways', emr_to_crm: 'EMR to Salesforce', crm_to_emr: 'Salesforce to EMR' };

const winnerLabel = (value: string): string => winners.find((it) => it.value === value)?.label ?? value;
const blankLabel = (value: string): string => blanks.find((it) => it.value === value)?.label ?? value;
const isTwoWay = (field: Field): boolean => field.direction === 'both';

/** The one sentence that an auditor reads about a field. */
function sentence(field: Field): string {
	if (!isTwoWay(field)) return `Read only on the other side: ${directions[field.direction] ?? field.direction}.`;
	return winners.find((it) => it.value === field.winner)?.says ?? '';
}

function EditDialog({
	sync,
	field,
	onClose,
	onSaved,
}: {
	sync: string;
	field: Field;
	onClose: () => void;
	onSaved: (policy: Policy, undo: () => void) => void;
}) {
	const [winner, setWinner] = useState(field.winner);
	const [blank, setBlank] = useState(field.blank);
	const [why, setWhy] = useState('');
	const [tried, setTried] = useState(false);
	const path = `/syncs/${encodeURIComponent(sync)}/policy/${encodeURIComponent(field.name)}`;
	const put = (body: { winner: string; blank: string; why: string }) => api<Policy>(path, { method: 'POST', body });
	const save = useAction(async () => {
		setTried(true);
		if (!why.trim()) return;
		const saved = await put({ winner, blank, why });
		onSaved(saved, () => void put({ winner: field.winner, blank: field.blank, why: `taken back: ${why}` }).then((policy) => onSaved(policy, () => {})));
	});
	const same = winner === field.winner && blank === field.blank;
	return (
		<Dialog
			title={`Policy of ${field.name}`}
			open
			onClose={onClose}
			onSubmit={() => void save.run()}
			footer={
				<>
					<Button onClick={onClose}>Cancel</Button>
					<Button kind="primary" type="submit" busy={save.busy} why={same ? 'Nothing was changed' : undefined}>
						Save as a new version
					</Button>
				</>
			}
		>
			<div class="stack">
				<Select
					label="When both sides changed, who is right?"
					value={winner}
					onValue={setWinner}
					options={winners}
					hint={winners.find((it) => it.value === winner)?.says}
				/>
				<Select label="When one side clears it" value={blank} onValue={setBlank} options={blanks} />
				<TextField
					label="Reason"
					required
					value={why}
					onValue={setWhy}
					error={tried && !why.trim() ? 'Say why: it stands in the audit trail' : undefined}
					hint="It counts from the next change on; what was decided before stays."
				/>
				<ErrorNote error={save.error} />
			</div>
		</Dialog>
	);
}

function Fields({ policy, onSaved }: { policy: Policy; onSaved: (policy: Policy) => void }) {
	const [editing, edit] = useState<Field>();
	const [text] = useQuery('q');
	const denied = useDenied('setup');
	const wanted = policy.fields.filter((field) => `${field.name} ${field.crm ?? ''} ${field.emr.join(' ')}`.toLowerCase().includes(text.toLowerCase()));
	const columns: Column<Field>[] = [
		{ key: 'name', title: 'Field', cell: (field) => field.name },
		{ key: 'emr', title: 'EMR', grow: true, cell: (field) => field.emr.map((path) => <code key={path}>{path} </code>) },
		{ key: 'crm', title: 'Salesforce', cell: (field) => <code>{field.crm}</code> },
		{ key: 'direction', title: 'Direction', cell: (field) => directions[field.direction] ?? field.direction },
		{
			key: 'winner',
			title: 'Who is right',
			cell: (field) => (
				<Pill tone={field.winner === 'review' ? 'warn' : 'info'} title={sentence(field)}>
					{winnerLabel(field.winner)}
				</Pill>
			),
		},
		{ key: 'blank', title: 'When it is cleared', cell: (field) => (isTwoWay(field) ? blankLabel(field.blank) : '') },
		{
			key: 'edit',
			title: 'Change',
			cell: (field) => (
				<Button
					small
					label={`Change the policy of ${field.name}`}
					icon="git-compare"
					why={denied ?? (isTwoWay(field) ? undefined : 'It is mapped one way: its source is right')}
					onClick={() => edit(field)}
				/>
			),
		},
	];
	return (
		<Card
			title="Who is right"
			facts={`${count(policy.fields.length, 'field')}, version ${policy.version}`}
			actions={<FilterText name="q" label="Find a field" />}
			flush
		>
			<Table
				label="Policy"
				columns={columns}
				rows={wanted}
				rowKey={(field) => field.name}
				empty={<EmptyState title="No field fits">Clear the search to see all of them.</EmptyState>}
			/>
			{editing && (
				<EditDialog
					sync={policy.sync}
					field={editing}
					onClose={() => edit(undefined)}
					onSaved={(saved, undo) => {
						edit(undefined);
						toast({ text: `The policy of ${editing.name} was changed`, undo });
						onSaved(saved);
					}}
				/>
			)}
		</Card>
	);
}

const changeColumns: Column<Change>[] = [
	{ key: 'at', title: 'When', cell: (change) => <Time at={change.at} /> },
	{ key: 'who', title: 'Who', cell: (change) => change.who },
	{ key: 'field', title: 'Field', cell: (change) => change.field },
	{ key: 'before', title: 'Before', cell: (change) => change.before ?? <span class="muted">not mapped</span> },
	{ key: 'after', title: 'After', cell: (change) => change.after ?? <span class="muted">not mapped</span> },
	{ key: 'why', title: 'Why', grow: true, cell: (change) => change.why },
	{ key: 'version', title: 'Version', num: true, cell: (change) => change.version },
];

function History({ sync, version }: { sync: string; version: number }) {
	const changes = useApi<{ items: Change[] }>(`/syncs/${encodeURIComponent(sync)}/policy/history?v=${version}`);
	return (
		<Card title="History" flush>
			<Await of={changes}>
				{({ items }) => (
					<Table
						label="Changes of the policy"
						columns={changeColumns}
						rows={items}
						rowKey={(change) => `${change.version} ${change.field}`}
						empty={<EmptyState title="The policy was never changed">It is as the mapping says.</EmptyState>}
					/>
				)}
			</Await>
		</Card>
	);
}

function Page({ sync, choose }: { sync: string; choose: preact.ComponentChildren }) {
	const policy = useApi<Policy>(`/syncs/${encodeURIComponent(sync)}/policy`);
	return (
		<>
			<PageHeader
				title="Policy"
				facts="Which side is right when both changed a field. Every change has a reason and stays in the history."
				actions={
					<>
						{choose}
						<ButtonLink href={`/conflicts?sync=${encodeURIComponent(sync)}`}>Decisions it made</ButtonLink>
						<Button icon="file-text" onClick={() => print()}>
							Print
						</Button>
					</>
				}
			/>
			<Await of={policy}>
				{(it) => (
					<Tabs
						label="Policy"
						tabs={[
							{ key: 'fields', label: 'Fields', count: it.fields.length, content: () => <Fields policy={it} onSaved={policy.replace} /> },
							{ key: 'history', label: 'History', content: () => <History sync={sync} version={it.version} /> },
						]}
					/>
				)}
			</Await>
		</>
	);
}

export default function PolicyScreen() {
	const syncs = useApi<{ items: { name: string }[] }>('/syncs');
	const [chosen, choose] = useQuery('sync');
	return (
		<Await of={syncs}>
			{({ items }) => {
				const sync = chosen || items[0]?.name;
				if (!sync)
					return (
						<>
							<PageHeader title="Policy" />
							<Card>
								<EmptyState title="There is no policy yet" icon="shield" action={<ButtonLink href="/integrations">Set up a data sync</ButtonLink>}>
									It begins with the first data sync: each of its fields says which side is right.
								</EmptyState>
							</Card>
						</>
					);
				const options = items.map(({ name }) => ({ value: name, label: name }));
				return (
					<Page key={sync} sync={sync} choose={items.length > 1 && <Select label="Sync" class="is-inline" value={sync} onValue={choose} options={options} />} />
				);
			}}
		</Await>
	);
}

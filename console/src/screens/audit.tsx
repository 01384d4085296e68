// The audit trail: who did what, when, before, after and why. Every row carries the hash of the one before; Verify computes the chain anew.
import { useState } from 'preact/hooks';
import { api, useAction, usePages } from '../api';
import { count } from '../lib/format';
import { useQuery } from '../router';
import {
	Button,
	ButtonLink,
	Card,
	EmptyState,
	ErrorNote,
	ErrorState,
	FilterBar,
	FilterText,
	Id,
	Notice,
	PageHeader,
	Skeleton,
	Table,
	TextField,
	Time,
	type Column,
} from '../ui';

interface Row {
	id: number;
	at: string | null;
	who: string | null;
	action: string;
	subject: string | null;
	before: string | null;
	after: string | null;
	why: string | null;
}

interface Verdict {
	rows: number;
	intact: boolean;
	trouble: string | null;
	first: string | null;
	last: string | null;
	head: string | null;
}

const filters = ['who', 'action', 'subject'] as const;

type Leaves = Map<string, string>;

/** The leaves of a document by their paths: { policy: { Email: { winner: 'crm' } } } is "policy.Email.winner" -> "crm". */
function leavesOf(value: unknown, path: string, into: Leaves): Leaves {
	if (value !== null && typeof value === 'object' && Object.keys(value).length > 0)
		for (const [key, item] of Object.entries(value)) leavesOf(item, path ? `${path}.${key}` : key, into);
	else into.set(path, typeof value === 'string' ? value : JSON.stringify(value));
	return into;
}

/** Documents stand in the trail as a whole; undefined: it is a plain text. */
function documentOf(text: string | null): Leaves | undefined {
	if (!text) return new Map();
	try {
		const value: unknown = JSON.parse(text);
		return value !== null && typeof value === 'object' ? leavesOf(value, '', new Map()) : undefined;
	} catch {
		return undefined;
	}
}

function Changed({ name, before, after }: { name: string; before: string | undefined; after: string | undefined }) {
	return (
		<li>
			{name && <strong>{name} </strong>}
			{before !== undefined && <del>{before}</del>} {after !== undefined && <ins>{after}</ins>}
		</li>
	);
}

/** What differs, name by name; two plain texts as they are. */
function Change({ row }: { row: Row }) {
	if (!row.before && !row.after) return null;
	const before = documentOf(row.before);
	const after = documentOf(row.after);
	if (!before || !after)
		return (
			<ul class="changes">
				<Changed name="" before={row.before ?? undefined} after={row.after ?? undefined} />
			</ul>
		);
	const names = [...new Set([...before.keys(), ...after.keys()])].filter((name) => before.get(name) !== after.get(name));
	return (
		<ul class="changes">
			{names.map((name) => (
				<Changed key={name} name={name} before={before.get(name)} after={after.get(name)} />
			))}
		</ul>
	);
}

const columns: Column<Row>[] = [
	{ key: 'at', title: 'When', cell: (row) => <Time at={row.at} /> },
	{ key: 'who', title: 'Who', cell: (row) => row.who },
	{ key: 'action', title: 'Did', cell: (row) => row.action },
	{ key: 'subject', title: 'To', cell: (row) => row.subject },
	{ key: 'change', title: 'Before and after', grow: true, cell: (row) => <Change row={row} /> },
	{ key: 'why', title: 'Why', cell: (row) => row.why },
];

/* The head is for keeping elsewhere: held against the trail later, it shows that nothing was cut off or written anew. */
function Verified({ verdict }: { verdict: Verdict }) {
	if (!verdict.intact) return <Notice tone="bad">The chain is broken: {verdict.trouble}</Notice>;
	return (
		<Notice tone="good">
			The chain is intact: {count(verdict.rows, 'row')} as they were written, from <Time at={verdict.first} /> to <Time at={verdict.last} />. Keep this head
			elsewhere: {verdict.head && <Id what="head">{verdict.head}</Id>}
		</Notice>
	);
}

function Verify() {
	const [verdict, setVerdict] = useState<Verdict>();
	const [expect, setExpect] = useState('');
	const verify = useAction(async () => setVerdict(await api<Verdict>(`/audit/verify?${new URLSearchParams({ expect })}`)));
	return (
		<>
			{verdict && <Verified verdict={verdict} />}
			<ErrorNote error={verify.error} />
			<div class="row">
				<TextField label="A head that was kept elsewhere (optional)" value={expect} onValue={setExpect} />
				<Button icon="shield" busy={verify.busy} onClick={() => void verify.run()}>
					Verify the chain
				</Button>
			</div>
		</>
	);
}

export default function Audit() {
	const values = Object.fromEntries(filters.map((name) => [name, useQuery(name)[0]]));
	const query = new URLSearchParams(Object.entries(values).filter(([, value]) => value));
	const pages = usePages<Row>(`/audit?${query}`, { by: 'before' });
	return (
		<>
			<PageHeader
				title="Audit"
				facts="Who did what, the latest first. Looks at patient data stand here as well, without the data."
				actions={
					<ButtonLink href={`/api/v1/audit/export?${query}`} icon="download" download="audit.csv">
						Export CSV
					</ButtonLink>
				}
			>
				<Verify />
			</PageHeader>
			<Card flush>
				<FilterBar names={filters} count={pages.more ? `the latest ${pages.items.length}` : count(pages.items.length, 'row')}>
					<FilterText name="who" label="Who" />
					<FilterText name="action" label="Action" />
					<FilterText name="subject" label="Subject" />
				</FilterBar>
				{pages.state === 'loading' && <Skeleton lines={6} />}
				{pages.state === 'error' && pages.error && <ErrorState error={pages.error} retry={pages.refetch} />}
				{pages.state === 'ready' && (
					<Table
						label="Audit trail"
						columns={columns}
						rows={pages.items}
						rowKey={(row) => String(row.id)}
						more={pages.more}
						busy={pages.busy}
						empty={<EmptyState title="No row fits">Clear the filters to see all of them.</EmptyState>}
					/>
				)}
			</Card>
		</>
	);
}

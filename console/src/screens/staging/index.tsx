// Staged payloads: each as it came, where it stands, what is wrong with it; retried one, a selection, or all alike, with a dry count first.
import { useState } from 'preact/hooks';
import { api, useApi, usePages } from '../../api';
import { count, number, sentence } from '../../lib/format';
import { usePlace, navigate } from '../../router';
import { useDenied } from '../../session';
import {
	Button,
	Card,
	EmptyState,
	ErrorState,
	FilterBar,
	FilterSelect,
	FilterText,
	PageHeader,
	SelectionBar,
	Skeleton,
	Table,
	Time,
	ask,
	confirm,
	toast,
	toastError,
	type Column,
} from '../../ui';
import { PayloadPill, RecordLink } from '../records/parts';
import { doors, sideName, type Payload } from '../records/types';

interface Alike {
	sync: string;
	code: string | null;
	field: string | null;
	count: number;
	last: string | null;
}

interface Dry {
	total: number;
	tried: number;
	through: number;
	failed: number;
	errors: { payload: number; code: string | null; reason: string | null }[];
}

const filters = ['state', 'outcome', 'code', 'field', 'record', 'run', 'side', 'door', 'sync', 'since', 'until', 'id'];
const asOptions = (all: Record<string, string>, every: string) => [
	{ value: '', label: every },
	...Object.entries(all).map(([value, label]) => ({ value, label })),
];

const columns: Column<Payload>[] = [
	{ key: 'id', title: 'Payload', cell: (p) => <a href={`/staged/${p.id}`}>{p.id}</a> },
	{ key: 'state', title: 'State', cell: (p) => <PayloadPill payload={p} /> },
	{ key: 'record', title: 'Record', cell: (p) => <RecordLink sync={p.sync} side={p.side} record={p.record} /> },
	{ key: 'side', title: 'From', cell: (p) => <span class="no-break">{`${sideName[p.side]}, ${(doors[p.door] ?? p.door).toLowerCase()}`}</span> },
	{
		key: 'reason',
		title: 'What became of it',
		grow: true,
		cell: (p) => (
			<span>
				{p.reason ? sentence(p.reason) : <span class="muted">Nothing yet</span>} {p.error_code && <code>{p.error_code}</code>}
			</span>
		),
	},
	{ key: 'attempts', title: 'Attempts', num: true, cell: (p) => p.attempts },
	{ key: 'received', title: 'Received', cell: (p) => <Time at={p.received} /> },
];

/** Says what a retry would come to before it is done. */
async function retryAfterCount(choice: object, what: string, done: () => void): Promise<void> {
	const dry = await api<Dry>('/payloads/retry/preview', { method: 'POST', body: choice });
	const tried = dry.tried < dry.total ? `Of the first ${dry.tried}, ` : '';
	const text = (
		<>
			<p>
				{tried}
				{count(dry.through, 'payload')} would come through now, {number(dry.failed)} would fail again. Each record is read anew at its source; the payloads keep
				their bytes.
			</p>
			{dry.errors[0] && <p>The first that would fail: {sentence(dry.errors[0].reason ?? dry.errors[0].code ?? '')}</p>}
		</>
	);
	if (!(await confirm({ title: `Retry ${what}?`, text, action: `Retry ${count(dry.total, 'payload')}` }))) return;
	const { count: taken } = await api<{ count: number }>('/payloads/retry', { method: 'POST', body: choice });
	toast(`${count(taken, 'payload')} handed over for another try`);
	done();
}

function AlikeCard({ onDone }: { onDone: () => void }) {
	const alike = useApi<{ items: Alike[] }>('/payloads/alike', { topics: ['payloads_failed'] });
	const denied = useDenied('work');
	const [busy, setBusy] = useState('');
	const items = alike.data?.items ?? [];
	if (items.length === 0) return null;
	const keyOf = (row: Alike) => `${row.sync} ${row.code} ${row.field}`;
	const retry = (row: Alike) => {
		setBusy(keyOf(row));
		retryAfterCount({ sync: row.sync, code: row.code, ...(row.field ? { field: row.field } : {}) }, 'all that failed alike', () => {
			alike.refetch();
			onDone();
		})
			.catch(toastError)
			.finally(() => setBusy(''));
	};
	const show = (row: Alike) =>
		`/staged?state=failed&sync=${encodeURIComponent(row.sync)}&code=${encodeURIComponent(row.code ?? '')}${row.field ? `&field=${encodeURIComponent(row.field)}` : ''}`;
	return (
		<Card title="Failed alike" facts="Everything else goes on" flush>
			<Table
				label="Failed alike"
				rows={items}
				rowKey={keyOf}
				columns={[
					{ key: 'count', title: 'Payloads', num: true, cell: (row) => <a href={show(row)}>{number(row.count)}</a> },
					{
						key: 'code',
						title: 'Error',
						grow: true,
						cell: (row) => (
							<span>
								<code>{row.code}</code> {row.field && `in ${row.field}`}
							</span>
						),
					},
					{ key: 'sync', title: 'Sync', cell: (row) => row.sync },
					{ key: 'last', title: 'Last', cell: (row) => <Time at={row.last} /> },
					{
						key: 'act',
						title: 'Cure',
						cell: (row) => (
							<Button small icon="rotate-ccw" busy={busy === keyOf(row)} why={denied} onClick={() => retry(row)}>
								Retry all alike
							</Button>
						),
					},
				]}
			/>
		</Card>
	);
}

function Selected({ rows, clear, done }: { rows: Payload[]; clear: () => void; done: () => void }) {
	const denied = useDenied('work');
	const syncs = [...new Set(rows.map((row) => row.sync))];
	const why =
		denied ??
		(syncs.length > 1
			? 'These belong to different syncs: filter by one'
			: rows.some((row) => row.state !== 'failed')
				? 'Only payloads that have failed are retried or left out'
				: undefined);
	const choice = { sync: syncs[0], ids: rows.map((row) => row.id) };
	const over = () => {
		clear();
		done();
	};
	const leaveOut = async () => {
		const reason = await ask({
			title: `Leave ${count(rows.length, 'payload')} out?`,
			text: 'They keep their bytes and their error, and nobody tries them again. The records themselves stay as they are on both sides.',
			action: 'Leave out',
			reason: 'required',
		});
		if (reason === null) return;
		const { count: taken } = await api<{ count: number }>('/payloads/skip', { method: 'POST', body: { ...choice, why: reason } });
		toast(`${count(taken, 'payload')} left out`);
		over();
	};
	return (
		<SelectionBar selected={rows.length} onClear={clear} of="payload">
			<Button small icon="rotate-ccw" why={why} onClick={() => void retryAfterCount(choice, 'the selected payloads', over).catch(toastError)}>
				Retry selected
			</Button>
			<Button small why={why} onClick={() => void leaveOut().catch(toastError)}>
				Leave out
			</Button>
		</SelectionBar>
	);
}

interface Listed {
	total: number;
	total_is_least: boolean;
}

export default function Staging() {
	const { query } = usePlace();
	const [selected, setSelected] = useState<Set<string>>(new Set());
	const wanted = new URLSearchParams([...query].filter(([name, value]) => filters.includes(name) && value));
	const path = `/payloads?${wanted}`;
	const pages = usePages<Payload>(path, { topics: ['payloads_failed', 'syncs'] });
	const totals = useApi<Listed>(`${path}&limit=1`, { topics: ['payloads_failed', 'syncs'] });
	const filtered = wanted.size > 0;
	const empty = filtered ? (
		<EmptyState title="No payload fits these filters" action={<Button onClick={() => void navigate('/staged')}>Show all payloads</Button>}>
			Try fewer filters.
		</EmptyState>
	) : (
		<EmptyState title="Nothing has come in yet">
			Every change lands here first, exactly as it came. An import, a webhook or a delta brings the first ones.
		</EmptyState>
	);
	const some = totals.data
		? `${number(totals.data.total)}${totals.data.total_is_least ? ' or more' : ''} ${totals.data.total === 1 ? 'payload' : 'payloads'}`
		: '';
	return (
		<>
			<PageHeader title="Staged payloads" facts="Everything that came in, byte for byte. What fails waits here with its error; nothing is half-changed." />
			<AlikeCard onDone={pages.refetch} />
			<Card flush>
				<FilterBar names={filters} count={some}>
					<FilterSelect
						name="state"
						label="State"
						options={asOptions(
							{ failed: 'Errored', 'waiting,to_read': 'Staged', owed: 'Sending', done: 'Done', parked: 'Parked', superseded: 'Superseded' },
							'All',
						)}
					/>
					<FilterSelect name="side" label="From" options={asOptions(sideName, 'Both')} />
					<FilterSelect name="door" label="Door" options={asOptions(doors, 'All')} />
					<FilterText name="record" label="Record id" />
					<FilterText name="code" label="Error code" />
					<FilterText name="run" label="Run" />
				</FilterBar>
				<Selected rows={pages.items.filter((row) => selected.has(String(row.id)))} clear={() => setSelected(new Set())} done={pages.refetch} />
				{pages.state === 'error' && pages.error ? (
					<ErrorState error={pages.error} retry={pages.refetch} />
				) : pages.state === 'loading' ? (
					<Skeleton lines={6} />
				) : (
					<Table
						label="Staged payloads"
						columns={columns}
						rows={pages.items}
						rowKey={(p) => String(p.id)}
						href={(p) => `/staged/${p.id}`}
						selected={selected}
						onSelect={setSelected}
						more={pages.more}
						busy={pages.busy && pages.items.length === 0}
						empty={empty}
					/>
				)}
			</Card>
		</>
	);
}

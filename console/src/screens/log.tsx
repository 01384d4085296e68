// The log: what happened, without patient data. Filters stand in the URL; Follow reads on by itself.
import { useEffect, useState } from 'preact/hooks';
import { usePages } from '../api';
import { useQuery, withQuery } from '../router';
import {
	Button,
	Card,
	Drawer,
	EmptyState,
	ErrorState,
	Facts,
	FilterBar,
	FilterSelect,
	FilterText,
	PageHeader,
	Pill,
	Skeleton,
	Table,
	Time,
	type Column,
} from '../ui';

interface Line {
	id: number;
	at: string | null;
	level: 'debug' | 'info' | 'error' | 'exception';
	sync: string | null;
	run: number | null;
	payload: number | null;
	emr_id: string | null;
	crm_id: string | null;
	code: string | null;
	text: string | null;
}

const tones = { debug: 'idle', info: 'info', error: 'bad', exception: 'bad' } as const;
const titles = { debug: 'Debug', info: 'Info', error: 'Error', exception: 'Exception' } as const;
const filters = ['level', 'sync', 'run', 'payload', 'record', 'text'] as const;

const columns: Column<Line>[] = [
	{ key: 'at', title: 'When', cell: (line) => <Time at={line.at} /> },
	{ key: 'level', title: 'Level', cell: (line) => <Pill tone={tones[line.level]}>{titles[line.level]}</Pill> },
	{ key: 'sync', title: 'Sync', cell: (line) => line.sync },
	{ key: 'code', title: 'Code', cell: (line) => <code>{line.code}</code> },
	{ key: 'text', title: 'What happened', grow: true, cell: (line) => line.text },
];

/** Read on every two seconds, as something the page does by itself. */
function useFollow(on: boolean, refetch: () => void) {
	useEffect(() => {
		if (!on) return undefined;
		const timer = setInterval(refetch, 2000);
		return () => clearInterval(timer);
	}, [on, refetch]);
}

/** To the record's story, where its sync is known. */
function RecordLink({ sync, side, id }: { sync: string | null; side: 'emr' | 'crm'; id: string | null }) {
	if (!id) return <span class="muted">None</span>;
	return sync ? <a href={`/records/${encodeURIComponent(sync)}/${side}/${encodeURIComponent(id)}`}>{id}</a> : <code>{id}</code>;
}

function Details({ line }: { line: Line }) {
	return (
		<div class="stack">
			<p>{line.text}</p>
			<Facts
				items={[
					['When', <Time key="t" at={line.at} />],
					['Level', titles[line.level]],
					['Code', <code key="c">{line.code}</code>],
					['Sync', line.sync ?? ''],
					['Run', line.run ? <a href={`/runs/${line.run}`}>{line.run}</a> : 'None'],
					['Payload', line.payload ? <a href={`/staged/${line.payload}`}>{line.payload}</a> : 'None'],
					['EMR record', <RecordLink key="e" sync={line.sync} side="emr" id={line.emr_id} />],
					['Salesforce record', <RecordLink key="s" sync={line.sync} side="crm" id={line.crm_id} />],
				]}
			/>
			{line.run && <a href={withQuery({ run: String(line.run), line: null })}>Only lines of this run</a>}
			{line.payload && <a href={withQuery({ payload: String(line.payload), line: null })}>Only lines of this payload</a>}
		</div>
	);
}

export default function Log() {
	const values = Object.fromEntries(filters.map((name) => [name, useQuery(name)[0]]));
	const [follow, setFollow] = useState(false);
	const [open, setOpen] = useState<Line>();
	const query = new URLSearchParams(Object.entries(values).filter(([, value]) => value));
	const pages = usePages<Line>(`/log?${query}`, { by: 'before' });
	useFollow(follow, pages.refetchQuietly);
	return (
		<>
			<PageHeader
				title="Log"
				facts="What happened, the latest first. It never holds patient data."
				actions={
					<Button icon={follow ? 'pause' : 'play'} aria-pressed={follow} onClick={() => setFollow(!follow)}>
						{follow ? 'Pause' : 'Follow'}
					</Button>
				}
			/>
			<Card flush>
				<FilterBar names={filters} count={pages.more ? `the latest ${pages.items.length}` : `${pages.items.length} lines`}>
					<FilterSelect
						name="level"
						label="Level"
						options={[
							{ value: '', label: 'Info and worse' },
							{ value: 'debug', label: 'Debug and worse' },
							{ value: 'error', label: 'Errors' },
							{ value: 'exception', label: 'Exceptions' },
						]}
					/>
					<FilterText name="text" label="Text or code" />
					<FilterText name="record" label="Record id" />
					<FilterText name="run" label="Run" />
				</FilterBar>
				{pages.state === 'loading' && <Skeleton lines={6} />}
				{pages.state === 'error' && pages.error && <ErrorState error={pages.error} retry={pages.refetch} />}
				{pages.state === 'ready' && (
					<Table
						label="Log"
						columns={columns}
						rows={pages.items}
						rowKey={(line) => String(line.id)}
						onOpen={setOpen}
						current={open && String(open.id)}
						more={pages.more}
						busy={pages.busy}
						empty={<EmptyState title="No line fits">Clear the filters, or lower the level.</EmptyState>}
					/>
				)}
			</Card>
			<Drawer title="Log line" open={Boolean(open)} onClose={() => setOpen(undefined)}>
				{open && <Details line={open} />}
			</Drawer>
		</>
	);
}

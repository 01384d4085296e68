import { useMemo, useState } from 'preact/hooks';
import { ApiError } from '../api';
import {
	Button,
	Card,
	Chart,
	Copy,
	CopyCurl,
	Diff,
	EmptyState,
	ErrorState,
	Facts,
	Id,
	JsonView,
	LogView,
	Masked,
	Notice,
	Pill,
	RevealButton,
	SelectionBar,
	Skeleton,
	Sparkline,
	Table,
	Time,
	VirtualTable,
	useReveal,
	type Column,
	type DiffRow,
	type LogLine,
	type Sort,
} from '../ui';

interface Run {
	id: string;
	state: string;
	created: number;
	failed: number;
	at: string;
}

const runs: Run[] = [
	{ id: 'b-1001', state: 'Completed', created: 192, failed: 0, at: '2026-11-20T09:00:00Z' },
	{ id: 'b-1002', state: 'Completed with errors', created: 705, failed: 54, at: '2026-11-20T10:00:00Z' },
	{ id: 'b-1003', state: 'Running', created: 1204, failed: 2, at: '2026-11-20T11:00:00Z' },
];

const runColumns: Column<Run>[] = [
	{ key: 'id', title: 'Batch', sort: true, cell: (run) => <Id href={`/runs/${run.id}`}>{run.id}</Id> },
	{ key: 'state', title: 'State', cell: (run) => <Pill>{run.state}</Pill> },
	{ key: 'at', title: 'Started', cell: (run) => <Time at={run.at} />, grow: true },
	{ key: 'created', title: 'Created', num: true, sort: true, cell: (run) => run.created },
	{ key: 'failed', title: 'Failed', num: true, cell: (run) => run.failed },
];

function Lists() {
	const [selected, setSelected] = useState(new Set<string>());
	const [sort, setSort] = useState<Sort>({ key: 'id', down: false });
	const [opened, setOpened] = useState('');
	const rows = useMemo(() => {
		const by = (run: Run) => (sort.key === 'created' ? run.created : Number(run.id.slice(2)));
		return [...runs].sort((a, b) => (by(a) - by(b)) * (sort.down ? -1 : 1));
	}, [sort]);
	return (
		<Card title="Table" facts={<span data-test="opened">Opened {opened}</span>} flush>
			<SelectionBar selected={selected.size} of="run" onClear={() => setSelected(new Set())}>
				<Button small>Retry</Button>
			</SelectionBar>
			<Table
				label="Runs"
				columns={runColumns}
				rows={rows}
				rowKey={(run) => run.id}
				onOpen={(run) => setOpened(run.id)}
				selected={selected}
				onSelect={setSelected}
				sort={sort}
				onSort={setSort}
			/>
		</Card>
	);
}

const resultColumns: Column<number>[] = [
	{ key: 'n', title: 'Row', num: true, cell: (row) => row + 1 },
	{ key: 'id', title: 'Patient', cell: (row) => `NH-${100_000 + row}` },
	{ key: 'state', title: 'Outcome', cell: (row) => <Pill>{row % 7 ? 'Updated' : 'Failed'}</Pill> },
	{ key: 'why', title: 'Detail', grow: true, cell: (row) => (row % 7 ? '' : 'INVALID_EMAIL_ADDRESS') },
];

const diffRows: DiffRow[] = [
	{ field: 'First name', name: 'FirstName', left: 'Marisol', right: 'Marisol' },
	{ field: 'Mobile', name: 'MobilePhone', left: '+1 415 555 0148', right: '(415) 555-0148', winner: 'left', why: 'The EMR is newer' },
	{ field: 'Email', name: 'Email', left: null, right: 'marisol@example.org', winner: 'right', why: 'Blank is filled' },
];

const payload = {
	id: 'pat-7',
	name: { first: 'Marisol', last: 'Okafor' },
	phones: [{ type: 'mobile', number: '+1 415 555 0148' }],
	active: true,
	note: null,
	visits: 12,
};

const start = Date.UTC(2026, 10, 20, 9);
const lines: LogLine[] = Array.from({ length: 60 }, (_, index) => ({
	id: index,
	at: new Date(start + index * 1000).toISOString(),
	level: ['Debug', 'Info', 'Error', 'Exception'][index % 4] ?? 'Info',
	from: 'patients',
	text: index % 4 === 2 ? 'salesforce refused 1 record: INVALID_EMAIL_ADDRESS' : `page ${index} read`,
}));

function Views() {
	const record = useReveal<Record<string, string>>('/nowhere');
	return (
		<>
			<Card title="Diff" flush>
				<Diff label="What would change" titles={['EMR', 'Salesforce']} rows={diffRows} />
			</Card>
			<Card title="Masked">
				<div class="row">
					<Masked value="Marisol" shown={false} />
					<RevealButton of={record} />
				</div>
			</Card>
			<Card title="JSON">
				<JsonView label="Payload" value={payload} />
			</Card>
			<Card title="Log" flush>
				<LogView label="Log" lines={lines} live onOpen={() => {}} />
			</Card>
		</>
	);
}

const hours = Array.from({ length: 24 }, (_, hour) => `${String(hour).padStart(2, '0')}:00`);

function Charts() {
	return (
		<Card title="Charts">
			<div class="stack">
				<Chart
					label="Rows moved"
					kind="bars"
					labels={hours}
					series={[
						{ name: 'To Salesforce', values: hours.map((_, hour) => (hour * 37) % 900) },
						{ name: 'Failed', values: hours.map((_, hour) => (hour % 6 === 0 ? 60 : 0)), tone: 'bad' },
					]}
				/>
				<Chart
					label="Lag"
					labels={hours}
					series={[{ name: 'Seconds behind', values: hours.map((_, hour) => 3 + ((hour * 7) % 11)), tone: 'warn' }]}
					height={120}
				/>
				<span>
					Seven days <Sparkline label="Seven days" values={[3, 9, 4, 12, 8, 2, 7]} />
				</span>
			</div>
		</Card>
	);
}

export function Data() {
	return (
		<>
			<Lists />
			<Card title="Any length" flush>
				<VirtualTable label="Results" columns={resultColumns} total={100_000} rowAt={(index) => index} rowsShown={8} onOpen={() => {}} />
			</Card>
			<Views />
			<Charts />
			<Card title="Words">
				<div class="stack">
					<div class="row">
						{[
							'Queued',
							'Running',
							'Completed',
							'Completed with errors',
							'Aborted',
							'Failed',
							'Staged',
							'Linked',
							'Skipped',
							'Needs review',
							'Errored',
							'Retrying',
							'Created',
							'Updated',
						].map((word) => (
							<Pill key={word}>{word}</Pill>
						))}
					</div>
					<Facts
						items={[
							['Batch ID', <Id key="id">707Kd00000AbC12</Id>],
							['Copied', <Copy key="copy" text="x" what="x" />],
							['As a command', <CopyCurl key="curl" path="/runs" method="POST" body={{ note: "it's" }} />],
							['Started', <Time key="at" at="2026-11-20T09:00:00Z" />],
						]}
					/>
					<div class="tiles">
						<a class="tile is-good" href="#created">
							<strong>192</strong> Created
						</a>
						<button type="button" class="tile is-info" aria-pressed="true">
							<strong>705</strong> Updated
						</button>
						<button type="button" class="tile is-warn" aria-pressed="false">
							<strong>118</strong> Skipped
						</button>
						<button type="button" class="tile is-bad" aria-pressed="false">
							<strong>54</strong> Failed
						</button>
					</div>
					<Notice>Insurance fields are read-only in Salesforce.</Notice>
					<Notice tone="warn">Two fields changed their type.</Notice>
					<Notice tone="good">All tests passed.</Notice>
				</div>
			</Card>
			<div class="grid">
				<Card>
					<EmptyState title="No runs yet" action={<Button kind="primary">Sync Data</Button>}>
						A run reads both sides and brings them together.
					</EmptyState>
				</Card>
				<Card>
					<ErrorState error={new ApiError(502, 'far_side', 'Salesforce did not answer', 'Try again in a minute.')} retry={() => {}} />
				</Card>
				<Card>
					<Skeleton lines={4} />
				</Card>
			</div>
		</>
	);
}

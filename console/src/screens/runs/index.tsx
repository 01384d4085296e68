// All runs: who ran what, when, and how it ended.
import { useApi, usePages } from '../../api';
import { useTopic } from '../../lib/hooks';
import { usePlace, useQuery } from '../../router';
import { Await, ButtonLink, Card, EmptyState, FilterBar, FilterSelect, FilterText, PageHeader, Pill, Table, TextField, Time, type Column } from '../../ui';
import { count, number } from '../../lib/format';
import { kindOf, kinds, statusOf, type Run, type RunFigures } from './model';

const filters = ['sync', 'kind', 'state', 'who', 'since', 'until'];
const states = [
	{ value: '', label: 'All states' },
	{ value: 'active,asked,stopping', label: 'Under way' },
	{ value: 'done', label: 'Completed' },
	{ value: 'aborted', label: 'Aborted' },
	{ value: 'failed', label: 'Failed' },
];

const columns: Column<Run>[] = [
	{ key: 'batch', title: 'Batch Sync ID', cell: (run) => <a href={`/runs/${run.batch_id}`}>{run.batch_id}</a> },
	{ key: 'state', title: 'Status', cell: (run) => <Pill>{statusOf(run)}</Pill> },
	{ key: 'kind', title: 'What', cell: (run) => kindOf(run.kind), grow: true },
	{ key: 'sync', title: 'Object sync', cell: (run) => run.sync },
	{ key: 'read', title: 'Read', num: true, cell: (run) => number(run.read) },
	{
		key: 'failed',
		title: 'Failed',
		num: true,
		cell: (run) => (run.failed > 0 ? <a href={`/runs/${run.batch_id}?outcome=failed`}>{number(run.failed)}</a> : 0),
	},
	{ key: 'who', title: 'Started by', cell: (run) => run.who },
	{ key: 'started', title: 'Started', cell: (run) => <Time at={run.started} /> },
];

/** A day of the URL as a moment for the API; "until" means the end of that day. */
function moment(day: string, days: number): string {
	const at = new Date(`${day}T00:00:00`);
	if (Number.isNaN(at.getTime())) return '';
	at.setDate(at.getDate() + days);
	return at.toISOString();
}

function pathOf(query: URLSearchParams): string {
	const asked = new URLSearchParams();
	for (const name of filters) {
		const value = query.get(name);
		if (!value) continue;
		const sent = name === 'since' ? moment(value, 0) : name === 'until' ? moment(value, 1) : value;
		if (sent) asked.set(name, sent);
	}
	return `/runs?${asked.toString()}`;
}

function Day({ name, label }: { name: string; label: string }) {
	const [value, setValue] = useQuery(name);
	return <TextField label={label} type="date" class="is-inline" value={value} onValue={setValue} />;
}

/** Those that go say how far they are themselves. */
function merged(items: Run[], live: RunFigures[] | undefined): Run[] {
	return items.map((run) => live?.find(({ id }) => id === run.id) ?? run);
}

function List({ syncs }: { syncs: { name: string }[] }) {
	const { query } = usePlace();
	const pages = usePages<Run>(pathOf(query), { topics: ['runs'], limit: 50 });
	const live = useTopic<{ items: RunFigures[] }>('runs');
	const some = filters.some((name) => query.has(name));
	return (
		<Card flush>
			<FilterBar names={filters} count={`${count(pages.items.length, 'run')}${pages.more ? ' and more' : ''}`}>
				<FilterSelect
					name="sync"
					label="Object sync"
					options={[{ value: '', label: 'All syncs' }, ...syncs.map(({ name }) => ({ value: name, label: name }))]}
				/>
				<FilterSelect
					name="kind"
					label="What"
					options={[{ value: '', label: 'All kinds' }, ...Object.entries(kinds).map(([value, label]) => ({ value, label }))]}
				/>
				<FilterSelect name="state" label="Status" options={states} />
				<FilterText name="who" label="Started by" placeholder="console:admin" />
				<Day name="since" label="From" />
				<Day name="until" label="To" />
			</FilterBar>
			<Await of={{ ...pages, data: pages.state === 'ready' ? pages.items : undefined, replace: () => {} }}>
				{(items) => (
					<Table
						label="Runs"
						columns={columns}
						rows={merged(items, live?.items)}
						rowKey={(run) => String(run.id)}
						href={(run) => `/runs/${run.batch_id}`}
						more={pages.more}
						empty={
							<EmptyState
								title={some ? 'No run fits these filters' : 'Nothing has run yet'}
								action={
									<ButtonLink kind="primary" href="/runs/new">
										Sync records
									</ButtonLink>
								}
							>
								{some ? 'Change a filter above, or clear them.' : 'The first import reads both systems and links those who are the same person.'}
							</EmptyState>
						}
					/>
				)}
			</Await>
		</Card>
	);
}

export default function Runs() {
	const syncs = useApi<{ items: { name: string }[] }>('/syncs');
	return (
		<>
			<PageHeader
				title="Runs"
				facts="Imports, batches and deltas, newest first"
				actions={
					<>
						<ButtonLink href="/schedules" icon="clock">
							Schedules
						</ButtonLink>
						<ButtonLink kind="primary" href="/runs/new" icon="play">
							Sync records
						</ButtonLink>
					</>
				}
			/>
			<List syncs={syncs.data?.items ?? []} />
		</>
	);
}

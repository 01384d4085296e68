// How each object sync is, in one row: health with freshness, what waits, its next and last run, the week; pause and resume.
import { api, useApi } from '../../api';
import { number } from '../../lib/format';
import { useDenied } from '../../session';
import { Await, Button, Card, confirm, Pill, Sparkline, Table, Time, toast, toastError, type Column } from '../../ui';
import { health, type Sync } from '../integrations/model';
import { statusOf, type Run } from '../runs/model';
import { lastWeek, since, sumOf, type Hour, type Schedule } from './model';
import { nothingYet } from './waiting';

interface Row extends Sync {
	run: Run | undefined;
	next: string | undefined;
	hours: Hour[];
}

function LastRun({ run }: { run: Run | undefined }) {
	if (!run) return <span class="muted">None yet</span>;
	return (
		<span class="row is-tight">
			<a href={`/runs/${encodeURIComponent(run.batch_id)}`}>
				<Time at={run.ended ?? run.started} />
			</a>
			<Pill>{statusOf(run)}</Pill>
		</span>
	);
}

function Health({ sync }: { sync: Sync }) {
	const { word, facts } = health(sync);
	const oldest = sync.state?.oldest;
	return (
		<span class="stack is-close">
			<span>
				<Pill>{word}</Pill>
			</span>
			<span class="muted">
				{oldest ? (
					<>
						Behind since <Time at={oldest} />
					</>
				) : (
					facts
				)}
			</span>
		</span>
	);
}

async function setPaused(sync: Sync, paused: boolean): Promise<void> {
	await api(`/syncs/${encodeURIComponent(sync.name)}/realtime`, { method: 'PATCH', body: { paused } });
}

async function pauseOrResume(sync: Sync): Promise<void> {
	const pausing = !sync.state?.paused;
	const asked = {
		title: `Pause ${sync.name}?`,
		text: 'What is under way is finished. What arrives from then on is kept and nothing is written until somebody resumes it. Nothing is lost.',
		action: 'Pause',
	};
	if (pausing && !(await confirm(asked))) return;
	try {
		await setPaused(sync, pausing);
		toast(pausing ? { text: `${sync.name} is paused`, undo: () => void setPaused(sync, false).catch(toastError) } : `${sync.name} goes on with what was kept`);
	} catch (error) {
		toastError(error);
	}
}

function columnsOf(denied: string | undefined): Column<Row>[] {
	return [
		{
			key: 'name',
			title: 'Sync',
			cell: (it) => (
				<span class="stack is-close sync-name">
					<a href={`/mapping/${encodeURIComponent(it.name)}`}>{it.name}</a>
					<span class="muted">{`${it.emr_object} and ${it.crm_object}`}</span>
				</span>
			),
		},
		{ key: 'health', title: 'Health', grow: true, cell: (it) => <Health sync={it} /> },
		{ key: 'waiting', title: 'Waiting', num: true, cell: (it) => number((it.state?.waiting ?? 0) + (it.state?.to_read ?? 0)) },
		{ key: 'owed', title: 'Writes owed', num: true, cell: (it) => number(it.state?.owed ?? 0) },
		{
			key: 'day',
			title: 'Last 24 h',
			num: true,
			cell: (it) => {
				const { to_crm: toCrm, to_emr: toEmr, failed } = sumOf(since(it.hours, 86_400_000));
				return failed > 0 ? (
					<a href={`/staged?state=failed&sync=${encodeURIComponent(it.name)}`}>{`${number(toCrm + toEmr)}, ${number(failed)} failed`}</a>
				) : (
					number(toCrm + toEmr)
				);
			},
		},
		{
			key: 'week',
			title: '7 days',
			cell: (it) => (
				<Sparkline
					label={`Records moved by ${it.name} on each of 7 days`}
					values={lastWeek(it.hours).figures.map(({ to_crm: toCrm, to_emr: toEmr }) => toCrm + toEmr)}
				/>
			),
		},
		{
			key: 'last',
			title: 'Last run',
			cell: (it) => (it.state?.run ? <a href={`/runs/${encodeURIComponent(it.state.run)}`}>Running now</a> : <LastRun run={it.run} />),
		},
		{ key: 'next', title: 'Next run', cell: (it) => <Time at={it.next} never="Not scheduled" /> },
		{
			key: 'pause',
			title: 'Pause',
			cell: (it) => (
				<Button small icon={it.state?.paused ? 'play' : 'pause'} why={denied} onClick={() => void pauseOrResume(it)}>
					{it.state?.paused ? 'Resume' : 'Pause'}
				</Button>
			),
		},
	];
}

export function Syncs({ hours }: { hours: readonly Hour[] }) {
	const syncs = useApi<{ items: Sync[] }>('/syncs', { topics: ['syncs'] });
	const runs = useApi<{ items: Run[] }>('/runs?limit=100', { topics: ['runs'] });
	const schedules = useApi<{ items: Schedule[] }>('/schedules', { topics: ['runs'] });
	const denied = useDenied('setup');
	const rowOf = (sync: Sync): Row => ({
		...sync,
		run: runs.data?.items.find((run) => run.sync === sync.name),
		next: schedules.data?.items
			.filter((it) => it.sync === sync.name)
			.flatMap(({ next }) => next.slice(0, 1))
			.sort((a, b) => a.localeCompare(b))[0],
		hours: hours.filter((hour) => hour.sync === sync.name),
	});
	return (
		<Card title="Object syncs" flush>
			<Await of={syncs}>
				{({ items }) => <Table label="Object syncs" columns={columnsOf(denied)} rows={items.map(rowOf)} rowKey={(sync) => sync.name} empty={nothingYet} />}
			</Await>
		</Card>
	);
}

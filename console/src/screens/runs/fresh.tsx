// Sync Records: now, after a look at what it would do, over a file, or by schedule.
import { useEffect, useState } from 'preact/hooks';
import { useAction, useApi } from '../../api';
import { useTopic } from '../../lib/hooks';
import { useQuery } from '../../router';
import { useDenied } from '../../session';
import { Await, Button, ButtonLink, Card, EmptyState, ErrorNote, Notice, PageHeader, Select } from '../../ui';
import { CsvBatch } from './csv';
import { DryRun } from './dry';
import { whoWins, type RunFigures } from './model';
import { start } from './start';

interface Sync {
	name: string;
	emr_connection: string;
	crm_connection: string;
	emr_object: string;
	crm_object: string;
	state: { paused: boolean; trouble: string | null } | null;
}

function UnderWay({ sync }: { sync: Sync }) {
	const live = useTopic<{ items: RunFigures[] }>('runs');
	const run = live?.items.find((it) => it.sync === sync.name);
	if (sync.state?.paused)
		return (
			<Notice
				tone="warn"
				action={
					<ButtonLink small href={`/realtime/${encodeURIComponent(sync.name)}`}>
						Resume it
					</ButtonLink>
				}
			>
				This sync is paused: nothing runs until somebody resumes it. What arrives meanwhile is kept.
			</Notice>
		);
	if (!run) return null;
	return (
		<Notice
			action={
				<ButtonLink small href={`/runs/${run.batch_id}`}>
					Follow it
				</ButtonLink>
			}
		>
			{run.batch_id} is under way for this sync.
		</Notice>
	);
}

function SyncData({ sync }: { sync: Sync }) {
	const denied = useDenied('work');
	const work = useAction(() => start(sync.name, 'import'));
	const paused = sync.state?.paused ? 'This sync is paused' : undefined;
	return (
		<Card title="Sync Data">
			<div class="stack">
				<p>
					Reads all {sync.emr_object} records of {sync.emr_connection} and all {sync.crm_object} records of {sync.crm_connection}, links those who are the same
					person by first name, last name and birth date, and writes what differs. {whoWins.import}
				</p>
				<DryRun sync={sync.name} />
				<ErrorNote error={work.error} />
				<div class="row">
					<ButtonLink href={`/schedules?new=import&sync=${encodeURIComponent(sync.name)}`} icon="clock">
						Schedule Data Sync
					</ButtonLink>
					<Button kind="primary" icon="play" busy={work.busy} why={denied ?? paused} onClick={() => void work.run()}>
						Sync Data
					</Button>
				</div>
			</div>
		</Card>
	);
}

function Changes({ sync }: { sync: Sync }) {
	const denied = useDenied('work');
	const work = useAction(() => start(sync.name, 'delta'));
	return (
		<Card title="Changes only">
			<div class="stack">
				<p>Asks both systems for what changed since they were asked last. By default this runs by itself every 15 minutes; here it runs now. {whoWins.delta}</p>
				<ErrorNote error={work.error} />
				<div class="row">
					<Button icon="refresh-cw" busy={work.busy} why={denied} onClick={() => void work.run()}>
						Sync changes now
					</Button>
				</div>
			</div>
		</Card>
	);
}

function Choices({ syncs }: { syncs: Sync[] }) {
	const [name, choose] = useQuery('sync');
	const sync = syncs.find((it) => it.name === name) ?? syncs[0];
	useEffect(() => {
		if (sync && !name) choose(sync.name);
	}, [sync?.name]);
	if (!sync)
		return (
			<Card>
				<EmptyState
					title="No object is synced yet"
					action={
						<ButtonLink kind="primary" href="/mapping/new">
							New Data Sync
						</ButtonLink>
					}
				>
					Say first which records belong together, and field by field what goes where.
				</EmptyState>
			</Card>
		);
	return (
		<>
			{syncs.length > 1 && (
				<Card>
					<Select
						label="Object sync"
						value={sync.name}
						onValue={choose}
						options={syncs.map((it) => ({ value: it.name, label: `${it.name}: ${it.emr_object} and ${it.crm_object}` }))}
					/>
				</Card>
			)}
			<UnderWay sync={sync} />
			<SyncData key={sync.name} sync={sync} />
			<CsvBatch key={`${sync.name}-csv`} sync={sync.name} crmObject={sync.crm_object} />
			<Changes sync={sync} />
		</>
	);
}

export default function Fresh() {
	const syncs = useApi<{ items: Sync[] }>('/syncs', { topics: ['syncs'] });
	const [first, setFirst] = useState<{ items: Sync[] }>();
	useEffect(() => {
		if (syncs.data) setFirst(syncs.data);
	}, [syncs.data]);
	return (
		<>
			<PageHeader title="Sync Records" trail={[{ href: '/runs', label: 'Runs' }]} facts="Bring existing records over, now or by schedule" />
			<Await of={{ ...syncs, data: syncs.data ?? first }}>{({ items }) => <Choices syncs={items} />}</Await>
		</>
	);
}

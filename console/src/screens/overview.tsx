// Overview: how each sync is.
import { useApi } from '../api';
import { count } from '../lib/format';
import { Await, Card, EmptyState, PageHeader, Pill, Table, Time, type Column } from '../ui';

interface SyncState {
	ready: boolean;
	trouble: string | null;
	since: string | null;
	waiting: number;
	owed: number;
	oldest: string | null;
}

interface Sync {
	name: string;
	emr_object: string;
	crm_object: string;
	state: SyncState | null;
}

function Health({ state }: { state: SyncState | null }) {
	if (!state) return <Pill>Off</Pill>;
	return state.ready ? <Pill>Healthy</Pill> : <Pill tone="warn">Paused</Pill>;
}

const columns: Column<Sync>[] = [
	{ key: 'name', title: 'Sync', cell: (sync) => sync.name, grow: true },
	{ key: 'objects', title: 'Objects', cell: (sync) => `${sync.emr_object} and ${sync.crm_object}` },
	{ key: 'health', title: 'Health', cell: (sync) => <Health state={sync.state} /> },
	{ key: 'waiting', title: 'Waiting', num: true, cell: (sync) => sync.state?.waiting ?? 0 },
	{ key: 'owed', title: 'Writes owed', num: true, cell: (sync) => sync.state?.owed ?? 0 },
	{ key: 'oldest', title: 'Oldest waits since', cell: (sync) => <Time at={sync.state?.oldest} never="Nothing waits" /> },
];

export default function Overview() {
	const syncs = useApi<{ items: Sync[] }>('/syncs', { topics: ['syncs'] });
	return (
		<>
			<PageHeader title="Overview" facts={syncs.data && count(syncs.data.items.length, 'object sync')} />
			<Card title="Object syncs" flush>
				<Await of={syncs}>
					{({ items }) => (
						<Table
							label="Object syncs"
							columns={columns}
							rows={items}
							rowKey={(sync) => sync.name}
							empty={<EmptyState title="No sync is set up yet">Describe the connections and a sync in a file and apply it: suture apply FILE.</EmptyState>}
						/>
					)}
				</Await>
			</Card>
		</>
	);
}

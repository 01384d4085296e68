// RealTime Settings: each integration's object syncs, and how they hear of changes.
import { useApi } from '../../api';
import { count, number } from '../../lib/format';
import { Await, ButtonLink, Card, EmptyState, PageHeader, Pill, Table, Time, type Column } from '../../ui';
import { Latency } from './latency';
import { wordOf, type RealTime } from './model';

const columns: Column<RealTime>[] = [
	{ key: 'sync', title: 'Integration', cell: (it) => <a href={`/realtime/${encodeURIComponent(it.sync)}`}>{it.integration ?? it.sync}</a> },
	{ key: 'objects', title: 'Object sync', cell: (it) => `${it.sync}: ${it.emr_object} and ${it.crm_object}`, grow: true },
	{ key: 'state', title: 'Real time', cell: (it) => <Pill title={it.trouble ?? undefined}>{wordOf(it)}</Pill> },
	{ key: 'hour', title: 'Last hour', num: true, cell: (it) => `${number(it.last_hour)}${it.last_hour_is_more ? '+' : ''}` },
	{ key: 'waiting', title: 'Waiting', num: true, cell: (it) => number(it.waiting) },
	{ key: 'last', title: 'Last event', cell: (it) => <Time at={it.last_event} never="None yet" /> },
];

export default function RealTimes() {
	const all = useApi<{ items: RealTime[] }>('/realtime', { topics: ['realtime'] });
	return (
		<>
			<PageHeader
				title="RealTime Settings"
				facts={all.data && `${count(all.data.items.length, 'object sync')}: changes go over within seconds of being made`}
			/>
			<Card flush>
				<Await of={all}>
					{({ items }) => (
						<Table
							label="Integrations in real time"
							columns={columns}
							rows={items}
							rowKey={(it) => it.sync}
							href={(it) => `/realtime/${encodeURIComponent(it.sync)}`}
							empty={
								<EmptyState
									title="No object is synced yet"
									icon="zap"
									action={
										<ButtonLink kind="primary" href="/mapping/new">
											New Data Sync
										</ButtonLink>
									}
								>
									Set up a data sync and import the existing records; then changes can follow by themselves.
								</EmptyState>
							}
						/>
					)}
				</Await>
			</Card>
			<Latency />
		</>
	);
}

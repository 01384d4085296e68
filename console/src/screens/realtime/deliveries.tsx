// What came in real time, with what became of it; and a sample of a payload, masked.
import { useState } from 'preact/hooks';
import { useApi, usePages } from '../../api';
import { duration } from '../../lib/format';
import { Await, ButtonLink, Card, Drawer, EmptyState, ErrorNote, JsonView, Pill, Skeleton, Table, Time, type Column } from '../../ui';
import { labelOf, toneOf } from '../runs/model';
import { pathOf, type Delivery } from './model';

const doors: Record<string, string> = { webhook: 'Webhook', stream: 'Stream' };

const columns: Column<Delivery>[] = [
	{ key: 'received', title: 'Received', cell: (it) => <Time at={it.received} /> },
	{ key: 'event', title: 'Event', cell: (it) => <code>{it.event ?? 'none'}</code> },
	{ key: 'from', title: 'From', cell: (it) => `${it.side === 'crm' ? 'Salesforce' : 'EMR'}, ${(doors[it.door] ?? it.door).toLowerCase()}` },
	{
		key: 'record',
		title: 'Record',
		cell: (it) => (
			<a href={`/staged/${it.id}`}>
				<code>{it.record_id ?? 'unknown'}</code>
			</a>
		),
	},
	{
		key: 'outcome',
		title: 'Outcome',
		cell: (it) => (
			<Pill tone={toneOf(it.outcome)} title={it.reason ?? undefined}>
				{it.state === 'superseded' ? 'Superseded' : labelOf(it.outcome)}
			</Pill>
		),
		grow: true,
	},
	{ key: 'error', title: 'Error', cell: (it) => it.error_code && <code>{it.error_code}</code> },
	{ key: 'took', title: 'Took', num: true, cell: (it) => (it.took_ms === null ? '' : duration(it.took_ms)) },
];

export function Deliveries({ sync }: { sync: string }) {
	const pages = usePages<Delivery>(`/syncs/${encodeURIComponent(sync)}/deliveries`, { topics: ['realtime'], limit: 25 });
	return (
		<Card
			title="Deliveries"
			flush
			facts="what came in real time, youngest first"
			actions={
				<ButtonLink small href={`/staged?sync=${encodeURIComponent(sync)}`} icon="inbox">
					All payloads
				</ButtonLink>
			}
		>
			<ErrorNote error={pages.error} />
			{pages.state === 'loading' ? (
				<Skeleton lines={4} />
			) : (
				<Table
					label="Deliveries"
					columns={columns}
					rows={pages.items}
					rowKey={(it) => String(it.id)}
					more={pages.more}
					empty={
						<EmptyState title="Nothing came yet" icon="zap">
							Change a record in the EMR or in Salesforce: it shows up here within a second.
						</EmptyState>
					}
				/>
			)}
		</Card>
	);
}

interface Sampled extends Delivery {
	body: unknown;
}

export function SampleDrawer({ sync, event, onClose }: { sync: string; event: string; onClose: () => void }) {
	const [path] = useState(`${pathOf(sync)}/sample?event=${encodeURIComponent(event)}`);
	const sample = useApi<Sampled>(path);
	return (
		<Drawer title={`A payload of ${event}`} open onClose={onClose}>
			<p class="muted">
				The youngest one that came, with its names and shape. Values are masked: the payload’s own page reveals them to those who may see them.
			</p>
			<Await of={sample}>{({ body }) => <JsonView label="Payload" value={body} />}</Await>
		</Drawer>
	);
}

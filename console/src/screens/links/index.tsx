// Links: pairs of records by state, and the way to link two by searching both sides.
import { useApi, usePages } from '../../api';
import { usePlace } from '../../router';
import {
	ButtonLink,
	Card,
	EmptyState,
	ErrorState,
	FilterBar,
	FilterSegments,
	FilterText,
	PageHeader,
	Pill,
	Skeleton,
	Table,
	Time,
	type Column,
} from '../../ui';
import { RecordLink, SyncChoice, howText, useSync } from '../records/parts';
import { storyPath, type Link } from '../records/types';

const names = ['state', 'emr', 'crm'];
const words: Record<Link['state'], string> = { linked: 'Linked', making: 'Sending', ended: 'Unlinked' };

const columnsOf = (sync: string): Column<Link>[] => [
	{ key: 'emr', title: 'EMR record', cell: (link) => <RecordLink sync={sync} side="emr" record={link.emr_id} /> },
	{ key: 'crm', title: 'Salesforce record', cell: (link) => <RecordLink sync={sync} side="crm" record={link.crm_id} /> },
	{ key: 'state', title: 'State', cell: (link) => (link.stopped ? <Pill tone="warn">Stopped</Pill> : <Pill>{words[link.state]}</Pill>) },
	{ key: 'how', title: 'How, or why it ended', grow: true, cell: (link) => link.stopped ?? link.ended_why ?? howText(link.how) },
	{ key: 'created', title: 'Since', cell: (link) => <Time at={link.created} /> },
	{ key: 'settled', title: 'Last settled', cell: (link) => <Time at={link.settled} never="Not yet" /> },
];

interface Counts {
	items: { sync: string; several: number; linked: number }[];
}

function Waiting({ sync }: { sync: string }) {
	const counts = useApi<Counts>('/review', { topics: ['review'] });
	const mine = counts.data?.items.find((item) => item.sync === sync);
	if (!mine) return null;
	return (
		<div class="tiles">
			<a class="tile" href={`/review?sync=${encodeURIComponent(sync)}`}>
				<strong>{mine.several}</strong> Several fit
			</a>
			<a class="tile" href={`/review?sync=${encodeURIComponent(sync)}&kind=linked`}>
				<strong>{mine.linked}</strong> Fit, but linked already
			</a>
		</div>
	);
}

export default function Links() {
	const of = useSync();
	const { query } = usePlace();
	const sync = of.sync?.name;
	const state = query.get('state') || 'linked';
	const asked = new URLSearchParams({ state });
	for (const name of ['emr', 'crm']) if (query.get(name)) asked.set(name, query.get(name) ?? '');
	const pages = usePages<Link>(sync ? `/syncs/${encodeURIComponent(sync)}/links?${asked}` : null, { topics: ['syncs'] });
	const hrefOf = (link: Link) =>
		link.crm_id ? storyPath(sync ?? '', 'crm', link.crm_id) : link.emr_id ? storyPath(sync ?? '', 'emr', link.emr_id) : undefined;
	return (
		<>
			<PageHeader
				title="Links"
				facts="Who is whom in both systems. A record has at most one link."
				actions={
					sync && (
						<ButtonLink href={`/links/${encodeURIComponent(sync)}`} icon="link" kind="primary">
							Link two records
						</ButtonLink>
					)
				}
			/>
			{sync && <Waiting sync={sync} />}
			<Card flush>
				<FilterBar names={names}>
					<SyncChoice of={of} />
					<FilterSegments
						name="state"
						label="State"
						options={[
							{ value: 'linked', label: 'Linked' },
							{ value: 'making', label: 'In the making' },
							{ value: 'stopped', label: 'Stopped' },
							{ value: 'ended', label: 'Ended' },
						]}
					/>
					<FilterText name="emr" label="EMR id" />
					<FilterText name="crm" label="Salesforce id" />
				</FilterBar>
				{pages.state === 'error' && pages.error ? (
					<ErrorState error={pages.error} retry={pages.refetch} />
				) : pages.state === 'loading' || !sync ? (
					<Skeleton lines={6} />
				) : (
					<Table
						label="Links"
						columns={columnsOf(sync)}
						rows={pages.items}
						rowKey={(link) => String(link.id)}
						href={hrefOf}
						more={pages.more}
						empty={
							<EmptyState title="No pair is like this">An import links who is the same in both systems; two records can be linked by hand, too.</EmptyState>
						}
					/>
				)}
			</Card>
		</>
	);
}

// The review queue: cases that wait for a person, by kind, worked through with the keyboard.
import { useState } from 'preact/hooks';
import { api, useApi, usePages } from '../../api';
import { count } from '../../lib/format';
import { useQuery } from '../../router';
import { useDenied } from '../../session';
import {
	Button,
	Card,
	EmptyState,
	ErrorState,
	FilterBar,
	FilterSegments,
	PageHeader,
	SelectionBar,
	Skeleton,
	Table,
	Time,
	ask,
	toast,
	toastError,
	type Column,
} from '../../ui';
import { RecordLink, SyncChoice, useSync } from '../records/parts';
import { kinds, kindText, casePath, type Case, type CaseCounts } from './cases';

const columnsOf = (sync: string): Column<Case>[] => [
	{ key: 'case', title: 'Case', cell: (one) => <a href={casePath(sync, one)}>{`${kindText(one.kind).title} ${one.id}`}</a> },
	{ key: 'record', title: 'Record', cell: (one) => <RecordLink sync={sync} side={one.side} record={one.record} /> },
	{ key: 'others', title: 'Others', cell: (one) => count(one.others.length, 'record') },
	{ key: 'reason', title: 'Why', grow: true, cell: (one) => one.reason ?? '' },
	{ key: 'at', title: 'Waits since', cell: (one) => <Time at={one.at} /> },
];

function Bulk({ sync, rows, clear, done }: { sync: string; rows: Case[]; clear: () => void; done: () => void }) {
	const denied = useDenied('work');
	const near = rows.some((row) => row.kind === 'near');
	const close = async () => {
		const text = near
			? 'These pairs are two people each: they are never suggested again, and never linked by themselves.'
			: 'The records stay as they are. A case opens again when others fit.';
		const why = await ask({
			title: `${near ? 'Never match' : 'Leave'} ${count(rows.length, 'case')}${near ? '' : ' as they are'}?`,
			text,
			action: near ? 'Never match these' : 'Leave as they are',
			reason: 'required',
		});
		if (why === null) return;
		for (const row of rows) await api(`${casePathOfApi(sync, row)}/close`, { method: 'POST', body: { why } });
		toast(`${count(rows.length, 'case')} closed`);
		clear();
		done();
	};
	return (
		<SelectionBar selected={rows.length} onClear={clear} of="case">
			<Button small why={denied} onClick={() => void close().catch(toastError)}>
				{near ? 'Never match these' : 'Leave as they are'}
			</Button>
		</SelectionBar>
	);
}

const casePathOfApi = (sync: string, one: Case) => `/syncs/${encodeURIComponent(sync)}/review/${one.kind}/${one.id}`;

export default function Review() {
	const of = useSync();
	const sync = of.sync?.name;
	const [kind] = useQuery('kind', 'several');
	const [selected, setSelected] = useState<Set<string>>(new Set());
	const counts = useApi<{ items: CaseCounts[] }>('/review', { topics: ['review'] });
	const mine = counts.data?.items.find((item) => item.sync === sync);
	const pages = usePages<Case>(sync ? `/syncs/${encodeURIComponent(sync)}/review/${kind}` : null, { topics: ['review'] });
	const text = kindText(kind);
	return (
		<>
			<PageHeader title="Review" facts="Nobody is linked by a guess. What is not clear waits here for a person." />
			<Card flush>
				<FilterBar names={['kind']}>
					<SyncChoice of={of} />
					<FilterSegments name="kind" label="Kind of case" options={kinds.map(({ kind: value, title }) => ({ value, label: title, count: mine?.[value] }))} />
				</FilterBar>
				<Bulk sync={sync ?? ''} rows={pages.items.filter((row) => selected.has(String(row.id)))} clear={() => setSelected(new Set())} done={pages.refetch} />
				{pages.state === 'error' && pages.error ? (
					<ErrorState error={pages.error} retry={pages.refetch} />
				) : pages.state === 'loading' || !sync ? (
					<Skeleton lines={4} />
				) : (
					<Table
						label="Cases"
						columns={columnsOf(sync)}
						rows={pages.items}
						rowKey={(one) => String(one.id)}
						href={(one) => casePath(sync, one)}
						selected={selected}
						onSelect={setSelected}
						more={pages.more}
						empty={
							<EmptyState title="Nothing waits here" icon="circle-check">
								{text.what}
							</EmptyState>
						}
					/>
				)}
			</Card>
		</>
	);
}

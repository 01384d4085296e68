// The records of a run, any number of them, each with what became of it and why. No patient data: ids, outcomes, field names.
import { useState } from 'preact/hooks';
import { usePages } from '../../api';
import { number } from '../../lib/format';
import { useQuery } from '../../router';
import { ButtonLink, Card, Drawer, EmptyState, ErrorNote, Facts, Id, Pill, Skeleton, Time, VirtualTable, type Column } from '../../ui';
import { isUnderWay, labelOf, sumOf, toneOf, type Result, type RunFigures } from './model';

const columns: Column<Result>[] = [
	{ key: 'record', title: 'Record', cell: (row) => <code>{row.record_id ?? 'unknown'}</code> },
	{ key: 'outcome', title: 'Outcome', cell: (row) => <Pill tone={toneOf(row.outcome)}>{labelOf(row.outcome)}</Pill> },
	{ key: 'reason', title: 'Why', cell: (row) => [row.reason, row.error_code].filter(Boolean).join(' · '), grow: true },
	{ key: 'field', title: 'Field', cell: (row) => row.error_field },
];

function Details({ row, onClose }: { row: Result; onClose: () => void }) {
	return (
		<Drawer
			title="Record of this run"
			open
			onClose={onClose}
			footer={
				<ButtonLink href={`/staged/${row.id}`} icon="file-text">
					Open its payload
				</ButtonLink>
			}
		>
			<Facts
				items={[
					[
						'Record',
						row.record_id ? (
							<Id key="id" what="record id">
								{row.record_id}
							</Id>
						) : (
							'Unknown'
						),
					],
					['Side', row.side === 'crm' ? 'Salesforce' : 'EMR'],
					[
						'Outcome',
						<Pill key="outcome" tone={toneOf(row.outcome)}>
							{labelOf(row.outcome)}
						</Pill>,
					],
					['Why', row.reason ?? 'Not decided yet'],
					['Error code', row.error_code ? <code key="code">{row.error_code}</code> : 'None'],
					['Field', row.error_field ?? 'None'],
					['Attempts', String(row.attempts)],
					['Read', <Time key="read" at={row.received} />],
				]}
			/>
		</Drawer>
	);
}

function Downloads({ run, outcome }: { run: RunFigures; outcome: string }) {
	const base = `/api/v1/runs/${run.id}/results.csv`;
	return (
		<>
			<ButtonLink small icon="download" download href={outcome ? `${base}?outcome=${outcome}` : base}>
				{outcome ? `Download ${labelOf(outcome).toLowerCase()}` : 'Download results'}
			</ButtonLink>
			{run.failed > 0 && outcome !== 'failed' && (
				<ButtonLink small icon="download" download href={`${base}?outcome=failed`}>
					Download errors
				</ButtonLink>
			)}
		</>
	);
}

export function Results({ run }: { run: RunFigures }) {
	const [outcome] = useQuery('outcome');
	const [open, setOpen] = useState<Result>();
	const live = isUnderWay(run);
	const pages = usePages<Result>(`/runs/${run.id}/results${outcome ? `?outcome=${outcome}` : ''}`, { limit: live ? 50 : 500, topics: live ? ['runs'] : [] });
	const total = outcome ? (run.counts[outcome] ?? 0) : sumOf(run.counts);
	const shown = live || !pages.more ? pages.items.length : Math.max(total, pages.items.length);
	const onRange = (_: number, to: number) => {
		if (!live && to > pages.items.length && !pages.busy) pages.more?.();
	};
	return (
		<Card
			title="Results"
			flush
			facts={live ? `The first ${number(shown)} of ${number(total)}` : number(total)}
			actions={<Downloads run={run} outcome={outcome} />}
		>
			<ErrorNote error={pages.error} />
			{pages.state === 'loading' ? (
				<Skeleton lines={5} />
			) : (
				<VirtualTable
					label="Records of this run"
					columns={columns}
					total={shown}
					rowAt={(index) => pages.items[index]}
					onRange={onRange}
					onOpen={setOpen}
					empty={
						<EmptyState title={outcome ? `No record is “${labelOf(outcome)}”` : 'No record was read yet'}>
							{outcome ? 'Choose another tile above.' : 'Records are listed here as they are read.'}
						</EmptyState>
					}
				/>
			)}
			{open && <Details row={open} onClose={() => setOpen(undefined)} />}
		</Card>
	);
}

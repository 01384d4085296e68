// The story of one pair, or of one record without a counterpart, across both systems: why does this field have this value?
import { useEffect, useState } from 'preact/hooks';
import { api, useAction, useApi, usePages } from '../../api';
import { sentence } from '../../lib/format';
import type { ScreenProps } from '../../screens';
import { useDenied } from '../../session';
import {
	Await,
	Button,
	ButtonLink,
	Card,
	Drawer,
	EmptyState,
	ErrorNote,
	ErrorState,
	Facts,
	Masked,
	Notice,
	PageHeader,
	Pill,
	RevealButton,
	Skeleton,
	Table,
	Time,
	toast,
	useReveal,
	type Column,
} from '../../ui';
import { howText } from '../records/parts';
import { linkPath, other, outcomeWord, recordName, storyPath, type Link, type Side, type Wished } from '../records/types';
import { MomentText, type Moment } from './moments';

interface StoryOf {
	sync: string;
	side: Side;
	emr_id: string | null;
	crm_id: string | null;
	linked: boolean;
	link: Link | null;
}

export interface FieldDecision {
	name: string;
	emr_path: string | null;
	direction: string;
	winner: string;
	known: boolean;
	moved: boolean;
	rule?: string;
	reason?: string | null;
	at?: string | null;
	payload?: number | null;
	to_emr?: boolean;
	to_crm?: boolean;
	conflict?: boolean;
	waits?: boolean;
	by_person?: boolean;
	emr?: string | null;
	crm?: string | null;
	before_emr?: string | null;
	before_crm?: string | null;
	after?: string | null;
	purged?: string | null;
}
interface Revealed {
	items: FieldDecision[];
	history: FieldDecision[];
}

const policies: Record<string, string> = { emr: 'EMR', crm: 'Salesforce', newest: 'The newest', review: 'A person' };

function went(field: FieldDecision): string {
	if (field.to_emr && field.to_crm) return 'To both';
	if (field.to_crm) return 'To Salesforce';
	if (field.to_emr) return 'To the EMR';
	return 'Nowhere';
}

function Decided({ field }: { field: FieldDecision }) {
	if (!field.moved) return <span class="muted">{field.known ? 'As the pair was made with it' : 'Never agreed on'}</span>;
	return (
		<span>
			{sentence(field.reason ?? '')} <code>{field.rule}</code> {went(field)},{' '}
			<a href={`/staged/${field.payload}`}>
				<Time at={field.at} />
			</a>{' '}
			{field.by_person && <Pill tone="info">A person decided</Pill>} {field.waits && <Pill>Needs review</Pill>}
		</span>
	);
}

function HeldThen({ row }: { row: FieldDecision }) {
	if (row.purged)
		return (
			<p class="muted">
				What both held was purged on <Time at={row.purged} />, as it is old.
			</p>
		);
	return (
		<Facts
			items={[
				['The EMR held', <Masked value={row.emr} shown />],
				['Salesforce held', <Masked value={row.crm} shown />],
				['Agreed before', <Masked value={row.before_crm ?? row.before_emr} shown />],
				[row.waits ? 'Waits for a person' : `Came to be (${went(row).toLowerCase()})`, <Masked value={row.after} shown />],
			]}
		/>
	);
}

function FieldHistory({ name, rows, onClose }: { name: string; rows: FieldDecision[] | undefined; onClose: () => void }) {
	const mine = rows?.filter((row) => row.name === name);
	return (
		<Drawer title={`History of ${name}`} open={rows !== undefined} onClose={onClose}>
			{mine?.length === 0 && <p>Nothing has moved this field since the pair was made: it has the value that it came with.</p>}
			<ol class="stack">
				{mine?.map((row) => (
					<li key={`${row.payload} ${row.at}`} class="stack">
						<div class="row">
							<Time at={row.at} /> <a href={`/staged/${row.payload}`}>Payload {row.payload}</a> <code>{row.rule}</code>{' '}
							{row.conflict && <Pill tone="warn">Conflict</Pill>}
						</div>
						<div>{sentence(row.reason ?? '')}</div>
						<HeldThen row={row} />
					</li>
				))}
			</ol>
		</Drawer>
	);
}

/** Wide enough for a date or a name. */
const Held = (props: { value: string | null | undefined; shown: boolean }) => (
	<span class="held">
		<Masked {...props} />
	</span>
);

function Fields({ base }: { base: string }) {
	const fields = useApi<{ items: FieldDecision[] }>(`${base}/fields`, { topics: ['syncs'] });
	const revealed = useReveal<Revealed>(`${base}/reveal`, 'POST');
	const [open, setOpen] = useState('');
	const values = revealed.values;
	const valueOf = (name: string) => values?.items.find((item) => item.name === name);
	const columns: Column<FieldDecision>[] = [
		{
			key: 'name',
			title: 'Field',
			cell: (field) => (
				<span>
					{field.name}{' '}
					{field.direction === 'emr_to_crm' && (
						<Pill tone="idle" icon="lock">
							EMR only
						</Pill>
					)}
				</span>
			),
		},
		{ key: 'emr', title: 'EMR', cell: (field) => <Held value={valueOf(field.name)?.emr} shown={values !== undefined} /> },
		{ key: 'crm', title: 'Salesforce', cell: (field) => <Held value={valueOf(field.name)?.crm} shown={values !== undefined} /> },
		{ key: 'why', title: 'Why it has this value', grow: true, cell: (field) => <Decided field={field} /> },
		{ key: 'winner', title: 'In a conflict', cell: (field) => policies[field.winner] ?? field.winner },
		{
			key: 'history',
			title: 'History',
			cell: (field) => (
				<Button
					small
					kind="quiet"
					class="no-break"
					why={values ? undefined : (revealed.why ?? 'Reveal the values first: a history is patient data')}
					onClick={() => setOpen(field.name)}
				>
					History
				</Button>
			),
		},
	];
	return (
		<Card
			title="Fields"
			facts="The last decision about each; values as they are compared: trimmed, folded, dates and numbers in one form"
			actions={<RevealButton of={revealed} />}
			flush
		>
			<Await of={fields}>{({ items }) => <Table label="Fields" columns={columns} rows={items} rowKey={(field) => field.name} />}</Await>
			{open && values && <FieldHistory name={open} rows={values.history} onClose={() => setOpen('')} />}
		</Card>
	);
}

function SyncNow({ of, done }: { of: StoryOf; done: () => void }) {
	const denied = useDenied('work');
	const sync = useAction(async (side: Side) => {
		const record = side === 'emr' ? of.emr_id : of.crm_id;
		const wished = await api<Wished>(`/syncs/${encodeURIComponent(of.sync)}/links`, { method: 'POST', body: { wish: 'sync', side, record } });
		if (wished.state === 'failed') toast({ tone: 'bad', text: sentence(wished.reason ?? 'It failed') });
		else toast(wished.waits ? 'Queued' : outcomeWord(wished.outcome));
		done();
	});
	const button = (side: Side) => (
		<Button
			icon="refresh-cw"
			busy={sync.busy}
			why={denied ?? ((side === 'emr' ? of.emr_id : of.crm_id) ? undefined : `There is no ${recordName[side]}`)}
			onClick={() => void sync.run(side)}
		>
			Read the {recordName[side]} now
		</Button>
	);
	return (
		<>
			{button('emr')}
			{button('crm')}
			<ErrorNote error={sync.error} />
		</>
	);
}

function Pair({ of }: { of: StoryOf }) {
	const link = of.link;
	return (
		<Card title="The pair">
			<Facts
				items={[
					[
						'EMR record',
						of.emr_id ? (
							<a href={storyPath(of.sync, 'emr', of.emr_id)}>
								<code>{of.emr_id}</code>
							</a>
						) : (
							'None'
						),
					],
					[
						'Salesforce record',
						of.crm_id ? (
							<a href={storyPath(of.sync, 'crm', of.crm_id)}>
								<code>{of.crm_id}</code>
							</a>
						) : (
							'None'
						),
					],
					['State', of.linked ? <Pill>Linked</Pill> : <Pill tone="idle">Not linked</Pill>],
					['How they came together', link ? howText(link.how) : 'They have not'],
					['Since', <Time at={link?.created} never="–" />],
					['Last settled', <Time at={link?.settled} never="Not yet" />],
				]}
			/>
			{link?.stopped && <Notice tone="warn">Stopped: {sentence(link.stopped)}</Notice>}
		</Card>
	);
}

function Story({ base, refresh }: { base: string; refresh: number }) {
	const pages = usePages<Moment>(`${base}/timeline`, { topics: ['syncs', 'payloads_failed'], limit: 60 });
	const [all, setAll] = useState(true);
	useEffect(() => {
		if (refresh) pages.refetch();
	}, [refresh]);
	const items = all ? pages.items : pages.items.filter((moment) => moment.kind === 'payload' || moment.kind === 'linked' || moment.kind === 'ended');
	return (
		<Card
			title="What happened"
			facts="The youngest first"
			flush
			actions={
				<Button small kind="quiet" aria-pressed={!all} onClick={() => setAll(!all)}>
					Only payloads and links
				</Button>
			}
		>
			{pages.state === 'loading' && <Skeleton lines={6} />}
			{pages.state === 'error' && pages.error && <ErrorState error={pages.error} retry={pages.refetch} />}
			{pages.state === 'ready' && items.length === 0 && (
				<EmptyState title="Nothing is known of this record yet">It was neither read nor linked. An import or “read it now” begins its story.</EmptyState>
			)}
			<ol class="story" aria-label="What happened">
				{items.map((moment, index) => (
					<li key={`${moment.kind} ${moment.at} ${index}`}>
						<Time at={moment.at} />
						<div class="moment">
							<MomentText moment={moment} />
						</div>
					</li>
				))}
			</ol>
			{pages.more && (
				<div class="table-more row">
					<Button small busy={pages.busy} onClick={pages.more}>
						Show older
					</Button>
				</div>
			)}
		</Card>
	);
}

export default function Timeline({ params }: ScreenProps) {
	const { sync = '', record = '' } = params;
	const side: Side = params.side === 'crm' ? 'crm' : 'emr';
	const base = `/syncs/${encodeURIComponent(sync)}/records/${side}/${encodeURIComponent(record)}`;
	const [turn, setTurn] = useState(0);
	const head = useApi<{ of: StoryOf }>(`${base}/timeline?limit=1`, { topics: ['syncs'] });
	const of = head.data?.of;
	const done = () => {
		head.refetch();
		setTurn((old) => old + 1);
	};
	return (
		<>
			<PageHeader
				title={`Story of ${recordName[side]} ${record}`}
				trail={[{ href: '/links', label: 'Links' }]}
				facts={of && (of.linked ? `Linked with ${recordName[other(side)]} ${side === 'emr' ? of.crm_id : of.emr_id}` : 'Not linked')}
				actions={
					of && (
						<>
							<SyncNow of={of} done={done} />
							<ButtonLink href={linkPath(sync, side, record)} icon={of.linked ? 'unplug' : 'link'} kind="primary">
								{of.linked ? 'Change the link' : 'Link it'}
							</ButtonLink>
						</>
					)
				}
			/>
			<Await of={head}>
				{(known) => (
					<>
						<Pair of={known.of} />
						{known.of.link && <Fields base={base} />}
						<Story base={base} refresh={turn} />
					</>
				)}
			</Await>
		</>
	);
}

// Fields that both sides changed: those that wait for a person, and what was decided before. Values are shown one conflict at a time.
import { useState } from 'preact/hooks';
import { api, useAction, useApi, usePages } from '../api';
import { count } from '../lib/format';
import { useQuery } from '../router';
import { useDenied } from '../session';
import {
	ask,
	Await,
	Button,
	Card,
	Drawer,
	EmptyState,
	ErrorNote,
	ErrorState,
	Facts,
	FilterBar,
	FilterSegments,
	Id,
	Masked,
	PageHeader,
	Pill,
	Radios,
	RevealButton,
	Skeleton,
	Table,
	TextField,
	Time,
	toast,
	toastError,
	useReveal,
	type Column,
} from '../ui';

interface Conflict {
	id: number;
	sync: string | null;
	emr_id: string | null;
	crm_id: string | null;
	field: string;
	winner: string | null;
	state: 'waiting' | 'under_way' | 'decided';
	policy_version: number;
	at: string | null;
	decided_by: string | null;
	decided: string | null;
	why: string | null;
	payload: number | null;
}

interface Sides {
	base: string | null;
	emr: string | null;
	crm: string | null;
}

interface Outcome {
	decided: number;
	settled: number;
	again: number;
}

type By = 'emr' | 'crm' | 'value';

const states = { waiting: 'Needs review', under_way: 'Running', decided: 'Completed' } as const;
const sides: Record<string, string> = { emr: 'EMR', crm: 'Salesforce', newest: 'Newest', review: 'A person', value: 'A value given' };

function told({ settled, again, decided }: Outcome): string {
	if (again) return 'A value was changed meanwhile: it waits for a new decision';
	return settled < decided ? 'Decided; it will be carried out' : 'Decided and carried out';
}

function Decide({ conflict, onDone }: { conflict: Conflict; onDone: () => void }) {
	const sidesOf = useReveal<Sides>(`/conflicts/${conflict.id}/reveal`, 'POST');
	const [by, setBy] = useState<By>('emr');
	const [value, setValue] = useState('');
	const [why, setWhy] = useState('');
	const denied = useDenied('work');
	const decide = useAction(async () => {
		const outcome = await api<Outcome>(`/conflicts/${conflict.id}/decide`, { method: 'POST', body: { by, why, ...(by === 'value' ? { value } : {}) } });
		toast({ text: told(outcome), tone: outcome.again ? 'info' : 'good' });
		onDone();
	});
	const shown = sidesOf.values !== undefined;
	const row = (name: string, text: string | null | undefined) => [name, <Masked key={name} value={text} shown={shown} />] as const;
	return (
		<div class="stack">
			<Facts
				items={[
					['State', <Pill key="s">{states[conflict.state]}</Pill>],
					[
						'EMR record',
						<Id key="e" what="EMR id">
							{conflict.emr_id ?? ''}
						</Id>,
					],
					[
						'Salesforce record',
						<Id key="c" what="Salesforce id">
							{conflict.crm_id ?? ''}
						</Id>,
					],
					['Noted', <Time key="t" at={conflict.at} />],
					[
						'Story',
						conflict.sync && conflict.emr_id ? (
							<a href={`/records/${encodeURIComponent(conflict.sync)}/emr/${encodeURIComponent(conflict.emr_id)}`}>What happened to this pair</a>
						) : (
							'None'
						),
					],
					row('Both agreed on', sidesOf.values?.base),
					row('EMR', sidesOf.values?.emr),
					row('Salesforce', sidesOf.values?.crm),
				]}
			/>
			<div class="row">
				<RevealButton of={sidesOf} what="both values" />
			</div>
			<Radios
				label={conflict.state === 'decided' ? 'Overrule it: who is right?' : 'Who is right?'}
				value={by}
				onValue={setBy}
				options={[
					{ value: 'emr', label: 'The EMR' },
					{ value: 'crm', label: 'Salesforce' },
					{ value: 'value', label: 'Neither: this value', hint: 'It is written to both sides.' },
				]}
			/>
			{by === 'value' && <TextField label="Value" value={value} onValue={setValue} autoComplete="off" />}
			<TextField label="Reason" value={why} onValue={setWhy} hint="It stands in the audit trail." />
			<ErrorNote error={decide.error} />
			<div class="row">
				<Button kind="primary" busy={decide.busy} why={denied} onClick={() => void decide.run()}>
					Decide
				</Button>
			</div>
		</div>
	);
}

function DecideAll({ sync, onDone }: { sync: string; onDone: () => void }) {
	const denied = useDenied('work');
	const all = async (by: 'emr' | 'crm') => {
		const why = await ask({
			title: `Decide all of ${sync} for ${sides[by]}?`,
			text: 'Each conflict of this sync that waits is decided alike, and the values are written. A single one can be overruled later with the values of then.',
			action: 'Decide all',
			danger: true,
			reason: 'required',
		});
		if (why === null) return;
		try {
			const { settled, again } = await api<Outcome>(`/syncs/${encodeURIComponent(sync)}/conflicts/decide`, { method: 'POST', body: { by, why } });
			toast(`${count(settled, 'conflict')} carried out${again ? `, ${again} wait for a new decision` : ''}`);
			onDone();
		} catch (error) {
			toastError(error);
		}
	};
	return (
		<>
			<Button why={denied} onClick={() => void all('emr')}>
				All for the EMR
			</Button>
			<Button why={denied} onClick={() => void all('crm')}>
				All for Salesforce
			</Button>
		</>
	);
}

const columns: Column<Conflict>[] = [
	{ key: 'field', title: 'Field', grow: true, cell: (it) => it.field },
	{ key: 'state', title: 'State', cell: (it) => <Pill>{states[it.state]}</Pill> },
	{ key: 'winner', title: 'Right was', cell: (it) => (it.state === 'waiting' ? '' : (sides[it.winner ?? ''] ?? it.winner)) },
	{ key: 'emr', title: 'EMR record', cell: (it) => <code>{it.emr_id}</code> },
	{ key: 'crm', title: 'Salesforce record', cell: (it) => <code>{it.crm_id}</code> },
	{ key: 'at', title: 'Noted', cell: (it) => <Time at={it.at} /> },
	{ key: 'who', title: 'Decided by', cell: (it) => it.decided_by ?? (it.state === 'decided' ? 'the policy' : '') },
];

export default function Conflicts() {
	const [show] = useQuery('show', 'waiting');
	const [sync] = useQuery('sync');
	const [open, setOpen] = useQuery('id');
	const query = new URLSearchParams({ ...(show === 'waiting' ? { waiting: '1' } : {}), ...(sync ? { sync } : {}) });
	const pages = usePages<Conflict>(`/conflicts?${query}`);
	const one = useApi<Conflict>(open ? `/conflicts/${open}` : null);
	const syncs = [...new Set(pages.items.map((it) => it.sync).filter((name): name is string => Boolean(name)))];
	const done = () => {
		setOpen('');
		pages.refetch();
	};
	return (
		<>
			<PageHeader
				title="Conflicts"
				facts="Fields that both sides changed. Most are decided by the policy; these wait for you."
				actions={show === 'waiting' && syncs.length === 1 && syncs[0] ? <DecideAll sync={syncs[0]} onDone={pages.refetch} /> : undefined}
			/>
			<Card flush>
				<FilterBar names={['show', 'sync']} count={pages.more ? `${pages.items.length} and more` : count(pages.items.length, 'conflict')}>
					<FilterSegments
						name="show"
						label="Which conflicts"
						options={[
							{ value: 'waiting', label: 'Waiting' },
							{ value: 'all', label: 'All' },
						]}
					/>
				</FilterBar>
				{pages.state === 'loading' && <Skeleton />}
				{pages.state === 'error' && pages.error && <ErrorState error={pages.error} retry={pages.refetch} />}
				{pages.state === 'ready' && (
					<Table
						label="Conflicts"
						columns={columns}
						rows={pages.items}
						rowKey={(it) => String(it.id)}
						onOpen={(it) => setOpen(String(it.id))}
						current={open}
						more={pages.more}
						busy={pages.busy}
						empty={
							<EmptyState title={show === 'waiting' ? 'Nothing waits for a decision' : 'Both sides never changed the same field'} icon="circle-check">
								A field waits here when its policy says that a person decides.
							</EmptyState>
						}
					/>
				)}
			</Card>
			<Drawer title={one.data ? `Conflict about ${one.data.field}` : 'Conflict'} open={Boolean(open)} onClose={() => setOpen('')}>
				<Await of={one}>{(conflict) => <Decide key={conflict.id} conflict={conflict} onDone={done} />}</Await>
			</Drawer>
		</>
	);
}

// Schedules: what runs by itself. A rule is said back in words with its next runs before it is kept.
import { useEffect, useState } from 'preact/hooks';
import { api, asApiError, useAction, useApi, type ApiError } from '../api';
import { count, fullTime } from '../lib/format';
import { useLater } from '../lib/hooks';
import { navigate, useQuery, withQuery } from '../router';
import { useDenied } from '../session';
import {
	ask,
	Await,
	Button,
	Card,
	confirm,
	Dialog,
	EmptyState,
	ErrorNote,
	Menu,
	PageHeader,
	Pill,
	SchedulePicker,
	Select,
	Table,
	Time,
	toast,
	toastError,
	type Column,
	type Schedule as Rule,
} from '../ui';

interface Schedule {
	id: number;
	sync: string | null;
	what: 'delta' | 'import' | 'csv';
	rule: string;
	zone: string | null;
	words: string;
	state: string;
	next: string[];
	last: string | null;
	who: string | null;
}
interface Said {
	words: string;
	next: string[];
	zone: string | null;
}

const whats = { delta: 'Changes only', import: 'Sync Data', csv: 'Contacts to patients (CSV)' };

/** What the service makes of a rule, a little after it stopped changing. */
function useSaid(rule: Rule): { said: Said | undefined; error: ApiError | undefined } {
	const [answer, setAnswer] = useState<{ said?: Said; error?: ApiError }>({});
	const asked = useLater(`${rule.rule}\n${rule.zone}`);
	useEffect(() => {
		const [text = '', zone = ''] = asked.split('\n');
		const abort = new AbortController();
		if (!text.trim()) return undefined;
		api<Said>('/schedules/preview', { method: 'POST', body: { rule: text, zone }, signal: abort.signal })
			.then((said) => setAnswer({ said }))
			.catch((error: unknown) => !abort.signal.aborted && setAnswer({ error: asApiError(error) }));
		return () => abort.abort();
	}, [asked]);
	return { said: answer.said, error: answer.error };
}

function Preview({ said }: { said: Said }) {
	return (
		<>
			<strong>Runs {said.words}.</strong>{' '}
			{said.next.length === 0 ? 'It has no run to come.' : `The next ${said.next.length === 1 ? 'run' : `${said.next.length} runs`}, in your time zone:`}
			<ul>
				{said.next.map((at) => (
					<li key={at}>{fullTime(at)}</li>
				))}
			</ul>
			<span class="muted">The rule counts in {said.zone || 'UTC'}.</span>
		</>
	);
}

interface EditorProps {
	schedule: Schedule | undefined;
	syncs: { name: string }[];
	wanted: { sync: string; what: string };
	onClose: () => void;
	onSaved: () => void;
}

function Editor({ schedule, syncs, wanted, onClose, onSaved }: EditorProps) {
	const [rule, setRule] = useState<Rule>({
		rule: schedule?.rule ?? 'daily at 02:00',
		zone: schedule?.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
	});
	const [what, setWhat] = useState(wanted.what === 'delta' ? 'delta' : 'import');
	const [sync, setSync] = useState(wanted.sync || (syncs[0]?.name ?? ''));
	const { said, error } = useSaid(rule);
	const save = useAction(async () => {
		const body = { rule: rule.rule, zone: rule.zone };
		if (schedule) await api(`/schedules/${schedule.id}`, { method: 'PUT', body });
		else await api(`/syncs/${encodeURIComponent(sync)}/schedules`, { method: 'POST', body: { ...body, what } });
		onSaved();
	});
	return (
		<Dialog
			wide
			title={schedule ? `Change when ${whats[schedule.what]} runs` : 'Schedule Data Sync'}
			open
			onClose={onClose}
			onSubmit={() => void save.run()}
			footer={
				<>
					<Button onClick={onClose}>Cancel</Button>
					<Button kind="primary" type="submit" busy={save.busy} why={error ? 'The rule is not understood yet' : undefined}>
						{schedule ? 'Save' : 'Schedule'}
					</Button>
				</>
			}
		>
			<div class="stack">
				{!schedule && (
					<div class="grid is-form-row">
						<Select label="Object sync" value={sync} onValue={setSync} options={syncs.map(({ name }) => ({ value: name, label: name }))} />
						<Select
							label="What"
							value={what}
							onValue={setWhat}
							options={[
								{ value: 'import', label: 'Sync Data: all records' },
								{ value: 'delta', label: 'Changes only' },
							]}
						/>
					</div>
				)}
				<SchedulePicker value={rule} onValue={setRule} error={error && error.message} preview={said && !error && <Preview said={said} />} />
				<ErrorNote error={save.error} />
			</div>
		</Dialog>
	);
}

function useActs(refetch: () => void) {
	const act = async (schedule: Schedule, what: 'pause' | 'resume') => {
		try {
			await api(`/schedules/${schedule.id}/${what}`, { method: 'POST', body: {} });
			const back = what === 'pause' ? 'resume' : 'pause';
			toast({
				text: what === 'pause' ? 'Paused: it runs no more until it is resumed' : 'Resumed: it goes on with its next moment',
				undo: () => void act(schedule, back),
			});
			refetch();
		} catch (error) {
			toastError(error);
		}
	};
	const remove = async (schedule: Schedule) => {
		const why = await ask({
			title: 'Remove this schedule?',
			text: <p>It runs {schedule.words}. Runs that it started stay in the list of runs.</p>,
			action: 'Remove',
			danger: true,
			reason: true,
		});
		if (why === null) return;
		await api(`/schedules/${schedule.id}`, { method: 'DELETE', body: why ? { why } : {} }).then(() => toast('Removed'), toastError);
		refetch();
	};
	const runNow = async (schedule: Schedule) => {
		if (
			!schedule.sync ||
			schedule.what === 'csv' ||
			!(await confirm({
				title: 'Run it now?',
				text: (
					<p>
						{whats[schedule.what]} of {schedule.sync} begins at once; the schedule stays as it is.
					</p>
				),
				action: 'Run now',
			}))
		)
			return;
		await api<{ batch_id: string }>(`/syncs/${encodeURIComponent(schedule.sync)}/runs`, { method: 'POST', body: { kind: schedule.what } }).then(
			(run) => navigate(`/runs/${run.batch_id}`),
			toastError,
		);
	};
	return { act, remove, runNow };
}

function List({ items, refetch, onEdit }: { items: Schedule[]; refetch: () => void; onEdit: (schedule: Schedule) => void }) {
	const denied = useDenied('setup');
	const { act, remove, runNow } = useActs(refetch);
	const menu = (it: Schedule) => (
		<Menu
			label={`Schedule ${it.id}`}
			icon="ellipsis"
			items={[
				...(it.what === 'csv' ? [] : [{ label: 'Run now', run: () => void runNow(it) }]),
				{ label: 'Change when', run: () => onEdit(it), why: denied },
				it.state === 'paused'
					? { label: 'Resume', run: () => void act(it, 'resume'), why: denied }
					: { label: 'Pause', run: () => void act(it, 'pause'), why: denied },
				{ label: 'Remove', run: () => void remove(it), why: denied },
			]}
		/>
	);
	const columns: Column<Schedule>[] = [
		{ key: 'what', title: 'What', cell: (it) => whats[it.what] },
		{ key: 'sync', title: 'Object sync', cell: (it) => it.sync },
		{ key: 'when', title: 'When', cell: (it) => <span title={it.rule}>{it.words}</span>, grow: true },
		{ key: 'state', title: 'State', cell: (it) => <Pill>{it.state === 'active' ? 'Active' : it.state === 'paused' ? 'Paused' : 'Completed'}</Pill> },
		{ key: 'next', title: 'Next run', cell: (it) => <Time at={it.next[0] ?? null} never="None" /> },
		{ key: 'last', title: 'Ran last', cell: (it) => <Time at={it.last} never="Never" /> },
		{ key: 'who', title: 'Set up by', cell: (it) => it.who },
		{ key: 'menu', title: 'Actions', cell: menu },
	];
	return (
		<Table
			label="Schedules"
			columns={columns}
			rows={items}
			rowKey={(it) => String(it.id)}
			empty={
				<EmptyState title="Nothing is scheduled" icon="clock">
					A delta each 15 minutes is added by itself when a sync first runs.
				</EmptyState>
			}
		/>
	);
}

export default function Schedules() {
	const schedules = useApi<{ items: Schedule[] }>('/schedules', { topics: ['runs'] });
	const syncs = useApi<{ items: { name: string }[] }>('/syncs');
	const [wanted] = useQuery('new');
	const [wantedSync] = useQuery('sync');
	const [edited, setEdited] = useState<Schedule>();
	const denied = useDenied('setup');
	const close = () => {
		setEdited(undefined);
		void navigate(withQuery({ new: null, sync: null }), { replace: true });
	};
	const saved = () => {
		close();
		toast('The schedule is kept');
		schedules.refetch();
	};
	return (
		<>
			<PageHeader
				title="Schedules"
				trail={[{ href: '/runs', label: 'Runs' }]}
				facts={schedules.data && count(schedules.data.items.length, 'schedule')}
				actions={
					<Button kind="primary" icon="plus" why={denied} onClick={() => void navigate(withQuery({ new: 'import' }))}>
						Schedule Data Sync
					</Button>
				}
			/>
			<Card flush>
				<Await of={schedules}>{({ items }) => <List items={items} refetch={schedules.refetch} onEdit={setEdited} />}</Await>
			</Card>
			{(edited || (wanted && !denied)) && syncs.data && (
				<Editor schedule={edited} syncs={syncs.data.items} wanted={{ sync: wantedSync, what: wanted }} onClose={close} onSaved={saved} />
			)}
		</>
	);
}

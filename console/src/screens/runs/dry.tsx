// What an import would do, before it is done: both systems are read, nothing is written.
import { api, useAction, useApi } from '../../api';
import { count, number } from '../../lib/format';
import { useTopic } from '../../lib/hooks';
import { useDenied } from '../../session';
import { Button, ErrorNote, Notice, Progress, Time } from '../../ui';
import { outcomes, type Counts } from './model';

interface Dry {
	sync: string;
	kind: string;
	state: 'running' | 'done' | 'failed';
	error: string | null;
	ended: string | null;
	read: number;
	total: number | null;
	judged: number;
	counts: Counts;
	records_changed: number;
	fields_to_crm: number;
	fields_to_emr: number;
}
interface DryState {
	dry_run: Dry | null;
}

function Figures({ dry }: { dry: Dry }) {
	const shown = outcomes.filter(({ key }) => key !== 'waiting' && ((dry.counts[key] ?? 0) > 0 || key === 'created' || key === 'failed'));
	return (
		<div class="stack">
			<p>
				<strong>Nothing was written.</strong> Of {count(dry.judged, 'record')}, {number(dry.records_changed)} would be made, linked or changed:{' '}
				{count(dry.fields_to_crm, 'value')} to Salesforce, {number(dry.fields_to_emr)} to the EMR. Looked at <Time at={dry.ended} />.
			</p>
			<div class="tiles" role="group" aria-label="What the dry run found">
				{shown.map(({ key, label, meaning, tone }) => (
					<div key={key} class={`tile is-${tone}`} title={meaning}>
						<strong>{number(dry.counts[key] ?? 0)}</strong> {label}
					</div>
				))}
			</div>
		</div>
	);
}

function Running({ dry, onStop }: { dry: Dry; onStop: () => void }) {
	return (
		<div class="stack">
			<Progress label="Dry run" done={dry.read + dry.judged} of={Math.max(dry.total ?? 0, dry.read) * 2} />
			<div class="row">
				<span class="muted num">
					{number(dry.read)} read, {number(dry.judged)} judged
				</span>
				<Button small icon="x" onClick={onStop}>
					Stop the dry run
				</Button>
			</div>
		</div>
	);
}

export function DryRun({ sync, csv }: { sync: string; csv?: string }) {
	const stored = useApi<DryState>('/dry-run');
	const said = useTopic<DryState>('dry_run');
	const denied = useDenied('work');
	const dry = (said ?? stored.data)?.dry_run ?? null;
	const kind = csv === undefined ? 'import' : 'csv';
	const mine = dry && dry.sync === sync && dry.kind === kind ? dry : null;
	const begin = useAction(() => api(`/syncs/${encodeURIComponent(sync)}/dry-run`, { method: 'POST', body: csv === undefined ? { kind } : { kind, csv } }));
	const stop = useAction(() => api('/dry-run/stop', { method: 'POST' }));
	return (
		<div class="stack">
			{mine?.state === 'running' && <Running dry={mine} onStop={() => void stop.run()} />}
			{mine?.state === 'done' && <Figures dry={mine} />}
			{mine?.state === 'failed' && <Notice tone="warn">The dry run ended: {mine.error}</Notice>}
			<ErrorNote error={begin.error ?? stop.error} />
			<div class="row">
				<Button icon="eye" busy={begin.busy} why={denied ?? (dry?.state === 'running' ? 'A dry run is under way' : undefined)} onClick={() => void begin.run()}>
					{mine?.state === 'done' ? 'Look again' : 'See what it would do'}
				</Button>
			</div>
		</div>
	);
}

// Outcomes as tiles that are filters, and how fast a run goes.
import { useEffect, useRef } from 'preact/hooks';
import { duration, number } from '../../lib/format';
import { useQuery } from '../../router';
import { Progress } from '../../ui';
import { isUnderWay, outcomes, sumOf, type Counts, type RunFigures } from './model';

const always = new Set(['created', 'updated', 'failed']);

/** One pressed filters the list below; pressed again it shows all. */
export function Tiles({ counts }: { counts: Counts }) {
	const [chosen, choose] = useQuery('outcome');
	const shown = outcomes.filter(({ key }) => always.has(key) || key === chosen || (counts[key] ?? 0) > 0);
	return (
		<div class="tiles" role="group" aria-label="Records by outcome">
			<button type="button" class="tile is-info" aria-pressed={chosen === ''} onClick={() => choose('')}>
				<strong>{number(sumOf(counts))}</strong> All records
			</button>
			{shown.map(({ key, label, meaning, tone }) => (
				<button
					key={key}
					type="button"
					class={`tile is-${tone}`}
					title={meaning}
					aria-pressed={chosen === key}
					onClick={() => choose(chosen === key ? '' : key)}
				>
					<strong>{number(counts[key] ?? 0)}</strong> {label}
				</button>
			))}
		</div>
	);
}

interface Pace {
	/** Records read, and records decided, in a second. */
	rate: number;
	leftMs: number | null;
}

const windowMs = 8000;

/** Over the last seconds, by what the figures said then. */
export function usePace(run: RunFigures | undefined): Pace {
	const samples = useRef<{ at: number; done: number }[]>([]);
	useEffect(() => {
		samples.current = [];
	}, [run?.id, run?.state]);
	if (!run || !isUnderWay(run)) return { rate: 0, leftMs: null };
	const at = performance.now();
	const last = samples.current.at(-1);
	if (!last || last.done !== run.work_done || at - last.at > 1000) samples.current.push({ at, done: run.work_done });
	while (samples.current.length > 2 && at - (samples.current[0]?.at ?? at) > windowMs) samples.current.shift();
	const first = samples.current[0];
	const perMs = first && at > first.at ? (run.work_done - first.done) / (at - first.at) : 0;
	return { rate: Math.round(perMs * 500), leftMs: perMs > 0 && run.total !== null ? (run.work_whole - run.work_done) / perMs : null };
}

function phaseOf(run: RunFigures): string {
	if (run.state === 'asked') return 'Waits for its turn';
	if (run.state === 'stopping') return 'Stops after the chunk in hand';
	if (run.phase === 'reading') return 'Reads both systems; nothing is written before everybody was read';
	return 'Decides and writes';
}

export function LiveProgress({ run }: { run: RunFigures }) {
	const { rate, leftMs } = usePace(run);
	const percent = run.work_whole > 0 ? Math.floor((run.work_done / run.work_whole) * 100) : 0;
	return (
		<div class="stack">
			<Progress label="Batch" done={run.work_done} of={run.work_whole} />
			<div class="facts num">
				<strong>{percent} %</strong>
				<span>{phaseOf(run)}</span>
				<span>
					{number(run.read)} read{run.total !== null && run.total >= run.read ? ` of ${number(run.total)}` : ''}
				</span>
				<span>{number(rate)} records a second</span>
				{leftMs !== null && <span>about {duration(Math.max(1000, leftMs))} left</span>}
				{run.owed > 0 && <span>{number(run.owed)} being written</span>}
			</div>
		</div>
	);
}

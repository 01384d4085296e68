// One run: live while it goes, a report afterwards.
import { useEffect } from 'preact/hooks';
import { api, useAction, useApi } from '../../api';
import { count, duration, number } from '../../lib/format';
import { useTopic } from '../../lib/hooks';
import type { ScreenProps } from '../../screens';
import { useDenied } from '../../session';
import { Await, Button, Card, confirm, ErrorNote, Facts, Id, Notice, PageHeader, Pill, Span, Time, toast } from '../../ui';
import { LiveProgress, Tiles } from './figures';
import { isUnderWay, kindOf, mayResume, statusOf, type RunFigures } from './model';
import { Results } from './results';

/** What the stream says while it goes; the API's word at the beginning and at the end. */
function useRun(which: string) {
	const stored = useApi<RunFigures>(`/runs/${encodeURIComponent(which)}`);
	const said = useTopic<{ items: RunFigures[] }>('runs');
	const mine = said?.items.find((run) => run.batch_id === which || String(run.id) === which);
	const goes = mine !== undefined;
	useEffect(() => {
		if (mine) stored.replace(mine);
	}, [mine]);
	// The stream looks once a second: a run may have begun or ended between two looks.
	const unheard = !goes && stored.data !== undefined && isUnderWay(stored.data);
	useEffect(() => {
		if (!unheard) return undefined;
		const timer = setInterval(stored.refetch, 1000);
		return () => clearInterval(timer);
	}, [unheard]);
	return stored;
}

const written = (run: RunFigures): number =>
	(run.counts.created ?? 0) + (run.counts.linked ?? 0) + (run.counts.updated ?? 0) - Math.min(run.owed, run.work_done);

async function askAbort(run: RunFigures): Promise<boolean> {
	const done = Math.max(0, written(run));
	const left = Math.max(run.total ?? 0, run.read) - done - (run.counts.unchanged ?? 0);
	return confirm({
		title: 'Abort this batch?',
		danger: true,
		cancel: 'Let it run',
		action: 'Abort batch',
		text: (
			<>
				<p>
					{done === 0
						? 'Nothing is written yet.'
						: `${count(done, 'record is', 'records are')} written already and ${done === 1 ? 'stays' : 'stay'} as ${done === 1 ? 'it is' : 'they are'}.`}{' '}
					About {count(Math.max(0, left), 'record')} will not be written.
				</p>
				<p>It stops after the chunk in hand. Resume goes on where it stopped; nothing is done twice.</p>
			</>
		),
	});
}

function Actions({ run, onChange }: { run: RunFigures; onChange: (run: RunFigures) => void }) {
	const denied = useDenied('work');
	const call = async (what: string) => onChange(await api<RunFigures>(`/runs/${run.id}/${what}`, { method: 'POST' }));
	const abort = useAction(async () => {
		if (await askAbort(run)) await call('abort');
	});
	const resume = useAction(() => call('resume'));
	const retry = useAction(async () => {
		const { retried } = await api<{ retried: number }>(`/runs/${run.id}/retry`, { method: 'POST', body: {} });
		toast(`${count(retried, 'record is', 'records are')} read anew and tried again`);
		onChange(await api<RunFigures>(`/runs/${run.id}`));
	});
	const goes = isUnderWay(run);
	return (
		<>
			<ErrorNote error={abort.error ?? resume.error ?? retry.error} />
			{!goes && run.failed > 0 && (
				<Button icon="rotate-ccw" busy={retry.busy} why={denied} onClick={() => void retry.run()}>
					Retry failed
				</Button>
			)}
			{mayResume(run) && (
				<Button kind="primary" icon="play" busy={resume.busy} why={denied} onClick={() => void resume.run()}>
					Resume
				</Button>
			)}
			{goes && (
				<Button
					kind="danger"
					icon="x"
					busy={abort.busy}
					why={denied ?? (run.state === 'stopping' ? 'It stops after the chunk in hand' : undefined)}
					onClick={() => void abort.run()}
				>
					Abort Batch
				</Button>
			)}
		</>
	);
}

function Ended({ run }: { run: RunFigures }) {
	if (run.state === 'aborted')
		return <Notice tone="warn">This batch was stopped{run.error ? `: ${run.error}` : ''}. What is written stays; Resume goes on where it stopped.</Notice>;
	if (run.state === 'failed')
		return <Notice tone="bad">{run.error ?? 'This run ended with an error.'} Once the cause is gone, Resume goes on where it stopped.</Notice>;
	if (run.failed > 0)
		return <Notice tone="warn">{count(run.failed, 'record')} failed; each says why below. Everything else is done. Mend the cause, then Retry failed.</Notice>;
	return <Notice tone="good">Every record has its outcome, and nothing failed.</Notice>;
}

function took(run: RunFigures): string {
	if (!run.started || !run.ended) return 'Still under way';
	return duration(new Date(run.ended).getTime() - new Date(run.started).getTime());
}

function Overview({ run }: { run: RunFigures }) {
	return (
		<Card title={isUnderWay(run) ? 'Progress' : 'Report'}>
			<div class="stack">
				{isUnderWay(run) ? <LiveProgress run={run} /> : <Ended run={run} />}
				<Tiles counts={run.counts} />
				<Facts
					items={[
						[
							'Batch Sync ID',
							<Id key="id" what="Batch Sync ID">
								{run.batch_id}
							</Id>,
						],
						['What', kindOf(run.kind)],
						['Object sync', run.sync ?? 'It is gone'],
						['Started by', run.who],
						['Started', <Time key="started" at={run.started} />],
						['Took', took(run)],
						...(run.has_file ? [['Rows of the file that hold no id', number(run.ignored)] as const] : []),
						...(run.back_references > 0 ? [['Ids still owed to the EMR', `${number(run.back_references)}, at its own pace`] as const] : []),
					]}
				/>
			</div>
		</Card>
	);
}

/** Said once when it changes; the quarters are the progress bar's. */
function Said({ run }: { run: RunFigures }) {
	return (
		<span class="only-read" role="status">
			{`Batch ${statusOf(run)}`}
		</span>
	);
}

export default function RunScreen({ params }: ScreenProps) {
	const stored = useRun(params.run ?? '');
	const run = stored.data;
	return (
		<>
			<PageHeader
				title={run ? run.batch_id : 'Run'}
				trail={[{ href: '/runs', label: 'Runs' }]}
				facts={
					run && (
						<>
							<Pill>{statusOf(run)}</Pill> {kindOf(run.kind)} of {run.sync}{' '}
							{isUnderWay(run) && run.started && <Span ms={Math.max(0, Date.now() - new Date(run.started).getTime())} />}
						</>
					)
				}
				actions={run && <Actions run={run} onChange={stored.replace} />}
			/>
			<Await of={stored}>
				{(it) => (
					<>
						<Said run={it} />
						<Overview run={it} />
						<Results run={it} />
					</>
				)}
			</Await>
		</>
	);
}

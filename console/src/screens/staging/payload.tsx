// One payload: its error, the exact bytes, how they differ from the ones before, what it would do now, and what can be done about it.
import { useState } from 'preact/hooks';
import { api, useAction, useApi } from '../../api';
import { bytes as size, sentence } from '../../lib/format';
import { useKeys } from '../../lib/keys';
import { navigate } from '../../router';
import type { ScreenProps } from '../../screens';
import { useDenied } from '../../session';
import {
	Await,
	Button,
	ButtonLink,
	Card,
	Copy,
	Diff,
	ErrorNote,
	Facts,
	Id,
	JsonView,
	Notice,
	PageHeader,
	RevealButton,
	Time,
	ask,
	toast,
	toastError,
	useReveal,
	type DiffRow,
} from '../../ui';
import { PayloadPill, RecordLink, VerdictView } from '../records/parts';
import { doors, outcomeWord, payloadWord, sideName, storyPath, type Payload, type Verdict } from '../records/types';

interface Bytes {
	id: number;
	size: number;
	bytes: string;
	no_json: string | null;
}
interface Revealed extends Bytes {
	previous: Bytes | null;
}

type Flat = Map<string, string>;

function flatten(value: unknown, path: string, into: Flat): Flat {
	if (typeof value === 'object' && value !== null) {
		for (const [key, child] of Object.entries(value)) flatten(child, Array.isArray(value) ? `${path}[${key}]` : path ? `${path}.${key}` : key, into);
	} else if (value !== null) into.set(path, String(value));
	return into;
}

const parsed = (of: Bytes): unknown => (of.no_json === null ? (JSON.parse(of.bytes) as unknown) : undefined);

function rowsBetween(before: Bytes, now: Bytes): DiffRow[] {
	const old = flatten(parsed(before), '', new Map());
	const fresh = flatten(parsed(now), '', new Map());
	return [...new Set([...fresh.keys(), ...old.keys()])].map((field) => ({ field, left: old.get(field), right: fresh.get(field) }));
}

function Came({ payload }: { payload: Payload }) {
	const revealed = useReveal<Revealed>(`/payloads/${payload.id}/reveal`, 'POST');
	const values = revealed.values;
	if (payload.purged)
		return (
			<Card title="What came">
				<p class="muted">
					Its bytes were purged on <Time at={payload.purged} />, as it is old. Its hash, its ids and what became of it are kept.
				</p>
			</Card>
		);
	return (
		<>
			<Card title="What came" facts={values && size(values.size)} actions={<RevealButton of={revealed} what="the bytes" />}>
				{!values && <p class="muted">Patient data. Revealing it leaves a line in the audit trail, and it is hidden again after a minute.</p>}
				{values && values.no_json !== null && (
					<div class="stack">
						<Notice tone="bad">These bytes are no JSON: {values.no_json}</Notice>
						<pre class="bytes" tabIndex={0}>
							{values.bytes}
						</pre>
					</div>
				)}
				{values && values.no_json === null && (
					<div class="stack">
						<div class="row">
							<Copy text={values.bytes} what="the exact bytes" />
							<span class="muted">The exact bytes, laid out; the copy is as it came.</span>
						</div>
						<JsonView label={`Payload ${payload.id}`} value={parsed(values)} />
					</div>
				)}
			</Card>
			{values?.previous && values.no_json === null && values.previous.no_json === null && (
				<Card title="Against the payload before it" facts={<a href={`/staged/${values.previous.id}`}>Payload {values.previous.id}</a>} flush>
					<Diff label="Against the payload before it" titles={['Before', 'Now']} rows={rowsBetween(values.previous, values)} />
				</Card>
			)}
		</>
	);
}

function WouldDo({ payload }: { payload: Payload }) {
	const denied = useDenied('values');
	const [verdict, setVerdict] = useState<Verdict>();
	const look = useAction(async () => setVerdict(await api<Verdict>(`/payloads/${payload.id}/preview`, { method: 'POST' })));
	return (
		<Card
			title="What it would do now"
			actions={
				<Button small icon="eye" busy={look.busy} why={denied} onClick={() => void look.run()}>
					{verdict ? 'Preview again' : 'Preview'}
				</Button>
			}
		>
			<ErrorNote error={look.error} />
			{verdict ? (
				<VerdictView verdict={verdict} label="What it would do now" />
			) : (
				<p class="muted">
					Judged with today’s mapping in a copy of everything; nothing is written. {payload.state === 'failed' && 'Its record is read anew, as a retry does.'}
				</p>
			)}
		</Card>
	);
}

function useActs(payload: Payload | undefined, show: (payload: Payload) => void, refetch: () => void) {
	const retry = useAction(async () => {
		if (!payload) return;
		const done = await api<Payload>(`/payloads/${payload.id}/retry`, { method: 'POST', body: {} });
		if (done.waits) toast({ text: 'It is queued and will be tried; nobody has decided it yet', tone: 'info' });
		else if (done.state === 'failed') toast({ tone: 'bad', text: `It failed again: ${sentence(done.reason ?? done.error_code ?? '')}` });
		else toast(`It came through: ${payloadWord(done)}`);
		if (done.id === payload.id) show(done);
		else await navigate(`/staged/${done.id}`);
		refetch();
	});
	const leaveOut = async () => {
		if (!payload) return;
		const why = await ask({
			title: `Leave payload ${payload.id} out?`,
			text: 'It keeps its bytes and its error, and nobody tries it again. The record stays as it is on both sides.',
			action: 'Leave out',
			reason: 'required',
		});
		if (why === null) return;
		await api('/payloads/skip', { method: 'POST', body: { sync: payload.sync, ids: [payload.id], why } });
		toast('Left out');
		refetch();
	};
	return { retry, leaveOut };
}

function Told({ payload }: { payload: Payload }) {
	return (
		<>
			{payload.state === 'failed' && (
				<Notice tone="bad">
					{sentence(payload.reason ?? 'It failed')} <code>{payload.error_code}</code>
					{payload.error_field && <div>Field {payload.error_field}</div>}
					<div>
						<Time at={payload.failed} />. Everything else goes on; nothing of this record was changed by it.
					</div>
				</Notice>
			)}
			{payload.state !== 'failed' && payload.error_code && (
				<Notice tone="info">
					It failed with <code>{payload.error_code}</code> <Time at={payload.failed} />
					{payload.read_as && (
						<>
							; its record was read again as <a href={`/staged/${payload.read_as}`}>payload {payload.read_as}</a>
						</>
					)}
					.
				</Notice>
			)}
		</>
	);
}

function PayloadFacts({ payload }: { payload: Payload }) {
	return (
		<Card title="Facts">
			<Facts
				items={[
					['Record', <RecordLink sync={payload.sync} side={payload.side} record={payload.record} />],
					['From', `${sideName[payload.side]}, ${(doors[payload.door] ?? payload.door).toLowerCase()}${payload.event ? `: ${payload.event}` : ''}`],
					['Received', <Time at={payload.received} />],
					['Changed there', <Time at={payload.modified} never="Not said" />],
					['Decided', <Time at={payload.decided ?? payload.failed} never="Not yet" />],
					['Writes taken', <Time at={payload.ended} never={payload.state === 'owed' ? 'Not yet' : 'None were owed'} />],
					['Outcome', payload.outcome === 'waiting' ? 'Not decided' : outcomeWord(payload.outcome)],
					['Attempts', payload.attempts],
					['Run', payload.run ? <a href={`/runs/${payload.run}`}>{payload.run}</a> : 'None'],
					['Those that fit', payload.candidates ?? 'Nobody had to choose'],
					['Hash', payload.hash ? <Id what="hash">{payload.hash}</Id> : ''],
					['Before it', payload.previous ? <a href={`/staged/${payload.previous}`}>Payload {payload.previous}</a> : 'The first of its record'],
				]}
			/>
		</Card>
	);
}

export default function PayloadScreen({ params }: ScreenProps) {
	const id = params.id ?? '';
	const payload = useApi<Payload>(`/payloads/${encodeURIComponent(id)}`, { topics: ['payloads_failed'] });
	const denied = useDenied('work');
	const acts = useActs(payload.data, payload.replace, payload.refetch);
	const data = payload.data;
	const why = denied ?? (data && data.state !== 'failed' ? 'It has not failed: there is nothing to retry' : undefined);
	useKeys([{ keys: 'r', does: 'Retry this payload', run: () => void (why ? undefined : acts.retry.run()) }]);
	return (
		<>
			<PageHeader
				title={`Payload ${id}`}
				trail={[{ href: '/staged', label: 'Staged payloads' }]}
				facts={
					data && (
						<>
							<PayloadPill payload={data} /> {data.reason && data.state !== 'failed' ? sentence(data.reason) : ''}
						</>
					)
				}
				actions={
					data && (
						<>
							{data.sync && data.record && (
								<ButtonLink href={storyPath(data.sync, data.side, data.record)} icon="clock">
									Story of the record
								</ButtonLink>
							)}
							{data.sync && (
								<ButtonLink href={`/mapping/${encodeURIComponent(data.sync)}?payload=${data.id}`} icon="arrow-left-right">
									Open mapping with this payload
								</ButtonLink>
							)}
							<Button
								why={denied ?? (data.state === 'failed' || data.state === 'parked' ? undefined : 'Only what failed or is parked is left out')}
								onClick={() => void acts.leaveOut().catch(toastError)}
							>
								Leave out
							</Button>
							<Button kind="primary" icon="rotate-ccw" busy={acts.retry.busy} why={why} onClick={() => void acts.retry.run()}>
								Retry
							</Button>
						</>
					)
				}
			/>
			<ErrorNote error={acts.retry.error} />
			<Await of={payload}>
				{(one) => (
					<>
						<Told payload={one} />
						<PayloadFacts payload={one} />
						<Came payload={one} />
						<WouldDo payload={one} />
					</>
				)}
			</Await>
		</>
	);
}

// One sync in real time: which events, which mapping, what a removal does, pause and resume.
import { useState } from 'preact/hooks';
import { api, useAction, useApi, type Loaded } from '../../api';
import { count, number } from '../../lib/format';
import { useTopic } from '../../lib/hooks';
import type { ScreenProps } from '../../screens';
import { useDenied } from '../../session';
import { ask, Await, Button, ButtonLink, Card, ErrorNote, Facts, Notice, PageHeader, Pill, Radios, Select, Switch, Time, toast, toastError } from '../../ui';
import { Deliveries, SampleDrawer } from './deliveries';
import { Hooks } from './hook';
import { Latency } from './latency';
import { meaningOf, pathOf, wordOf, type EventOf, type RealTime, type RealTimeOne } from './model';

type Change = Partial<Pick<RealTimeOne, 'enabled' | 'paused' | 'listen' | 'own_mapping' | 'on_emr_delete' | 'on_crm_delete'>>;

function useChange(stored: Loaded<RealTimeOne>, sync: string) {
	return async (change: Change, why?: string) =>
		stored.replace(await api<RealTimeOne>(pathOf(sync), { method: 'PATCH', body: { ...change, ...(why ? { why } : {}) } }));
}
type ChangeFn = ReturnType<typeof useChange>;

// ---- pause, resume, enable ----

function Actions({ it, change }: { it: RealTimeOne; change: ChangeFn }) {
	const denied = useDenied('setup');
	const pause = useAction(async () => {
		const why = await ask({
			title: 'Pause this sync?',
			action: 'Pause',
			reason: true,
			text: (
				<>
					<p>What is under way is finished. From then on nothing is written to either system, and no run or schedule begins.</p>
					<p>
						Nothing is lost: webhooks are still acknowledged and kept, streams keep their place. When you resume, everything that came meanwhile goes over in
						its order.
					</p>
				</>
			),
		});
		if (why !== null) await change({ paused: true }, why);
	});
	const resume = useAction(async () => {
		await change({ paused: false });
		toast('Resumed: what came meanwhile goes over now');
	});
	const disable = useAction(async () => {
		const why = await ask({
			title: 'Switch real time off?',
			action: 'Switch off',
			reason: true,
			text: (
				<p>
					Events are still acknowledged and counted, but none is kept. Changes arrive by the delta, every 15 minutes by default. To stop writing without losing
					events, pause instead.
				</p>
			),
		});
		if (why !== null) await change({ enabled: false }, why);
	});
	const enable = useAction(async () => {
		await change({ enabled: true });
		toast('Real-time sync is on');
	});
	return (
		<>
			<ErrorNote error={pause.error ?? resume.error ?? disable.error ?? enable.error} />
			{it.enabled && (
				<Button busy={disable.busy} why={denied} onClick={() => void disable.run()}>
					Disable Real-Time Sync
				</Button>
			)}
			{it.paused ? (
				<Button kind={it.enabled ? 'primary' : 'normal'} icon="play" busy={resume.busy} why={denied} onClick={() => void resume.run()}>
					Resume
				</Button>
			) : (
				<Button icon="pause" busy={pause.busy} why={denied} onClick={() => void pause.run()}>
					Pause
				</Button>
			)}
			{!it.enabled && (
				<Button kind="primary" icon="zap" busy={enable.busy} why={denied} onClick={() => void enable.run()}>
					Enable Real-Time Sync
				</Button>
			)}
		</>
	);
}

function State({ it, now }: { it: RealTimeOne; now: RealTime }) {
	if (it.paused)
		return (
			<Notice tone="warn">
				Paused. Nothing is written to either system. {count(now.waiting, 'event')} {now.waiting === 1 ? 'is' : 'are'} kept so far, and everything that comes is
				kept until you resume.
			</Notice>
		);
	if (!it.enabled)
		return <Notice>Real time is off. Events are acknowledged and counted, changes arrive by the delta. Choose the events below, then enable it.</Notice>;
	if (now.state === 'waiting') return <Notice tone="warn">It tries again by itself: {now.trouble}. What comes meanwhile is kept.</Notice>;
	return null;
}

// ---- events ----

function EventRow({
	sync,
	event,
	onChange,
	onSample,
}: {
	sync: string;
	event: EventOf;
	onChange: (one: RealTimeOne) => void;
	onSample: (name: string) => void;
}) {
	const denied = useDenied('setup');
	const flip = useAction(async (on: boolean) =>
		onChange(await api<RealTimeOne>(`${pathOf(sync)}/events/${encodeURIComponent(event.name)}`, { method: 'PUT', body: { on } })),
	);
	return (
		<li class="event-row">
			<Switch
				label={<code>{event.name}</code>}
				on={event.on}
				busy={flip.busy}
				why={denied}
				onChange={(on) => void flip.run(on)}
				hint={`${meaningOf(event)}. ${number(event.today)} today, ${number(event.days_14)} in 14 days.`}
			/>
			<Button small kind="quiet" icon="eye" label={`Sample of ${event.name}`} onClick={() => onSample(event.name)} />
			<ErrorNote error={flip.error} />
		</li>
	);
}

function Events({ it, onChange }: { it: RealTimeOne; onChange: (one: RealTimeOne) => void }) {
	const [sample, setSample] = useState<string>();
	const sides = [
		{ side: 'emr', title: `From ${it.emr_connection ?? 'the EMR'}` },
		{ side: 'crm', title: `From ${it.crm_connection ?? 'Salesforce'}` },
	];
	const off = it.events.filter(({ on }) => !on).length;
	return (
		<Card title="Events" facts={off === 0 ? 'all are on' : `${count(off, 'event')} off`}>
			<div class="grid">
				{sides.map(({ side, title }) => (
					<section key={side} aria-label={title}>
						<h3>{title}</h3>
						<ul class="plain">
							{it.events
								.filter((event) => event.side === side)
								.map((event) => (
									<EventRow key={event.name} sync={it.sync} event={event} onChange={onChange} onSample={setSample} />
								))}
						</ul>
					</section>
				))}
			</div>
			<p class="hint">An event that is off is acknowledged and counted, and not kept; the delta still brings what it would have told.</p>
			{sample && <SampleDrawer sync={it.sync} event={sample} onClose={() => setSample(undefined)} />}
		</Card>
	);
}

// ---- mapping, removals, stream ----

function Mapping({ it, change }: { it: RealTimeOne; change: ChangeFn }) {
	const choose = (value: string) => {
		change({ own_mapping: value === 'own' }).catch(toastError);
	};
	const denied = useDenied('setup');
	return (
		<Card
			title="Field mapping"
			actions={
				<ButtonLink small href={`/mapping/${encodeURIComponent(it.sync)}`}>
					Change mapping
				</ButtonLink>
			}
		>
			<Radios
				label="Real time uses"
				value={it.own_mapping ? 'own' : 'same'}
				onValue={(value) => !denied && choose(value)}
				options={[
					{ value: 'same', label: 'The same mapping as batches', hint: 'One set of rules, whichever way a change arrives.' },
					{
						value: 'own',
						label: 'A mapping of its own',
						hint: 'Begins as a copy of the batch mapping. Going back to the same mapping drops it; versions keep it.',
					},
				]}
			/>
			{denied && <p class="hint">{denied}</p>}
		</Card>
	);
}

const removals = [
	{ value: 'unlink', label: 'Unlink: both records stay' },
	{ value: 'flag', label: 'Unlink, and say so in a status field' },
];

function Removals({ it, change }: { it: RealTimeOne; change: ChangeFn }) {
	const denied = useDenied('setup');
	const choose = (what: Change) => {
		change(what).then(() => toast('Saved'), toastError);
	};
	const emr = [...removals, { value: 'delete', label: 'Delete the record in Salesforce too' }];
	return (
		<Card title="When a record is deleted">
			<div class="grid is-form-row">
				<Select
					label="Deleted or archived in the EMR"
					disabled={denied !== undefined}
					value={it.on_emr_delete}
					onValue={(value) => choose({ on_emr_delete: value })}
					options={emr}
				/>
				<Select
					label="Deleted in Salesforce"
					disabled={denied !== undefined}
					value={it.on_crm_delete}
					onValue={(value) => choose({ on_crm_delete: value })}
					options={removals}
				/>
			</div>
			<Switch
				label="Listen to Salesforce’s stream of changes"
				on={it.listen}
				why={denied}
				onChange={(on) => choose({ listen: on })}
				hint={
					it.stream_connected
						? 'The stream is connected: edits in Salesforce arrive within a second.'
						: 'Off or not connected: edits in Salesforce arrive by the delta.'
				}
			/>
			{denied && <p class="hint">{denied}</p>}
		</Card>
	);
}

function Numbers({ it, now }: { it: RealTimeOne; now: RealTime }) {
	return (
		<Card>
			<Facts
				items={[
					['State', <Pill key="state">{wordOf(now)}</Pill>],
					['Events in the last hour', `${number(now.last_hour)}${now.last_hour_is_more ? '+' : ''}`],
					['Last event', <Time key="last" at={now.last_event} never="None yet" />],
					['Waiting', number(now.waiting)],
					['Writes owed', number(now.owed)],
					['Objects', `${it.emr_object} and ${it.crm_object}`],
				]}
			/>
		</Card>
	);
}

export default function RealTimeScreen({ params }: ScreenProps) {
	const sync = params.sync ?? '';
	const stored = useApi<RealTimeOne>(pathOf(sync));
	const said = useTopic<{ items: RealTime[] }>('realtime')?.items.find((it) => it.sync === sync);
	const change = useChange(stored, sync);
	return (
		<>
			<PageHeader
				title={stored.data?.integration ? `${stored.data.integration}: ${sync}` : sync}
				tab="Real time"
				trail={[{ href: '/realtime', label: 'RealTime Settings' }]}
				facts={stored.data && <Pill>{wordOf(said ?? stored.data)}</Pill>}
				actions={stored.data && <Actions it={stored.data} change={change} />}
			/>
			<Await of={stored}>
				{(it) => (
					<>
						<State it={it} now={said ?? it} />
						<Numbers it={it} now={said ?? it} />
						<Events it={it} onChange={stored.replace} />
						<Mapping it={it} change={change} />
						<Removals it={it} change={change} />
						<Hooks connections={[it.emr_connection, it.crm_connection]} />
						<Deliveries sync={sync} />
						<Latency />
					</>
				)}
			</Await>
		</>
	);
}

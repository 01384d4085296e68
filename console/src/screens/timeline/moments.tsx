// One moment of a record's story, in words. One function a kind.
import type { ComponentChildren } from 'preact';
import { sentence } from '../../lib/format';
import { Pill, Time } from '../../ui';
import { PayloadPill, howText } from '../records/parts';
import { doors, sideName, type Link, type Payload, type Side } from '../records/types';

interface Moved {
	name: string;
	rule: string;
	reason: string | null;
	to_emr: boolean;
	to_crm: boolean;
	conflict: boolean;
	waits: boolean;
	by_person: boolean;
}

/** As the API gives it: of a kind only its own members are there. */
export interface Moment {
	kind: 'payload' | 'linked' | 'ended' | 'log' | 'person' | 'conflict' | 'decision' | 'suggestion' | 'told' | 'owed';
	at: string | null;
	side: Side | null;
	payload: Payload;
	fields: Moved[];
	link: Link;
	code: string | null;
	text: string | null;
	payload_id: number | null;
	who: string | null;
	action: string | null;
	before: string | null;
	after: string | null;
	why: string | null;
	conflict: number;
	field: string | null;
	winner: string | null;
	waits: boolean;
	emr_id: string | null;
	crm_id: string | null;
	state: string | null;
	status: string | null;
	delivered: boolean;
	op: string;
	attempts: number;
	due: string | null;
	error_code: string | null;
	low: boolean;
}

function Field({ moved }: { moved: Moved }) {
	const to = [moved.to_crm && 'Salesforce', moved.to_emr && 'EMR'].filter(Boolean).join(' and ');
	return (
		<li>
			<strong>{moved.name}</strong> {to && `→ ${to}`} <span class="muted">{moved.by_person ? 'a person decided' : moved.reason}</span> <code>{moved.rule}</code>{' '}
			{moved.conflict && <Pill tone="warn">Conflict</Pill>} {moved.waits && <Pill>Needs review</Pill>}
		</li>
	);
}

function PayloadMoment({ moment }: { moment: Moment }) {
	const { payload, fields } = moment;
	return (
		<>
			<div class="row">
				<PayloadPill payload={payload} />
				<a href={`/staged/${payload.id}`}>Payload {payload.id}</a>
				<span>
					from {sideName[payload.side]}, {(doors[payload.door] ?? payload.door).toLowerCase()}
					{payload.event ? `: ${payload.event}` : ''}
					{payload.wish ? `: a person asked to ${payload.wish}` : ''}
				</span>
			</div>
			{payload.reason && <div>{sentence(payload.reason)}</div>}
			{payload.error_code && (
				<div>
					<code>{payload.error_code}</code> {payload.error_field && `in ${payload.error_field}`}
				</div>
			)}
			{fields.length > 0 && (
				<ul class="moved" aria-label="Fields that moved">
					{fields.map((moved) => (
						<Field key={moved.name} moved={moved} />
					))}
				</ul>
			)}
			{payload.ended && (
				<div class="muted">
					The other side took its writes <Time at={payload.ended} />
				</div>
			)}
		</>
	);
}

const pairOf = (link: Link) => (
	<>
		patient <code>{link.emr_id ?? 'in the making'}</code> and contact <code>{link.crm_id ?? 'in the making'}</code>
	</>
);

const actions: Record<string, string> = {
	look: 'looked at it',
	sync: 'asked to sync it',
	link: 'linked it',
	relink: 'linked it to another one',
	create: 'asked for a new counterpart',
	unlink: 'ended the link',
	never_match: 'said that these two are not the same',
	close_case: 'closed its case',
};

const texts: Record<Exclude<Moment['kind'], 'payload'>, (moment: Moment) => ComponentChildren> = {
	linked: ({ link }) => (
		<>
			<Pill>Linked</Pill> {pairOf(link)}. {howText(link.how)}.
		</>
	),
	ended: ({ link }) => (
		<>
			<Pill tone="idle">Unlinked</Pill> {pairOf(link)}. {sentence(link.ended_why ?? '')}
		</>
	),
	log: ({ text, code, payload_id }) => (
		<>
			<span class="muted">Log</span> {sentence(text ?? '')} <code>{code}</code> {payload_id && <a href={`/staged/${payload_id}`}>Payload {payload_id}</a>}
		</>
	),
	person: ({ who, action, before, after, why }) => (
		<>
			<strong>{who}</strong> {actions[action ?? ''] ?? action} {before && after ? `(${before} → ${after})` : after ? `(${after})` : before ? `(${before})` : ''}
			{why && <div>Reason: {why}</div>}
		</>
	),
	conflict: ({ field, winner, waits, conflict }) => (
		<>
			<Pill tone="warn">Conflict</Pill> Both sides had changed {field}. {waits ? 'A person decides' : `By policy: ${winner}`}.{' '}
			<a href={`/conflicts?show=all&id=${conflict}`}>Conflict {conflict}</a>
		</>
	),
	decision: ({ field, winner, who, why }) => (
		<>
			<strong>{who}</strong> decided {field}: {winner}
			{why && <div>Reason: {why}</div>}
		</>
	),
	suggestion: ({ emr_id, crm_id, text, state, who }) => (
		<>
			<Pill tone={state === 'open' ? 'warn' : 'idle'}>{state === 'open' ? 'Needs review' : (state ?? '')}</Pill> patient <code>{emr_id}</code> and contact{' '}
			<code>{crm_id}</code> may be the same: {text} {who && `(${who})`}
		</>
	),
	told: ({ side, status, delivered }) => (
		<>
			The {side === 'emr' ? 'patient' : 'contact'} shows “{status}”{delivered ? '' : ', once that is written'}
		</>
	),
	owed: ({ side, op, attempts, due, error_code, low }) => (
		<>
			<Pill>{attempts ? 'Retrying' : 'Queued'}</Pill> A write to {side === 'emr' ? 'the EMR' : 'Salesforce'} is owed ({low ? 'back-reference' : op})
			{attempts > 0 && (
				<>
					, tried {attempts} times, <code>{error_code}</code>, next <Time at={due} />
				</>
			)}
		</>
	),
};

export function MomentText({ moment }: { moment: Moment }) {
	if (moment.kind === 'payload') return <PayloadMoment moment={moment} />;
	return <div>{texts[moment.kind](moment)}</div>;
}

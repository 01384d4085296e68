// What the API says of payloads, pairs and verdicts (src/api/openapi: staged, links, timeline, review), and the words that the screens have for it.
import type { Tone } from '../../ui';

export type Side = 'emr' | 'crm';
export const other = (side: Side): Side => (side === 'emr' ? 'crm' : 'emr');

export interface Payload {
	id: number;
	sync: string | null;
	side: Side;
	door: string;
	state: string;
	outcome: string;
	kind: string;
	wish: string | null;
	record: string | null;
	link: number | null;
	run: number | null;
	event: string | null;
	received: string | null;
	purged: string | null;
	modified: string | null;
	decided: string | null;
	ended: string | null;
	reason: string | null;
	error_code: string | null;
	error_field: string | null;
	failed: string | null;
	attempts: number;
	candidates: string | null;
	read_as: number | null;
	hash: string | null;
	previous?: number | null;
	waits?: boolean;
}

export interface Link {
	id: number;
	emr_id: string | null;
	crm_id: string | null;
	state: 'linked' | 'making' | 'ended';
	how: string | null;
	created: string | null;
	settled: string | null;
	stopped: string | null;
	ended: string | null;
	ended_why: string | null;
}

export interface VerdictField {
	name: string;
	crm: string | null;
	emr: string | null;
	emr_value: string | null;
	crm_value: string | null;
	after: string | null;
	to_crm: boolean;
	to_emr: boolean;
	conflict: boolean;
	review: boolean;
	rule: string | null;
	reason: string | null;
}

export interface Verdict {
	emr_id: string | null;
	crm_id: string | null;
	outcome: string;
	reason: string | null;
	candidates: string | null;
	error_code: string | null;
	error_field: string | null;
	fields: VerdictField[];
}

export interface Wished {
	payload: number;
	state: string;
	outcome: string;
	reason: string | null;
	error_code: string | null;
	error_field: string | null;
	emr_id: string | null;
	crm_id: string | null;
	waits: boolean;
}

export const sideName: Record<Side, string> = { emr: 'EMR', crm: 'Salesforce' };
export const recordName: Record<Side, string> = { emr: 'patient', crm: 'contact' };

const outcomes: Record<string, string> = {
	created: 'Created',
	linked: 'Linked',
	updated: 'Updated',
	unchanged: 'Unchanged',
	skipped_ambiguous: 'Needs review',
	skipped_linked: 'Needs review',
	skipped_no_match: 'Skipped',
	skipped_filtered: 'Skipped',
	failed: 'Failed',
	waiting: 'Staged',
};
export const outcomeWord = (outcome: string): string => outcomes[outcome] ?? outcome;

const states: Record<string, string> = { waiting: 'Staged', to_read: 'Staged', owed: 'Sending', failed: 'Errored', superseded: 'Superseded', parked: 'Parked' };
/** One word for where a payload stands. */
export const payloadWord = (payload: { state: string; outcome: string; attempts?: number }): string => {
	if (payload.state === 'done') return outcomeWord(payload.outcome);
	if (payload.state === 'to_read' && (payload.attempts ?? 0) > 0) return 'Retrying';
	return states[payload.state] ?? payload.state;
};
export const payloadTone = (word: string): Tone | undefined => (word === 'Unchanged' || word === 'Parked' ? 'idle' : undefined);

export const doors: Record<string, string> = { batch: 'Batch', webhook: 'Webhook', delta: 'Delta', stream: 'Stream', click: 'A person', retry: 'Retry' };

/** Where a record's story is told. */
export const storyPath = (sync: string, side: Side, record: string): string => `/records/${encodeURIComponent(sync)}/${side}/${encodeURIComponent(record)}`;
export const linkPath = (sync: string, side: Side, record: string): string => `/links/${encodeURIComponent(sync)}/${side}/${encodeURIComponent(record)}`;

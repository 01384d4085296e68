// Real time as the API says it.
export interface RealTime {
	sync: string;
	integration: string | null;
	emr_connection: string | null;
	crm_connection: string | null;
	emr_object: string;
	crm_object: string;
	state: 'on' | 'off' | 'paused' | 'waiting' | 'starting';
	trouble: string | null;
	stream_connected: boolean;
	waiting: number;
	owed: number;
	last_hour: number;
	last_hour_is_more: boolean;
	last_event: string | null;
}

export interface EventOf {
	name: string;
	side: 'emr' | 'crm';
	kind: 'changed' | 'removed' | 'merged' | 'asked' | 'overflow' | 'other';
	on: boolean;
	today: number;
	days_14: number;
}

export interface RealTimeOne extends RealTime {
	enabled: boolean;
	paused: boolean;
	listen: boolean;
	own_mapping: boolean;
	on_emr_delete: string;
	on_crm_delete: string;
	events: EventOf[];
}

export interface Hook {
	connection: string;
	title: string;
	address: string;
	secret_setting: string | null;
	secret_help: string | null;
	secret_is_set: boolean;
	registers: boolean;
	renews: boolean;
	can_test: boolean;
	told_address: string | null;
	told: string | null;
	told_elsewhere: boolean;
}

export interface Delivery {
	id: number;
	event: string | null;
	record_id: string | null;
	side: 'emr' | 'crm';
	door: string;
	state: string;
	outcome: string;
	reason: string | null;
	error_code: string | null;
	attempts: number;
	received: string | null;
	ended: string | null;
	took_ms: number | null;
}

const words: Record<RealTime['state'], string> = { on: 'On', off: 'Off', paused: 'Paused', waiting: 'Retrying', starting: 'Queued' };
export const wordOf = (it: RealTime): string => words[it.state];

const meanings: Record<EventOf['kind'], string> = {
	changed: 'The record is read and merged',
	removed: 'The record was deleted or archived',
	merged: 'The record was merged into another one',
	asked: 'A person or a flow in Salesforce asks for it',
	overflow: 'The stream lost its place; what changed is read again',
	other: 'Counted only',
};
export const meaningOf = (event: EventOf): string => meanings[event.kind];

export const pathOf = (sync: string): string => `/syncs/${encodeURIComponent(sync)}/realtime`;

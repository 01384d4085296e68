// What the API says of the integration and its object syncs.
export interface Integration {
	name: string;
	emr: string;
	crm: string;
	default_account?: string;
}

export interface SyncState {
	ready: boolean;
	/** By a person. */
	paused: boolean;
	trouble: string | null;
	since: string | null;
	streams: boolean;
	run: string | null;
	waiting: number;
	to_read: number;
	owed: number;
	oldest: string | null;
}

export interface Sync {
	name: string;
	emr_connection: string;
	crm_connection: string;
	emr_object: string;
	crm_object: string;
	version: number;
	state: SyncState | null;
}

/** Word and colour of a sync's health, and how fresh it is, in words. */
export function health({ state }: Sync): { word: string; facts: string } {
	if (!state) return { word: 'Off', facts: 'Not begun yet' };
	if (state.paused) return { word: 'Paused', facts: 'What arrives is kept' };
	if (!state.ready) return { word: state.trouble ? 'Degraded' : 'Queued', facts: state.trouble ?? 'Signing in' };
	const behind = state.waiting + state.to_read;
	return { word: 'Healthy', facts: behind || state.owed ? `${behind} waiting, ${state.owed} writes owed` : 'Nothing waits' };
}

// Runs as the API says them, and the words that people read.
import type { Tone } from '../../ui';

export type RunState = 'active' | 'done' | 'aborted' | 'failed' | 'asked' | 'stopping';
export type RunKind = 'import' | 'csv' | 'delta';

export interface Run {
	id: number;
	batch_id: string;
	sync: string | null;
	kind: RunKind;
	who: string;
	state: RunState;
	phase: 'reading' | 'linking' | 'finished';
	error: string | null;
	total: number | null;
	read: number;
	ignored: number;
	has_file: boolean;
	failed: number;
	started: string | null;
	ended: string | null;
}

export type Counts = Record<string, number>;

export interface RunFigures extends Run {
	counts: Counts;
	owed: number;
	back_references: number;
	work_done: number;
	work_whole: number;
}

export interface Result {
	id: number;
	side: 'emr' | 'crm';
	record_id: string | null;
	state: string;
	outcome: string;
	reason: string | null;
	error_code: string | null;
	error_field: string | null;
	attempts: number;
	received: string | null;
}

export const kinds: Record<RunKind, string> = { import: 'Sync Data', csv: 'Contacts to patients (CSV)', delta: 'Changes only' };
export const kindOf = (kind: string): string => kinds[kind as RunKind] ?? kind;

export const isUnderWay = (run: Run): boolean => ['active', 'asked', 'stopping'].includes(run.state);
export const mayResume = (run: Run): boolean => ['aborted', 'failed'].includes(run.state) && run.kind !== 'delta';

const words: Record<RunState, string> = { active: 'Running', asked: 'Queued', stopping: 'Stopping', done: 'Completed', aborted: 'Aborted', failed: 'Failed' };
/** The fixed words of a run's status. */
export const statusOf = (run: Run): string => (run.state === 'done' && run.failed > 0 ? 'Completed with errors' : words[run.state]);

export interface Outcome {
	key: string;
	label: string;
	meaning: string;
	tone: Tone;
}

/** In the order of their tiles. */
export const outcomes: readonly Outcome[] = [
	{ key: 'waiting', label: 'Waiting', meaning: 'Not decided yet', tone: 'info' },
	{ key: 'created', label: 'Created', meaning: 'A new record was made on the other side', tone: 'good' },
	{ key: 'linked', label: 'Linked', meaning: 'Joined with a record that was there', tone: 'good' },
	{ key: 'updated', label: 'Updated', meaning: 'Changes were written', tone: 'good' },
	{ key: 'unchanged', label: 'Unchanged', meaning: 'Both sides agreed already', tone: 'idle' },
	{ key: 'skipped_ambiguous', label: 'Skipped: several match', meaning: 'More than one record fits; a person decides', tone: 'warn' },
	{ key: 'skipped_linked', label: 'Skipped: already linked', meaning: 'The only record that fits is linked to another one', tone: 'warn' },
	{ key: 'skipped_no_match', label: 'Skipped: no match', meaning: 'Nothing fits, and creating is switched off', tone: 'idle' },
	{ key: 'skipped_filtered', label: 'Skipped: left out', meaning: 'Left out by a setting, archived, or merged away', tone: 'idle' },
	{ key: 'failed', label: 'Failed', meaning: 'An error is attached to the record', tone: 'bad' },
];

export const labelOf = (outcome: string): string => outcomes.find(({ key }) => key === outcome)?.label ?? outcome;
export const toneOf = (outcome: string): Tone => outcomes.find(({ key }) => key === outcome)?.tone ?? 'idle';

export const sumOf = (counts: Counts): number => Object.values(counts).reduce((all, n) => all + n, 0);

/** Per record who wins, in a sentence (R12, R14). */
export const whoWins: Record<RunKind, string> = {
	import: 'Where both sides are filled the patient’s value goes to Salesforce; a blank is filled from the other side. A policy set for a field goes first.',
	csv: 'Where both sides are filled the contact’s value goes to the EMR; a blank is filled from the other side. Contacts that are linked already are skipped.',
	delta: 'Linked records are merged field by field by the policy; nothing else is read.',
};

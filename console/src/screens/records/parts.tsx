// What the screens about records share: which sync, a verdict field by field, how a pair came about, links to a record.
import { useApi } from '../../api';
import { count, sentence } from '../../lib/format';
import { useQuery } from '../../router';
import { Diff, Notice, Pill, Select, type DiffRow } from '../../ui';
import { outcomeWord, payloadTone, payloadWord, sideName, storyPath, type Payload, type Side, type Verdict, type VerdictField } from './types';

interface Sync {
	name: string;
	emr_object: string;
	crm_object: string;
	emr_connection: string;
	crm_connection: string;
}

/** The sync that the address names, or the first one. */
export function useSync(): { sync: Sync | undefined; all: Sync[]; set: (name: string) => void } {
	const syncs = useApi<{ items: Sync[] }>('/syncs');
	const [name, set] = useQuery('sync');
	const all = syncs.data?.items ?? [];
	return { sync: all.find((one) => one.name === name) ?? all[0], all, set };
}

/** Where there is only one sync there is nothing to choose. */
export function SyncChoice({ of }: { of: ReturnType<typeof useSync> }) {
	if (of.all.length < 2 || !of.sync) return null;
	return <Select label="Sync" class="is-inline" value={of.sync.name} onValue={of.set} options={of.all.map(({ name }) => ({ value: name, label: name }))} />;
}

export function RecordLink({ sync, side, record }: { sync: string | null; side: Side; record: string | null }) {
	if (!record) return <span class="muted">Not known</span>;
	if (!sync) return <code>{record}</code>;
	return (
		<a href={storyPath(sync, side, record)} class="no-break">
			<code>{record}</code>
		</a>
	);
}

export function PayloadPill({ payload }: { payload: Payload }) {
	const word = payloadWord(payload);
	const tone = payloadTone(word);
	return <Pill {...(tone ? { tone } : {})}>{word}</Pill>;
}

const rules: Record<string, string> = {
	R6: 'The one stores the other’s id',
	R7: 'First name, last name and birth date are the same',
	R11: 'A person linked them',
	R15: 'It met the condition for a new patient',
	created: 'The one was made for the other',
};
export const howText = (how: string | null): string => (how && rules[how]) ?? (how ? `Rule ${how}` : 'Not known');

/** Who overwrites whom, on each path (R11 to R15). */
export const whoWins: Record<'crm' | 'emr' | 'create', string> = {
	crm: 'The contact’s values win: where both sides are filled and differ, the patient gets the contact’s value. A blank on the contact is filled from the patient, and a blank never overwrites anything. Fields that are mapped one way only keep to it.',
	emr: 'The patient’s values win: where both sides are filled and differ, the contact gets the patient’s value. A blank on the patient is filled from the contact, and a blank never overwrites anything. Fields that are mapped one way only keep to it.',
	create: 'A new record gets every filled value that is mapped in its direction. Nothing that is there is overwritten.',
};

function rowOf(field: VerdictField): DiffRow {
	const winner = field.to_crm && !field.to_emr ? 'left' : field.to_emr && !field.to_crm ? 'right' : undefined;
	const row: DiffRow = {
		field: field.name,
		left: field.emr_value,
		right: field.crm_value,
		winner,
		changed: field.to_crm || field.to_emr || field.conflict || field.review,
	};
	const rule = field.review ? 'A person decides' : field.reason ? sentence(field.reason) : '';
	return { ...row, why: [rule, field.rule].filter(Boolean).join(' ') };
}

/** What would be decided: the outcome, then each field with both values and where it goes. */
export function VerdictView({ verdict, label }: { verdict: Verdict; label: string }) {
	const toCrm = verdict.fields.filter((field) => field.to_crm).length;
	const toEmr = verdict.fields.filter((field) => field.to_emr).length;
	return (
		<div class="stack">
			<div class="row">
				<Pill>{outcomeWord(verdict.outcome)}</Pill>
				<span>{verdict.reason ? sentence(verdict.reason) : ''}</span>
			</div>
			{verdict.error_code && (
				<Notice tone="bad">
					It would fail{verdict.error_field ? ` in ${verdict.error_field}` : ''} <code>{verdict.error_code}</code>
				</Notice>
			)}
			{verdict.candidates && <p class="muted">Those that fit: {verdict.candidates.split(',').join(', ')}</p>}
			{verdict.fields.length > 0 && (
				<>
					<p>
						{count(toCrm, 'field')} would be written to Salesforce, {toEmr} to the EMR. Nothing has been written.
					</p>
					<Diff label={label} titles={[sideName.emr, sideName.crm]} rows={verdict.fields.map(rowOf)} />
				</>
			)}
		</div>
	);
}

// Texts of the mapping screens.
import type { Blank, Direction, Role, Winner } from './model/types';

export const directions: readonly { value: Direction; label: string }[] = [
	{ value: 'both', label: 'Both ways' },
	{ value: 'emr_to_crm', label: 'EMR to Salesforce' },
	{ value: 'crm_to_emr', label: 'Salesforce to EMR' },
];
export const winners: readonly { value: Winner; label: string }[] = [
	{ value: 'emr', label: 'EMR wins' },
	{ value: 'crm', label: 'Salesforce wins' },
	{ value: 'newest', label: 'Newest wins' },
	{ value: 'review', label: 'A person decides' },
];
export const blanks: readonly { value: Blank; label: string }[] = [
	{ value: 'keep', label: 'Keep: a blank never overwrites' },
	{ value: 'clear', label: 'Clear: a blank goes over, too' },
];
export const roles: readonly { value: Role; label: string }[] = [
	{ value: 'none', label: 'No' },
	{ value: 'first_name', label: 'First name' },
	{ value: 'last_name', label: 'Last name' },
	{ value: 'birth_date', label: 'Birth date' },
];
export const labelOf = <V extends string>(list: readonly { value: V; label: string }[], value: V | undefined): string =>
	list.find((one) => one.value === value)?.label ?? list[0]?.label ?? '';

export const stepWords = [
	{ key: 'objects', label: 'Objects' },
	{ key: 'fields', label: 'Fields' },
	{ key: 'preview', label: 'Preview' },
	{ key: 'validate', label: 'Validate' },
	{ key: 'save', label: 'Save' },
] as const;
export type StepKey = (typeof stepWords)[number]['key'];

export const outcomes: Record<string, string> = {
	created: 'Would create a new record in Salesforce',
	linked: 'Would link with a record that is there',
	updated: 'Would update the linked record',
	unchanged: 'Both sides agree already: nothing would be written',
	skipped_ambiguous: 'Would be skipped: more than one record fits, a person decides',
	skipped_linked: 'Would be skipped: the record that fits is linked to another one',
	skipped_no_match: 'Would be skipped: nothing fits, and creating is off',
	skipped_filtered: 'Would be left out by a setting',
	failed: 'Would fail',
};
export const matchHint =
	'Two people are the same when first name, last name and birth date are equal. One match that is not linked yet is linked; several wait for a person.';
export const readOnlyHint = 'Read-only in the EMR: it goes to Salesforce only.';

// Map by name: fields that are called alike on both sides. What is mapped already is never touched, and a CRM field is taken once.
import type { FieldInfo, RowSpec } from './types';

export interface Source {
	path: string;
	label: string;
	/** Of the EMR's description: text, date...; empty: not described. */
	type: string;
	required: boolean;
	readOnly: boolean;
	/** In how many of the records that were looked at it holds something; null: nobody looked. */
	filled: number | null;
}

const synonyms: readonly (readonly string[])[] = [
	['birthdate', 'dateofbirth', 'dob', 'personbirthdate'],
	['firstname', 'givenname', 'first'],
	['lastname', 'familyname', 'surname', 'last'],
	['zip', 'zipcode', 'postalcode', 'mailingpostalcode', 'billingpostalcode', 'addresszip'],
	['city', 'mailingcity', 'billingcity', 'addresscity'],
	['state', 'mailingstate', 'billingstate', 'addressstate'],
	['street', 'mailingstreet', 'billingstreet', 'addressline', 'addressline1'],
	['country', 'mailingcountry', 'billingcountry', 'addresscountry'],
	['email', 'emailaddress', 'personemail'],
	['mobile', 'mobilephone', 'personmobilephone', 'cell', 'cellphone'],
	['homephone', 'home', 'personhomephone'],
	['gender', 'sex', 'healthcloudgagender', 'personsex'],
];
const groupOf = new Map(synonyms.flatMap((words) => words.map((word) => [word, words[0] as string] as const)));

const plain = (name: string): string =>
	name
		.toLowerCase()
		.replace(/__(c|pc)$/, '')
		.replace(/[^a-z0-9]/g, '');
const known = (name: string): string => groupOf.get(plain(name)) ?? plain(name);

/** The last words of a path: General.Name.FirstName is FirstName, phones[type=mobile].number is mobile. */
function wordsOf(source: Source): string[] {
	const steps = source.path.split(/\.(?![^[]*\])/);
	const filters = [...source.path.matchAll(/=([^\]]+)\]/g)].map((found) => found[1] ?? '');
	const last = steps.at(-1) ?? '';
	return [...filters, ...(filters.length ? [] : [last, steps.slice(-2).join('')]), source.label].map(known).filter(Boolean);
}

/** Which types of the EMR's fields go into which of the CRM's: anything goes into a text. */
const narrow: Record<string, readonly string[]> = {
	date: ['date', 'datetime', 'text', ''],
	datetime: ['datetime', 'text', ''],
	bool: ['bool', ''],
	number: ['number', ''],
	reference: ['reference', 'id'],
	id: ['id'],
};
const fits = (source: Source, field: FieldInfo): boolean => narrow[field.type]?.includes(source.type) ?? true;

const roles: Record<string, RowSpec['role']> = { firstname: 'first_name', lastname: 'last_name', birthdate: 'birth_date' };
const types: Record<string, string> = {
	date: 'date',
	datetime: 'datetime',
	bool: 'bool',
	number: 'number',
	email: 'email',
	phone: 'phone',
	picklist: 'choice',
	reference: 'id',
	id: 'id',
};

/** The row that joins the two, with what is known of both; roles that are held already are left out. */
export function rowFor(source: Source, field: FieldInfo, rows: readonly RowSpec[]): RowSpec {
	const word = known(field.name);
	const role = roles[word];
	const free = role !== undefined && !rows.some((row) => row.role === role);
	const type = role === 'birth_date' ? 'date' : role ? 'name' : word === 'state' || word === 'country' ? word : types[field.type];
	const oneWay = source.readOnly;
	return {
		name: source.label,
		emr: source.path,
		crm: field.name,
		...(type ? { type } : {}),
		...(oneWay ? { direction: 'emr_to_crm' as const } : {}),
		...(free ? { role } : {}),
	};
}

export function matchByName(sources: readonly Source[], fields: readonly FieldInfo[], rows: readonly RowSpec[], taken: readonly string[] = []): RowSpec[] {
	const used = new Set([...rows.map((row) => row.crm ?? ''), ...taken]);
	const mapped = new Set(rows.flatMap((row) => (Array.isArray(row.emr) ? row.emr : row.emr ? [row.emr] : [])));
	const byName = new Map<string, FieldInfo[]>();
	// Of two that are called alike, Salesforce's own comes first.
	for (const field of [...fields].sort((a, b) => Number(a.name.endsWith('__c')) - Number(b.name.endsWith('__c')))) {
		if (!field.updateable || !field.createable) continue;
		for (const word of new Set([known(field.name), known(field.label ?? '')])) if (word) byName.set(word, [...(byName.get(word) ?? []), field]);
	}
	const made: RowSpec[] = [];
	for (const source of sources) {
		if (mapped.has(source.path)) continue;
		const found = wordsOf(source)
			.flatMap((word) => byName.get(word) ?? [])
			.find((field) => !used.has(field.name) && fits(source, field));
		if (!found) continue;
		used.add(found.name);
		made.push(rowFor(source, found, [...rows, ...made]));
	}
	return made;
}

export interface Guess {
	emr: string;
	crm: string;
	alike: number;
	of: number;
}

/** Suggestions by data that are not mapped yet on either side. */
export function openGuesses(guesses: readonly Guess[], rows: readonly RowSpec[]): Guess[] {
	const used = new Set(rows.map((row) => row.crm));
	const mapped = new Set(rows.flatMap((row) => (Array.isArray(row.emr) ? row.emr : row.emr ? [row.emr] : [])));
	return guesses.filter((guess) => !used.has(guess.crm) && !mapped.has(guess.emr));
}

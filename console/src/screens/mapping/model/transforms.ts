// Transforms as controls: which arguments a kind takes, and the way between the controls and what stands in the row. docs/MAPPING.md is the manual.
import type { Json } from './types';

export interface Argument {
	/** The key in the row's transform; the kind's own name for its main argument. */
	key: string;
	label: string;
	/** For a choice; without them a text. */
	options?: readonly string[];
	number?: boolean;
	/** Pairs, "word = other word", one a line. */
	pairs?: boolean;
	hint?: string;
}

const emr = (options: readonly string[]): Argument => ({ key: 'emr', label: 'Spelling in the EMR', options });

export const transformArguments: Record<string, readonly Argument[]> = {
	phone: [
		{ key: 'phone', label: 'Spelling in Salesforce', options: ['keep', 'us', 'dashes', 'digits', 'e164'] },
		emr(['', 'keep', 'us', 'dashes', 'digits', 'e164']),
	],
	join: [{ key: 'join', label: 'Separator' }],
	split: [
		{ key: 'split', label: 'Separator' },
		{ key: 'part', label: 'Part', number: true, hint: 'From 1; negative parts count from the end' },
	],
	prefix: [{ key: 'prefix', label: 'Text in front' }],
	suffix: [{ key: 'suffix', label: 'Text behind' }],
	truncate: [{ key: 'truncate', label: 'Characters', number: true }],
	constant: [{ key: 'constant', label: 'Value' }],
	map: [
		{ key: 'map', label: 'Words', pairs: true, hint: 'EMR word = Salesforce word, one a line' },
		{ key: 'else', label: 'Other words', options: ['keep', 'blank', 'fail'] },
	],
	date: [{ key: 'date', label: 'Format in the EMR', hint: 'YYYY-MM-DD, M/D/YYYY' }],
	datetime: [{ key: 'datetime', label: 'Form in the EMR', options: ['', 'seconds', 'ms'] }],
	number: [{ key: 'number', label: 'Form in the EMR', options: ['', 'text'] }],
	state: [{ key: 'state', label: 'Spelling in Salesforce', options: ['code', 'name'] }, emr(['', 'code', 'name'])],
	country: [{ key: 'country', label: 'Spelling in Salesforce', options: ['code', 'name', 'code3'] }, emr(['', 'code', 'name', 'code3'])],
};

/** A chain, or options that have no controls: edited as text. */
export const isPlain = (transform: Json | undefined): boolean => {
	if (transform === undefined || transform === null || typeof transform === 'string') return true;
	if (typeof transform !== 'object' || Array.isArray(transform)) return false;
	const kind = kindOf(transform);
	const known = transformArguments[kind];
	return (
		known !== undefined &&
		Object.keys(transform).every((key) => known.some((argument) => argument.key === key) && (typeof transform[key] !== 'object' || key === 'map'))
	);
};

export function kindOf(transform: Json | undefined): string {
	if (transform === undefined || transform === null) return 'none';
	if (typeof transform === 'string') return transform;
	if (typeof transform !== 'object' || Array.isArray(transform)) return '';
	return Object.keys(transform).find((key) => key in transformArguments && key !== 'emr') ?? Object.keys(transform)[0] ?? 'none';
}

export function argumentOf(transform: Json | undefined, argument: Argument): string {
	const value = typeof transform === 'object' && transform !== null && !Array.isArray(transform) ? transform[argument.key] : undefined;
	if (value === undefined || value === null) return '';
	if (argument.pairs && typeof value === 'object')
		return Object.entries(value)
			.map(([from, to]) => `${from} = ${String(to)}`)
			.join('\n');
	return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const pairsOf = (text: string): { [key: string]: Json } =>
	Object.fromEntries(
		text
			.split('\n')
			.map((line) => line.split('='))
			.filter(([from]) => from?.trim())
			.map(([from, ...to]) => [(from ?? '').trim(), to.join('=').trim()]),
	);

function valueOf(text: string, argument: Argument): Json {
	if (argument.pairs) return pairsOf(text);
	return argument.number && /^-?\d+$/.test(text) ? Number(text) : text;
}

/** The transform with one argument changed. */
export function withArgument(transform: Json | undefined, argument: Argument, text: string): Json {
	const kind = kindOf(transform);
	const old = typeof transform === 'object' && transform !== null && !Array.isArray(transform) ? transform : { [kind]: '' };
	const next: { [key: string]: Json } = { ...old, [argument.key]: valueOf(text, argument) };
	const empty = (key: string) => next[key] === '' && key !== kind;
	const kept = Object.fromEntries(Object.entries(next).filter(([key]) => !empty(key)));
	return Object.keys(kept).length === 1 && kept[kind] === '' && argument.options ? kind : kept;
}

/** What a kind begins with. */
export function transformOfKind(kind: string): Json | undefined {
	if (kind === 'none') return undefined;
	const starts: Record<string, Json> = {
		truncate: { truncate: 40 },
		constant: { constant: '' },
		map: { map: {}, else: 'keep' },
		prefix: { prefix: '' },
		suffix: { suffix: '' },
		split: { split: ',', part: 1 },
		join: { join: ' ' },
	};
	return starts[kind] ?? kind;
}

/** In a few words, for a row. */
export function transformText(transform: Json | undefined): string {
	if (transform === undefined || transform === null || transform === 'none') return '';
	if (typeof transform === 'string') return transform;
	if (Array.isArray(transform)) return transform.map((one) => transformText(one)).join(', ');
	const kind = kindOf(transform);
	if (kind === 'map') return `map of ${Object.keys((typeof transform === 'object' && transform['map']) || {}).length} words`;
	const main = typeof transform === 'object' ? transform[kind] : undefined;
	return typeof main === 'string' || typeof main === 'number' ? `${kind} ${kind === 'constant' ? `“${main}”` : main}` : kind;
}

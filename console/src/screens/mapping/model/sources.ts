// The left column: every field of the EMR that there is, and the rows that read it.
import type { Source } from './match';
import { isConstant, pathsOf } from './rows';
import type { FieldInfo, Row } from './types';

/** A line of the mapper: a source with the row that maps it, or one without; a row without a source is a constant. */
export interface Line {
	key: string;
	source: Source | null;
	row: Row | null;
	/** All its paths, where it reads several. */
	paths: readonly string[];
}

/** phones.number of phones[type=mobile].number */
export const describedName = (path: string): string => path.replace(/\[[^\]]*\]/g, '').replace(/"/g, '');

const title = (path: string): string => {
	const filters = [...path.matchAll(/=([^\]]+)\]/g)].map((found) => found[1]);
	const last = describedName(path).split('.').at(-1) ?? path;
	const words = last.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/[_-]+/g, ' ');
	return filters.length ? `${words} (${filters.join(', ')})` : words.charAt(0).toUpperCase() + words.slice(1);
};

function sourceOf(path: string, fields: Map<string, FieldInfo>, filled: number | null): Source {
	const field = fields.get(describedName(path));
	const plainName = path === describedName(path);
	return {
		path,
		label: field?.label && plainName ? field.label : title(path),
		type: field && field.type !== 'other' ? field.type : '',
		required: (plainName && field?.required) ?? false,
		readOnly: field ? !field.createable && !field.updateable : false,
		filled,
	};
}

/** Described fields, and what real records hold beside them. A list is known by its elements, once records were looked at. */
export function sourcesOf(described: readonly FieldInfo[], found: readonly { path: string; filled: number }[]): Source[] {
	const fields = new Map(described.map((field) => [field.name, field]));
	const filled = new Map(found.map((one) => [one.path, one.filled]));
	const lists = new Set(found.filter(({ path }) => path.includes('[')).map(({ path }) => describedName(path)));
	const parents = new Set(
		found.flatMap(({ path }) =>
			describedName(path)
				.split('.')
				.slice(0, -1)
				.map((_, index, steps) => steps.slice(0, index + 1).join('.')),
		),
	);
	const seen = found.length > 0;
	const plain = described.filter(({ name }) => !lists.has(name) && !(seen && parents.has(name)));
	const known = new Set(plain.map(({ name }) => name));
	const beside = found.filter(({ path }) => !known.has(path) && !path.startsWith('attributes.'));
	return [
		...plain.map(({ name }) => sourceOf(name, fields, seen ? (filled.get(name) ?? 0) : null)),
		...beside.map(({ path, filled: n }) => sourceOf(path, fields, n)),
	];
}

export function linesOf(sources: readonly Source[], rows: readonly Row[]): Line[] {
	const byPath = new Map(sources.map((source) => [source.path, source]));
	const of = new Map<string, Row[]>();
	const others: Row[] = [];
	for (const row of rows) {
		const [first] = pathsOf(row.spec);
		if (first !== undefined && byPath.has(first) && !isConstant(row.spec)) of.set(first, [...(of.get(first) ?? []), row]);
		else others.push(row);
	}
	const lineOf = (row: Row, source: Source | null, key = `row ${row.id}`): Line => ({ key, source, row, paths: pathsOf(row.spec) });
	// A source's line keeps its key when it is mapped, so that whoever stands in it stays there.
	const lines = sources.flatMap((source): Line[] => {
		const mine = of.get(source.path);
		const key = `path ${source.path}`;
		return mine ? mine.map((row, index) => lineOf(row, source, index ? undefined : key)) : [{ key, source, row: null, paths: [source.path] }];
	});
	const noFields = new Map<string, FieldInfo>();
	const rest = others.map((row) => {
		const [first] = pathsOf(row.spec);
		return lineOf(row, first === undefined ? null : sourceOf(first, noFields, null));
	});
	return [...lines, ...rest];
}

/** Do both draw the same? Lines are made anew with each change. */
export const sameLine = (a: Line, b: Line): boolean =>
	a.key === b.key && a.row === b.row && (a.source === b.source || (a.row !== null && a.source?.path === b.source?.path));

/** Everything that a line can be found by. */
export function textOf(line: Line, crm: FieldInfo | undefined): string {
	const { source, row } = line;
	return [
		source?.label,
		...line.paths,
		source?.type,
		source?.required && 'required',
		row?.spec.name,
		row?.spec.crm,
		crm?.label,
		crm?.type,
		crm?.external_id && 'external id',
		crm?.required && 'required',
		row && 'mapped',
		JSON.stringify(row?.spec.transform ?? ''),
	]
		.filter(Boolean)
		.join(' ')
		.toLowerCase();
}

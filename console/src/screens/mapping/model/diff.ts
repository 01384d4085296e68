// Two versions of a set-up, line by line: settings, rows that came, went or changed.
import type { Json, RowSpec } from './types';

export interface Change {
	/** "Row Email", "Setting create" */
	what: string;
	before: string | null;
	after: string | null;
}

const spelt = (value: Json | undefined): string | null =>
	value === undefined || value === null ? null : typeof value === 'string' ? value : JSON.stringify(value);

/** A row as a person reads it: "General.Name.FirstName to FirstName, type name". */
export function rowText(spec: RowSpec): string {
	const from = spec.emr === undefined ? 'a constant' : Array.isArray(spec.emr) ? spec.emr.join(' + ') : spec.emr;
	const more = (['type', 'transform', 'direction', 'winner', 'blank', 'role'] as const)
		.filter((name) => spec[name] !== undefined)
		.map((name) => `${name} ${spelt(spec[name] as Json)}`);
	return [`${from} to ${spec.crm ?? '?'}`, ...more].join(', ');
}

function rowChanges(before: readonly RowSpec[], after: readonly RowSpec[], what: string): Change[] {
	const old = new Map(before.map((spec) => [spec.crm ?? '', spec]));
	const now = new Map(after.map((spec) => [spec.crm ?? '', spec]));
	const changes: Change[] = [];
	for (const [crm, spec] of now) {
		const was = old.get(crm);
		const [left, right] = [was ? rowText(was) : null, rowText(spec)];
		if (left !== right || was?.name !== spec.name) changes.push({ what: `${what} ${spec.name ?? crm}`, before: left, after: right });
	}
	for (const [crm, spec] of old) if (!now.has(crm)) changes.push({ what: `${what} ${spec.name ?? crm}`, before: rowText(spec), after: null });
	return changes;
}

export interface Version {
	document: { [key: string]: Json };
	fields: readonly RowSpec[];
	live_fields: readonly RowSpec[] | null;
}

export function changesOf(before: Version, after: Version): Change[] {
	const names = new Set([...Object.keys(before.document), ...Object.keys(after.document)]);
	for (const own of ['mapping', 'live_mapping']) names.delete(own);
	const settings = [...names]
		.map((name) => ({ what: `Setting ${name}`, before: spelt(before.document[name]), after: spelt(after.document[name]) }))
		.filter((change) => change.before !== change.after);
	const live: Change[] = before.live_fields && after.live_fields ? rowChanges(before.live_fields, after.live_fields, 'Real-time row') : [];
	const own: Change[] =
		Boolean(before.live_fields) === Boolean(after.live_fields)
			? []
			: [{ what: 'Real-time mapping', before: before.live_fields ? 'its own' : 'the same', after: after.live_fields ? 'its own' : 'the same' }];
	return [...settings, ...own, ...rowChanges(before.fields, after.fields, 'Row'), ...live];
}

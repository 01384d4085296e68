// What is wrong with a row at once, without asking anybody. The API's check says the rest.
import { isConstant, pathsOf } from './rows';
import type { FieldInfo, Problem, Row, Setup } from './types';

export type Wrong = ReadonlyMap<number, string>;

function wrongWith(row: Row, fields: ReadonlyMap<string, FieldInfo>, first: ReadonlyMap<string, Row>): string | undefined {
	const { spec } = row;
	if (!spec.crm) return 'Choose the Salesforce field';
	const rival = first.get(spec.crm);
	if (rival && rival !== row) return `${spec.crm} is filled by ${rival.spec.name ?? rival.spec.crm} already. Choose another field`;
	if (!isConstant(spec) && pathsOf(spec).length === 0) return 'Choose the field that it is read from';
	const field = fields.get(spec.crm);
	if (fields.size > 0 && !field && !spec.crm.includes('.')) return `Salesforce has no field ${spec.crm} that our user may see`;
	if (field && spec.direction !== 'crm_to_emr' && !field.createable && !field.updateable)
		return `${spec.crm} is read-only in Salesforce. Set the direction to Salesforce to EMR, or choose another field`;
	return undefined;
}

export function wrongRows(rows: readonly Row[], fields: ReadonlyMap<string, FieldInfo>): Wrong {
	const first = new Map<string, Row>();
	for (const row of rows) if (row.spec.crm && !first.has(row.spec.crm)) first.set(row.spec.crm, row);
	const wrong = new Map<number, string>();
	for (const row of rows) {
		const why = wrongWith(row, fields, first);
		if (why) wrong.set(row.id, why);
	}
	return wrong;
}

/** What the API found, by row; it holds until somebody changes that row. */
export interface Found {
	problem: Problem;
	/** The row as it was checked; null: it is about no row. */
	row: Row | null;
}

export function foundIn(problems: readonly Problem[], setup: Setup): Found[] {
	return problems.map((problem) => {
		const list = problem.list === 'live_mapping' ? setup.live : setup.rows;
		return { problem, row: problem.row === null ? null : (list?.[problem.row] ?? null) };
	});
}

export const stillHolds = (found: Found, rows: readonly Row[]): boolean => found.row === null || rows.includes(found.row);

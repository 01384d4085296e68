// Rows and setups: made of what the API says, changed, and made into a document again. Pure.
import type { Blank, Json, Row, RowSpec, Settings, Setup, SyncDocument, Winner } from './types';

export const pathsOf = (spec: RowSpec): string[] => (spec.emr === undefined ? [] : Array.isArray(spec.emr) ? spec.emr : [spec.emr]);

export const isConstant = (spec: RowSpec): boolean =>
	typeof spec.transform === 'object' && spec.transform !== null && !Array.isArray(spec.transform) && 'constant' in spec.transform;

/** The list that is edited: of batches, or of real time. */
export type Which = 'rows' | 'live';
export const rowsOf = (setup: Setup, which: Which): readonly Row[] => (which === 'live' && setup.live ? setup.live : setup.rows);
const withRows = (setup: Setup, which: Which, rows: readonly Row[]): Setup => (which === 'live' && setup.live ? { ...setup, live: rows } : { ...setup, rows });

function numbered(specs: readonly RowSpec[], from: number): Row[] {
	return specs.map((spec, index) => ({ id: from + index, spec }));
}

export function addRows(setup: Setup, which: Which, specs: readonly RowSpec[]): Setup {
	if (specs.length === 0) return setup;
	const made = numbered(specs, setup.nextId);
	return { ...withRows(setup, which, [...rowsOf(setup, which), ...made]), nextId: setup.nextId + specs.length };
}

/** Members that say nothing go away, so that what is saved is what somebody meant. */
function tidy(spec: RowSpec): RowSpec {
	const entries = Object.entries(spec).filter(
		([name, value]) =>
			value !== undefined && value !== '' && !(name === 'role' && value === 'none') && !(name === 'transform' && (value === null || value === 'none')),
	);
	return Object.fromEntries(entries);
}

export function editRow(setup: Setup, which: Which, id: number, edit: Partial<RowSpec>): Setup {
	return withRows(
		setup,
		which,
		rowsOf(setup, which).map((row) => (row.id === id ? { id, spec: tidy({ ...row.spec, ...edit }) } : row)),
	);
}

/** The same to many rows at once. */
export function editRows(setup: Setup, which: Which, ids: ReadonlySet<number>, edit: Partial<RowSpec>): Setup {
	return withRows(
		setup,
		which,
		rowsOf(setup, which).map((row) => (ids.has(row.id) ? { id: row.id, spec: tidy({ ...row.spec, ...edit }) } : row)),
	);
}

export function removeRows(setup: Setup, which: Which, ids: ReadonlySet<number>): Setup {
	return withRows(
		setup,
		which,
		rowsOf(setup, which).filter((row) => !ids.has(row.id)),
	);
}

/** All rows anew: a ready mapping, a file. */
export function replaceRows(setup: Setup, which: Which, specs: readonly RowSpec[], ready: string | null = null): Setup {
	const rows = numbered(specs, setup.nextId);
	const next = { ...withRows(setup, which, rows), nextId: setup.nextId + specs.length };
	return which === 'rows' ? { ...next, ready } : next;
}

/** R38: a mapping of its own begins with the rows of the other. */
export function ownLive(setup: Setup, own: boolean): Setup {
	if (!own) return { ...setup, live: null };
	if (setup.live) return setup;
	const specs = setup.rows.map(({ spec: { role: _role, ...spec } }) => spec);
	return { ...setup, live: numbered(specs, setup.nextId), nextId: setup.nextId + specs.length };
}

// ---- from and to the API ----

type Policy = Record<string, { winner?: Winner; blank?: Blank }>;

/** The policy that lies over a mapping goes into its rows: what stands in the editor is what holds. */
function withPolicy(specs: readonly RowSpec[], policy: Policy | undefined): RowSpec[] {
	return specs.map((spec) => ({ ...spec, ...policy?.[spec.name ?? ''], ...policy?.[spec.crm ?? ''] }));
}

export function setupOf(told: SyncDocument): Setup {
	const { mapping, policy, ...settings } = told.document;
	delete settings['live_mapping'];
	const rows = numbered(withPolicy(told.fields, policy as Policy | undefined), 1);
	const live = told.live_fields && numbered(withPolicy(told.live_fields, policy as Policy | undefined), rows.length + 1);
	return {
		name: told.name,
		version: told.version,
		settings: settings as Settings,
		ready: typeof mapping === 'string' && !policy ? mapping : null,
		rows,
		live,
		nextId: rows.length + (live?.length ?? 0) + 1,
	};
}

export const freshSetup = (integration: string): Setup => ({
	name: '',
	version: 0,
	settings: { integration, emr_object: '', crm_object: '', crm_id_field: '', create: true },
	ready: null,
	rows: [],
	live: null,
	nextId: 1,
});

const specsOf = (rows: readonly Row[]): RowSpec[] => rows.map(({ spec }) => spec);

/** A ready mapping is kept by its name as long as nobody changed its rows. */
export function documentOf(setup: Setup, readyRows?: readonly RowSpec[]): { [key: string]: Json } {
	const rows = specsOf(setup.rows);
	const untouched = setup.ready !== null && readyRows !== undefined && JSON.stringify(rows) === JSON.stringify(readyRows);
	const settings = Object.fromEntries(Object.entries(setup.settings).filter(([, value]) => value !== undefined && value !== ''));
	return {
		...(settings as { [key: string]: Json }),
		mapping: untouched ? setup.ready : ({ fields: rows } as unknown as Json),
		...(setup.live ? { live_mapping: { fields: specsOf(setup.live) } as unknown as Json } : {}),
	};
}

/** "patients" of patient and Account; with a number where the name is taken. */
export function nameFor(emrObject: string, taken: readonly string[]): string {
	const plain = emrObject.toLowerCase().replace(/[^a-z0-9_-]+/g, '-') || 'sync';
	const many = /s$/.test(plain) ? plain : `${plain}s`;
	for (let n = 1; ; n++) {
		const name = n === 1 ? many : `${many}-${n}`;
		if (!taken.includes(name)) return name;
	}
}

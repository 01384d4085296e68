// What the mapping screens speak of. Row specs are those of docs/MAPPING.md, as the API takes and gives them.

export type Direction = 'both' | 'emr_to_crm' | 'crm_to_emr';
export type Winner = 'emr' | 'crm' | 'newest' | 'review';
export type Blank = 'keep' | 'clear';
export type Role = 'none' | 'first_name' | 'last_name' | 'birth_date';
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

export interface RowSpec {
	name?: string;
	emr?: string | string[];
	crm?: string;
	type?: string;
	transform?: Json;
	direction?: Direction;
	winner?: Winner;
	blank?: Blank;
	role?: Role;
}

/** A row in the editor. Its id is its own as long as the editor is open. */
export interface Row {
	readonly id: number;
	readonly spec: RowSpec;
}

/** A sync's document but for its mappings: what stands beside `mapping` in the configuration. */
export interface Settings {
	integration: string;
	emr_object: string;
	crm_object: string;
	crm_id_field: string;
	create?: boolean;
	crm_where?: string;
	crm_create?: Record<string, Json>;
	[other: string]: Json | undefined;
}

/** Everything that is edited; each change makes a new one. */
export interface Setup {
	readonly name: string;
	/** That it was made from; 0: a new sync. */
	readonly version: number;
	readonly settings: Settings;
	/** The ready mapping that the rows came from. */
	readonly ready: string | null;
	readonly rows: readonly Row[];
	/** R38: of what comes in real time; null: the same rows. */
	readonly live: readonly Row[] | null;
	readonly nextId: number;
}

export interface FieldInfo {
	name: string;
	label: string | null;
	type: string;
	length: number;
	required: boolean;
	createable: boolean;
	updateable: boolean;
	external_id: boolean;
	unique: boolean;
	restricted: boolean;
	picklist: string[];
}

export interface ObjectInfo {
	name: string;
	label: string | null;
	fields: FieldInfo[];
	record_types: { id: string; name: string }[];
}

export interface Ready {
	name: string;
	rows: number;
	fits_emr: number;
	fits_crm: number;
	fields: RowSpec[];
}

export interface Described {
	emr: ObjectInfo;
	crm: ObjectInfo;
	ready: Ready[];
}

/** What the API says of a sync or one of its versions. */
export interface SyncDocument {
	name: string;
	version: number;
	at: string | null;
	who: string;
	why: string | null;
	document: { [key: string]: Json };
	fields: RowSpec[];
	live_fields: RowSpec[] | null;
}

export interface Problem {
	level: 'ok' | 'warning' | 'error';
	list: 'mapping' | 'live_mapping' | null;
	row: number | null;
	field: string | null;
	text: string;
}

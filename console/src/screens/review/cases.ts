// Kinds of cases and their words.
import type { Side } from '../records/types';

export type CaseKind = 'several' | 'linked' | 'near' | 'survivor' | 'gone' | 'race';

export interface Case {
	id: number;
	kind: CaseKind;
	side: Side;
	record: string;
	others: string[];
	reason: string | null;
	at: string | null;
}
export type CaseCounts = { sync: string } & Record<CaseKind, number>;

interface KindText {
	kind: CaseKind;
	title: string;
	/** What such a case is, for an empty list and above a case. */
	what: string;
}

export const kinds: readonly KindText[] = [
	{ kind: 'several', title: 'Several fit', what: 'A record whose name and birth date fit several others is linked with none of them.' },
	{ kind: 'linked', title: 'Linked already', what: 'The only record that fits is linked to another one, or was unlinked by a person.' },
	{ kind: 'near', title: 'Near matches', what: 'These two may be one person: names in another form or order, or day and month exchanged.' },
	{ kind: 'gone', title: 'Deleted', what: 'The counterpart was deleted, and the pair ended. The record that is left stays as it is.' },
	{ kind: 'race', title: 'Changed and deleted', what: 'The counterpart was deleted while this record was changed: the change met nobody.' },
	{ kind: 'survivor', title: 'Merged', what: 'A record was merged into one that is linked too: one of the two pairs has to be unlinked.' },
];

const unknown: KindText = { kind: 'several', title: 'Case', what: 'This kind of case is not known.' };
export const kindText = (kind: string): KindText => kinds.find((one) => one.kind === kind) ?? unknown;
export const casePath = (sync: string, one: Pick<Case, 'kind' | 'id'>): string => `/review/${encodeURIComponent(sync)}/${one.kind}/${one.id}`;

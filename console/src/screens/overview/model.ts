// What the overview is made of, and the sums behind its charts. Hours come in UTC and are shown in the reader's own time.
import type { Series } from '../../ui';

/** One hour of one sync. */
export interface Hour {
	hour: string;
	sync: string | null;
	to_crm: number;
	to_emr: number;
	failed: number;
}

export interface Step {
	key: 'account' | 'crm' | 'emr' | 'integration' | 'sync' | 'preview' | 'import' | 'real_time';
	title: string;
	done: boolean;
	path: string;
}

export interface Checklist {
	items: Step[];
	done: number;
}

export interface Schedule {
	sync: string | null;
	state: string;
	next: string[];
}

type Figures = Pick<Hour, 'to_crm' | 'to_emr' | 'failed'>;

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short', day: 'numeric' });

export const sumOf = (hours: readonly Hour[]): Figures =>
	hours.reduce((all, one) => ({ to_crm: all.to_crm + one.to_crm, to_emr: all.to_emr + one.to_emr, failed: all.failed + one.failed }), {
		to_crm: 0,
		to_emr: 0,
		failed: 0,
	});

export const since = (hours: readonly Hour[], ms: number, now = Date.now()): Hour[] => hours.filter(({ hour }) => new Date(hour).getTime() > now - ms);

export interface Slots {
	labels: string[];
	figures: Figures[];
}

/** The last `many` slots of time, each with what happened in it. `begin` is when a slot begins that a moment lies in. */
function slots(hours: readonly Hour[], begins: readonly number[], label: (at: number) => string): Slots {
	const figures = begins.map((from, index) => {
		const to = begins[index + 1] ?? Infinity;
		return sumOf(hours.filter(({ hour }) => new Date(hour).getTime() >= from && new Date(hour).getTime() < to));
	});
	return { labels: begins.map(label), figures };
}

export function lastDay(hours: readonly Hour[], now = Date.now()): Slots {
	const first = Math.floor(now / hourMs) * hourMs - 23 * hourMs;
	const begins = Array.from({ length: 24 }, (_, index) => first + index * hourMs);
	return slots(hours, begins, (at) => clock.format(at));
}

/** By the reader's own days, so that a day that is an hour shorter is one day as well. */
export function lastWeek(hours: readonly Hour[], now = Date.now()): Slots {
	const begins = Array.from({ length: 7 }, (_, index) => {
		const day = new Date(now - (6 - index) * dayMs);
		day.setHours(0, 0, 0, 0);
		return day.getTime();
	});
	return slots(hours, begins, (at) => weekday.format(at));
}

export const seriesOf = ({ figures }: Slots): Series[] => [
	{ name: 'To Salesforce', values: figures.map(({ to_crm: written }) => written), tone: 'info' },
	{ name: 'To the EMR', values: figures.map(({ to_emr: written }) => written), tone: 'good' },
	{ name: 'Failed', values: figures.map(({ failed }) => failed), tone: 'bad' },
];

// Numbers, times and lengths of time as people read them, by the reader's own locale.

const numbers = new Intl.NumberFormat();
const dateTimes = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' });
const dates = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });

export const number = (value: number): string => numbers.format(value);

/** "1 problem", "2 problems", "1,204 people". */
export function count(value: number, one: string, many = `${one}s`): string {
	return `${number(value)} ${value === 1 ? one : many}`;
}

/** With date, time and zone. Takes what the API gives: milliseconds, or a text of ISO 8601. */
export const fullTime = (at: number | string): string => dateTimes.format(new Date(at));
export const date = (at: number | string): string => dates.format(new Date(at));

const units: [Intl.RelativeTimeFormatUnit, number][] = [
	['day', 86_400_000],
	['hour', 3_600_000],
	['minute', 60_000],
];

/** "2 min. ago", "in 3 hr."; over a week ago, the date. */
export function relativeTime(at: number | string, now = Date.now()): string {
	const gap = new Date(at).getTime() - now;
	const size = Math.abs(gap);
	if (size < 45_000) return gap > 5_000 ? 'in a moment' : 'just now';
	if (size > 7 * 86_400_000) return date(at);
	for (const [unit, ms] of units) {
		if (size >= ms * 0.9) return relative.format(Math.round(gap / ms), unit).replace('.', '');
	}
	return 'just now';
}

/** "850 ms", "12 s", "1 m 12 s", "2 h 5 m", "3 d 4 h". */
export function duration(ms: number): string {
	if (ms < 1000) return `${Math.round(ms)} ms`;
	const seconds = Math.round(ms / 1000);
	const steps: [string, number, string, number][] = [
		['d', 86_400, 'h', 3600],
		['h', 3600, 'm', 60],
		['m', 60, 's', 1],
	];
	for (const [big, bigSize, small, smallSize] of steps) {
		if (seconds < bigSize) continue;
		const rest = Math.floor((seconds % bigSize) / smallSize);
		return rest ? `${Math.floor(seconds / bigSize)} ${big} ${rest} ${small}` : `${Math.floor(seconds / bigSize)} ${big}`;
	}
	return `${seconds} s`;
}

/** Words of the API as a sentence: with a capital letter, and an end. */
export function sentence(text: string): string {
	const first = text.charAt(0).toLocaleUpperCase() + text.slice(1);
	return /[.!?]$/.test(first) ? first : `${first}.`;
}

export function bytes(size: number): string {
	if (size < 1024) return `${size} B`;
	return size < 1024 * 1024 ? `${(size / 1024).toFixed(1)} KB` : `${(size / 1024 / 1024).toFixed(1)} MB`;
}

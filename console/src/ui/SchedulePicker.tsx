// When something runs by itself: a few plain choices that become a sentence the service understands ("weekdays at 02:00"), or the sentence or RFC 5545 rule
// itself. The service says it back in words with the next runs; `preview` shows that.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Checkbox, TextField } from './Field';
import { Select } from './Select';

export interface Schedule {
	/** "every 15 minutes", "weekdays at 02:00", "FREQ=..." */
	rule: string;
	/** "America/Chicago" */
	zone: string;
}

type Kind = 'minutes' | 'hours' | 'daily' | 'weekdays' | 'weekly' | 'monthly' | 'once' | 'own';

const kinds: { value: Kind; label: string }[] = [
	{ value: 'minutes', label: 'Every few minutes' },
	{ value: 'hours', label: 'Every few hours' },
	{ value: 'daily', label: 'Every day' },
	{ value: 'weekdays', label: 'Monday to Friday' },
	{ value: 'weekly', label: 'On days of the week' },
	{ value: 'monthly', label: 'On the first of each month' },
	{ value: 'once', label: 'Once' },
	{ value: 'own', label: 'A rule of your own' },
];
const days = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
const title = (day: string) => day.charAt(0).toUpperCase() + day.slice(1);

interface Parts {
	kind: Kind;
	every: string;
	time: string;
	days: string[];
	moment: string;
	own: string;
}

const plain: Parts = { kind: 'daily', every: '15', time: '02:00', days: ['monday'], moment: '', own: '' };

/** Read back from a rule that we wrote; anything else is a rule of somebody's own. */
export function partsOf(rule: string): Parts {
	const patterns: [RegExp, (found: RegExpExecArray) => Partial<Parts>][] = [
		[/^every (\d+) minutes$/, ([, every = '']) => ({ kind: 'minutes', every })],
		[/^every (\d+) hours$/, ([, every = '']) => ({ kind: 'hours', every })],
		[/^(daily|weekdays|monthly) at (\d\d:\d\d)$/, ([, kind, time = '']) => ({ kind: kind as Kind, time })],
		[/^once (.+)$/, ([, moment = '']) => ({ kind: 'once', moment })],
		[
			/^((?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)(?: and \w+day)*) at (\d\d:\d\d)$/,
			([, list = '', time = '']) => ({ kind: 'weekly', days: list.split(' and '), time }),
		],
	];
	for (const [pattern, read] of patterns) {
		const found = pattern.exec(rule);
		if (found) return { ...plain, ...read(found) };
	}
	return rule ? { ...plain, kind: 'own', own: rule } : plain;
}

export function ruleOf(parts: Parts): string {
	const rules: Record<Kind, () => string> = {
		minutes: () => `every ${parts.every} minutes`,
		hours: () => `every ${parts.every} hours`,
		daily: () => `daily at ${parts.time}`,
		weekdays: () => `weekdays at ${parts.time}`,
		weekly: () => `${days.filter((day) => parts.days.includes(day)).join(' and ')} at ${parts.time}`,
		monthly: () => `monthly at ${parts.time}`,
		once: () => `once ${parts.moment}`,
		own: () => parts.own,
	};
	return rules[parts.kind]();
}

const zones = (): string[] => ['UTC', ...(Intl.supportedValuesOf?.('timeZone') ?? [])];

export interface SchedulePickerProps {
	value: Schedule;
	onValue: (value: Schedule) => void;
	error?: string | undefined;
	/** What the service makes of it: the words and the next three runs. */
	preview?: ComponentChildren;
}

export function SchedulePicker({ value, onValue, error, preview }: SchedulePickerProps) {
	const [parts, setParts] = useState(() => partsOf(value.rule));
	const change = (some: Partial<Parts>) => {
		const next = { ...parts, ...some };
		if (some.kind === 'own' && parts.kind !== 'own') next.own = ruleOf(parts);
		setParts(next);
		onValue({ ...value, rule: ruleOf(next) });
	};
	const hasTime = ['daily', 'weekdays', 'weekly', 'monthly'].includes(parts.kind);
	const choose = (day: string, on: boolean) => change({ days: on ? [...parts.days, day] : parts.days.filter((other) => other !== day) });
	return (
		<div class="stack schedule">
			<div class="schedule-parts">
				<Select label="Runs" value={parts.kind} onValue={(kind) => change({ kind })} options={kinds} />
				{(parts.kind === 'minutes' || parts.kind === 'hours') && (
					<TextField
						label={parts.kind === 'minutes' ? 'Minutes' : 'Hours'}
						type="number"
						min={1}
						max={parts.kind === 'minutes' ? 59 : 23}
						required
						value={parts.every}
						onValue={(every) => change({ every })}
					/>
				)}
				{hasTime && <TextField label="At" type="time" required value={parts.time} onValue={(time) => change({ time })} />}
				{parts.kind === 'once' && <TextField label="When" type="datetime-local" required value={parts.moment} onValue={(moment) => change({ moment })} />}
				<Select
					label="Time zone"
					value={value.zone || 'UTC'}
					onValue={(zone) => onValue({ ...value, zone })}
					options={zones().map((zone) => ({ value: zone, label: zone }))}
				/>
			</div>
			{parts.kind === 'weekly' && (
				<fieldset class="radios is-row">
					<legend>Days</legend>
					{days.map((day) => (
						<Checkbox key={day} label={title(day)} checked={parts.days.includes(day)} onChange={(on) => choose(day, on)} />
					))}
				</fieldset>
			)}
			{parts.kind === 'own' && (
				<TextField
					label="Rule"
					hint="Words such as “weekdays at 02:00”, or a recurrence rule of RFC 5545: FREQ=WEEKLY;BYDAY=MO,WE;BYHOUR=2"
					required
					value={parts.own}
					error={error}
					onValue={(own) => change({ own })}
				/>
			)}
			{parts.kind !== 'own' && error && (
				<div class="error" role="alert">
					{error}
				</div>
			)}
			{preview && (
				<div class="schedule-words" role="status">
					{preview}
				</div>
			)}
		</div>
	);
}

import type { ComponentChildren } from 'preact';
import { cx } from '../lib/cx';
import { Icon } from './Icon';
import type { IconName } from './icons';

export type Tone = 'good' | 'bad' | 'warn' | 'info' | 'idle';

const tones: Record<Tone, string> = {
	good: 'Active Completed Linked Created Updated Healthy Sent Mapped Delivered On Connected Approved',
	bad: 'Failed Errored Aborted Refused Error Broken Expired',
	warn: 'Retrying Degraded Paused Warning Late Cancelled',
	info: 'Queued Running Staged Sending Invited Draft',
	idle: 'Skipped Off Superseded Unmapped Revoked Unlinked None',
};
const toneOf = new Map(Object.entries(tones).flatMap(([tone, words]) => words.split(' ').map((word) => [word, tone as Tone] as const)));
for (const word of ['Completed with errors', 'Needs review', 'Needs sign-in']) toneOf.set(word, 'warn');

/** A status: word and colour. The words are fixed and know their colour; `tone` is for others. */
export function Pill({ children, tone, icon, title }: { children: ComponentChildren; tone?: Tone; icon?: IconName; title?: string }) {
	const colour = tone ?? toneOf.get(String(children)) ?? 'idle';
	return (
		<span class={cx('pill', `is-${colour}`)} title={title}>
			{icon && <Icon name={icon} />}
			{children}
		</span>
	);
}

import { cx } from '../lib/cx';
import type { IconName } from './icons';

/** Decoration beside a word; with `label` it stands alone and says it. */
export function Icon({ name, label, class: extra }: { name: IconName; label?: string; class?: string }) {
	const said = label ? { role: 'img' as const, 'aria-label': label } : { 'aria-hidden': true as const };
	return (
		<svg class={cx('icon', extra)} {...said}>
			<use href={`${SPRITE}#${name}`} />
		</svg>
	);
}

import type { ButtonHTMLAttributes, ComponentChildren, Ref } from 'preact';
import { useId } from 'preact/hooks';
import { cx } from '../lib/cx';
import { Icon } from './Icon';
import type { IconName } from './icons';

type Kind = 'normal' | 'primary' | 'danger' | 'quiet';

export interface ButtonProps extends Omit<ButtonHTMLAttributes, 'icon' | 'disabled' | 'label' | 'ref'> {
	kind?: Kind;
	icon?: IconName;
	/** The name of a button that shows only its icon. */
	label?: string;
	/** At work: a second press does nothing. */
	busy?: boolean;
	/** Why it cannot be pressed now. It stays in the tab order and says so. */
	why?: string | undefined;
	small?: boolean;
	children?: ComponentChildren;
	ref?: Ref<HTMLButtonElement>;
}

export function Button({ kind = 'normal', icon, label, busy, why, small, children, onClick, class: extra, ...rest }: ButtonProps) {
	const id = useId();
	const off = Boolean(why) || Boolean(busy);
	return (
		<>
			<button
				type="button"
				{...rest}
				class={cx('button', `is-${kind}`, small && 'is-small', !children && 'is-icon', busy && 'is-busy', extra as string)}
				aria-label={label}
				aria-disabled={off || undefined}
				aria-busy={busy || undefined}
				aria-describedby={why ? id : rest['aria-describedby']}
				data-tip={why ?? (children ? undefined : label)}
				onClick={(event) => {
					if (off) event.preventDefault();
					else if (typeof onClick === 'function') onClick.call(event.currentTarget, event);
				}}
			>
				{icon && <Icon name={icon} />}
				{children && <span>{children}</span>}
			</button>
			{why && (
				<span id={id} class="only-read">
					{why}
				</span>
			)}
		</>
	);
}

/** A link that looks like a button: it goes somewhere and does nothing else. */
export function ButtonLink({
	href,
	kind = 'normal',
	icon,
	small,
	children,
	download,
}: {
	href: string;
	kind?: Kind;
	icon?: IconName;
	small?: boolean;
	children: ComponentChildren;
	download?: boolean | string;
}) {
	return (
		<a class={cx('button', `is-${kind}`, small && 'is-small')} href={href} download={download}>
			{icon && <Icon name={icon} />}
			<span>{children}</span>
		</a>
	);
}

// A button with a menu, in the top layer: no scrolling parent cuts it off, and it goes up where there is no room below.
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { cx } from '../lib/cx';
import { placeBeside } from '../lib/popover';
import { navigate } from '../router';
import { Icon } from './Icon';
import type { IconName } from './icons';

export interface MenuItem {
	label: string;
	icon?: IconName;
	href?: string;
	run?: () => void;
	danger?: boolean;
	/** Why it cannot be chosen. */
	why?: string | undefined;
	/** One of a group of which one holds. */
	checked?: boolean;
}

function Items({ items, choose }: { items: readonly MenuItem[]; choose: (item: MenuItem) => void }) {
	return (
		<>
			{items.map((item) => (
				<button
					key={item.label}
					type="button"
					role={item.checked === undefined ? 'menuitem' : 'menuitemradio'}
					aria-checked={item.checked}
					tabIndex={-1}
					class={cx(item.danger && 'is-danger')}
					aria-disabled={item.why ? true : undefined}
					data-tip={item.why}
					onClick={() => choose(item)}
				>
					{item.checked !== undefined && <Icon name="check" class={cx(!item.checked && 'is-hidden')} />}
					{item.icon && <Icon name={item.icon} />}
					<span>{item.label}</span>
				</button>
			))}
		</>
	);
}

export function Menu({
	label,
	button,
	icon,
	items,
	class: extra,
}: {
	label: string;
	button?: ComponentChildren;
	icon?: IconName;
	items: readonly MenuItem[];
	class?: string;
}) {
	const id = useId();
	const [open, setOpen] = useState(false);
	const opener = useRef<HTMLButtonElement>(null);
	const list = useRef<HTMLDivElement>(null);
	const entries = () => [...(list.current?.querySelectorAll<HTMLElement>('[role^=menuitem]') ?? [])];

	useEffect(() => {
		if (!open || !list.current || !opener.current) return undefined;
		list.current.showPopover();
		placeBeside(list.current, opener.current);
		entries()[0]?.focus();
		return undefined;
	}, [open]);

	const close = () => {
		list.current?.hidePopover();
		opener.current?.focus();
	};
	const step = (by: number) => {
		const all = entries();
		const at = all.indexOf(document.activeElement as HTMLElement);
		all[(at + by + all.length) % all.length]?.focus();
	};
	const moves: Record<string, () => void> = {
		ArrowDown: () => step(1),
		ArrowUp: () => step(-1),
		Home: () => entries()[0]?.focus(),
		End: () => entries().at(-1)?.focus(),
		Escape: close,
		Tab: () => list.current?.hidePopover(),
	};
	const choose = (item: MenuItem) => {
		if (item.why) return;
		close();
		if (item.href) void navigate(item.href);
		else item.run?.();
	};
	return (
		<>
			<button
				ref={opener}
				type="button"
				class={cx('button', 'is-quiet', !button && 'is-icon', extra)}
				aria-label={label}
				data-tip={button ? undefined : label}
				aria-haspopup="menu"
				aria-expanded={open}
				aria-controls={open ? id : undefined}
				onClick={() => setOpen(!open)}
			>
				{icon && <Icon name={icon} />}
				{button && <span>{button}</span>}
				{button && <Icon name="chevron-down" />}
			</button>
			{open && (
				<div
					ref={list}
					id={id}
					class="menu"
					role="menu"
					aria-label={label}
					popover="auto"
					onToggle={(event) => event.newState === 'closed' && setOpen(false)}
					onKeyDown={(event) => {
						const move = moves[event.key];
						if (!move) return;
						if (event.key !== 'Tab') event.preventDefault();
						move();
					}}
				>
					<Items items={items} choose={choose} />
				</div>
			)}
		</>
	);
}

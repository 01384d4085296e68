// Ctrl+K or "/": a screen by its name, or a record, run or payload by its id. Screens are found here; other things by what screens add with `addFinder`.
import { useEffect, useId, useState } from 'preact/hooks';
import { cx } from '../lib/cx';
import { createStore, useStore } from '../lib/store';
import { navigate } from '../router';
import { screens } from '../screens';
import { Dialog } from '../ui/Dialog';
import { Icon } from '../ui/Icon';
import type { IconName } from '../ui/icons';
import { words } from '../words';

export const quickFindOpen = createStore(false);

export interface Found {
	title: string;
	/** What kind of thing it is: "Run". */
	kind: string;
	href: string;
	icon?: IconName;
}

/** Offers what an id may mean: (text) => [{ title: 'Run 7', kind: 'Run', href: '/runs/7' }]. Ids only, never names of people: what is chosen becomes an address. */
export type Finder = (text: string) => Found[];
const finders: Finder[] = [];
export function addFinder(finder: Finder): void {
	finders.push(finder);
}

const most = 20;

function find(text: string): Found[] {
	const wanted = text.trim().toLowerCase();
	const pages = screens
		.filter((screen) => !screen.path.includes(':') && screen.icon)
		.filter((screen) => wanted.split(/\s+/).every((word) => `${screen.title} ${screen.words ?? ''}`.toLowerCase().includes(word)))
		.map((screen): Found => ({ title: screen.title, kind: 'Screen', href: screen.path, ...(screen.icon ? { icon: screen.icon } : {}) }));
	return [...pages, ...(wanted ? finders.flatMap((finder) => finder(text.trim())) : [])].slice(0, most);
}

export function QuickFind() {
	const open = useStore(quickFindOpen);
	return open ? <Box /> : null;
}

function Box() {
	const id = useId();
	const [text, setText] = useState('');
	const [at, setAt] = useState(0);
	const found = find(text);
	useEffect(() => setAt(0), [text]);
	const close = () => quickFindOpen.set(false);
	const go = (row: Found | undefined) => {
		if (!row) return;
		close();
		void navigate(row.href);
	};
	const moves: Record<string, () => void> = {
		ArrowDown: () => setAt(Math.min(found.length - 1, at + 1)),
		ArrowUp: () => setAt(Math.max(0, at - 1)),
		Enter: () => go(found[at]),
	};
	return (
		<Dialog title={words.find.title} open high onClose={close}>
			<div class="search-box">
				<Icon name="search" />
				<input
					class="input"
					type="text"
					role="combobox"
					aria-label={words.find.label}
					aria-expanded={found.length > 0}
					aria-controls={id}
					aria-autocomplete="list"
					aria-activedescendant={found[at] ? `${id}-${at}` : undefined}
					placeholder={words.find.empty}
					autoComplete="off"
					spellcheck={false}
					autoFocus
					value={text}
					onInput={(event) => setText(event.currentTarget.value)}
					onKeyDown={(event) => {
						const move = moves[event.key];
						if (!move) return;
						event.preventDefault();
						move();
					}}
				/>
			</div>
			<ul class="found" role="listbox" id={id} aria-label="Found">
				{found.map((row, index) => (
					<li
						key={row.href}
						role="option"
						id={`${id}-${index}`}
						aria-selected={index === at}
						class={cx(index === at && 'is-on')}
						onMouseDown={(event) => event.preventDefault()}
						onClick={() => go(row)}
					>
						<Icon name={row.icon ?? 'file-text'} />
						<span>{row.title}</span>
						<span class="muted">{row.kind}</span>
					</li>
				))}
			</ul>
			<p class="muted" role="status">
				{found.length === 0 ? words.find.none : ''}
			</p>
		</Dialog>
	);
}

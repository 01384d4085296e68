import type { ComponentChildren } from 'preact';
import { useId, useRef } from 'preact/hooks';
import { number } from '../lib/format';
import { useQuery } from '../router';

export interface Tab {
	key: string;
	label: string;
	count?: number | undefined;
	content: () => ComponentChildren;
}

/** Tabs whose choice is in the URL (`name`). Arrow keys, Home and End move and choose; only the chosen one's content is there. */
export function Tabs({ name = 'tab', label, tabs }: { name?: string; label: string; tabs: readonly Tab[] }) {
	const id = useId();
	const list = useRef<HTMLDivElement>(null);
	const [chosen, choose] = useQuery(name, tabs[0]?.key ?? '');
	const at = Math.max(
		0,
		tabs.findIndex((tab) => tab.key === chosen),
	);
	const tab = tabs[at];
	const go = (to: number) => {
		const next = tabs[(to + tabs.length) % tabs.length];
		if (!next) return;
		choose(next.key);
		list.current?.querySelector<HTMLElement>(`[data-key="${next.key}"]`)?.focus();
	};
	const moves: Record<string, number> = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 };
	if (!tab) return null;
	return (
		<div class="tabs">
			<div
				class="tab-list"
				role="tablist"
				aria-label={label}
				ref={list}
				onKeyDown={(event) => {
					const to = moves[event.key];
					if (to === undefined) return;
					event.preventDefault();
					go(to);
				}}
			>
				{tabs.map((one) => (
					<button
						key={one.key}
						type="button"
						role="tab"
						id={`${id}-${one.key}`}
						data-key={one.key}
						aria-selected={one === tab}
						aria-controls={`${id}-panel`}
						tabIndex={one === tab ? 0 : -1}
						onClick={() => choose(one.key)}
					>
						{one.label}
						{one.count !== undefined && <span class="count">{number(one.count)}</span>}
					</button>
				))}
			</div>
			<div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${tab.key}`} class="tab-panel">
				{tab.content()}
			</div>
		</div>
	);
}

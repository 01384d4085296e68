import type { ComponentChildren } from 'preact';
import { useEffect, useId } from 'preact/hooks';
import { cx } from '../lib/cx';
import { words } from '../words';
import { Icon } from './Icon';

/** A box with a heading, actions on its right, and content. `flush`: a table that reaches its edges. */
export function Card({
	title,
	facts,
	actions,
	flush,
	children,
	class: extra,
}: {
	title?: ComponentChildren;
	facts?: ComponentChildren;
	actions?: ComponentChildren;
	flush?: boolean;
	children?: ComponentChildren;
	class?: string;
}) {
	const id = useId();
	return (
		<section class={cx('card', flush && 'is-flush', extra)} aria-labelledby={title ? id : undefined}>
			{(title || actions) && (
				<div class="card-head">
					{title && <h2 id={id}>{title}</h2>}
					{facts && <span class="muted">{facts}</span>}
					{actions && <div class="row actions">{actions}</div>}
				</div>
			)}
			{children !== undefined && <div class="card-body">{children}</div>}
		</section>
	);
}

export interface PageHeaderProps {
	title: string;
	/** Of the tab, when the title says too much: never a name of a person. */
	tab?: string;
	/** The way here: [{ href, label }]. */
	trail?: { href: string; label: string }[];
	/** One line of facts. */
	facts?: ComponentChildren;
	/** On the right, the primary one last. */
	actions?: ComponentChildren;
	/** Below: Steps, Tabs. */
	children?: ComponentChildren;
}

/** The card that each screen begins with. Sets the title of the tab. */
export function PageHeader({ title, tab, trail, facts, actions, children }: PageHeaderProps) {
	const text = tab ?? title;
	useEffect(() => {
		document.title = `${text} · ${words.product}`;
	}, [text]);
	return (
		<header class="card page-header">
			{trail && trail.length > 0 && (
				<nav aria-label="Breadcrumb" class="trail">
					{trail.map(({ href, label }) => (
						<span key={href}>
							<a href={href}>{label}</a>
							<Icon name="chevron-right" />
						</span>
					))}
				</nav>
			)}
			<div class="page-line">
				<h1 tabIndex={-1}>{title}</h1>
				{actions && <div class="row actions">{actions}</div>}
			</div>
			{facts && <div class="facts">{facts}</div>}
			{children}
		</header>
	);
}

/** Name and value pairs: [['Batch ID', <code/>], ...] */
export function Facts({ items }: { items: readonly (readonly [string, ComponentChildren])[] }) {
	return (
		<dl class="pairs">
			{items.map(([name, value]) => (
				<div key={name}>
					<dt>{name}</dt>
					<dd>{value}</dd>
				</div>
			))}
		</dl>
	);
}

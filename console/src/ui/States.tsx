import type { ComponentChildren } from 'preact';
import type { ApiError, Loaded } from '../api';
import { sentence } from '../lib/format';
import { Button } from './Button';
import { Icon } from './Icon';
import type { IconName } from './icons';

/** Nothing here yet: what it would show, and what to do about it. */
export function EmptyState({
	title,
	children,
	icon = 'inbox',
	action,
}: {
	title: string;
	children?: ComponentChildren;
	icon?: IconName;
	action?: ComponentChildren;
}) {
	return (
		<div class="state">
			<Icon name={icon} />
			<h2>{title}</h2>
			{children && <p>{children}</p>}
			{action && <div class="row">{action}</div>}
		</div>
	);
}

/** What went wrong in the API's own words, its code, and what to do next. */
export function ErrorState({ error, retry, title = 'This could not be read' }: { error: ApiError; retry?: () => void; title?: string }) {
	return (
		<div class="state is-bad" role="alert">
			<Icon name="circle-alert" />
			<h2>{title}</h2>
			<p>
				{sentence(error.message)} <code>{error.code}</code>
			</p>
			{error.hint && <p>{sentence(error.hint)}</p>}
			{retry && (
				<div class="row">
					<Button icon="refresh-cw" onClick={retry}>
						Try again
					</Button>
				</div>
			)}
		</div>
	);
}

/** An error beside the button that caused it. */
export function ErrorNote({ error }: { error: ApiError | undefined }) {
	if (!error) return null;
	return (
		<div class="notice is-bad" role="alert">
			<Icon name="circle-alert" />
			<div>
				{sentence(error.message)} <code>{error.code}</code>
				{error.hint && <div>{sentence(error.hint)}</div>}
			</div>
		</div>
	);
}

/** A sentence that stays on the page: info, warning, what a screen promises. */
export function Notice({
	tone = 'info',
	children,
	action,
}: {
	tone?: 'info' | 'warn' | 'bad' | 'good';
	children: ComponentChildren;
	action?: ComponentChildren;
}) {
	const icons: Record<string, IconName> = { info: 'circle-alert', warn: 'triangle-alert', bad: 'circle-alert', good: 'circle-check' };
	return (
		<div class={`notice is-${tone}`}>
			<Icon name={icons[tone] ?? 'circle-alert'} />
			<div>{children}</div>
			{action && <div class="row">{action}</div>}
		</div>
	);
}

/**
 * Grey lines where text will stand. Said once to those who hear the page. It holds text, so that the font that comes with the page is in use at once: the browser
 * complains of one that is not.
 */
export function Skeleton({ lines = 3, label = 'Loading' }: { lines?: number; label?: string }) {
	return (
		<div class="skeleton" role="status" aria-label={label}>
			{Array.from({ length: lines }, (_, index) => (
				<span key={index} />
			))}
			<small class="only-read" aria-hidden="true">
				{label}
			</small>
		</div>
	);
}

/** Loading, error or the thing itself: <Await of={useApi('/syncs')}>{(syncs) => ...}</Await> */
export function Await<T>({ of, children, lines }: { of: Loaded<T>; children: (data: T) => ComponentChildren; lines?: number }) {
	if (of.state === 'error' && of.error) return <ErrorState error={of.error} retry={of.refetch} />;
	if (of.data === undefined) return <Skeleton lines={lines ?? 3} />;
	return (
		<>
			<ErrorNote error={of.error} />
			{children(of.data)}
		</>
	);
}

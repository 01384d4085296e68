// What waits for a person, each number with the list behind it; what stands in the way; calls of the far systems.
import { useApi } from '../../api';
import { cx } from '../../lib/cx';
import { count, number } from '../../lib/format';
import type { Alert, Budget } from '../../lib/health';
import { useTopic } from '../../lib/hooks';
import { Await, ButtonLink, Card, EmptyState, Pill, Time } from '../../ui';

interface Counted {
	count: number;
}

function Tile({ href, label, value, tone }: { href: string; label: string; value: number; tone: 'bad' | 'warn' }) {
	return (
		<a class={cx('tile', value > 0 && `is-${tone}`)} href={href}>
			<strong>{number(value)}</strong> {label}
		</a>
	);
}

export function Waiting() {
	const failed = useTopic<Counted>('payloads_failed')?.count ?? 0;
	const conflicts = useTopic<Counted>('conflicts_waiting')?.count ?? 0;
	const cases = useTopic<Counted>('review')?.count ?? 0;
	const alerts = useTopic<{ items: Alert[] }>('alerts')?.items ?? [];
	const drift = alerts.filter(({ code }) => code === 'drift').length;
	const all = failed + conflicts + cases + drift;
	return (
		<Card title="Waits for a person" facts={all === 0 ? 'Nothing' : undefined}>
			<div class="tiles">
				<Tile href="/staged?state=failed" label="Failed payloads" value={failed} tone="bad" />
				<Tile href="/conflicts" label="Conflicts" value={conflicts} tone="warn" />
				<Tile href="/review" label="Cases to decide" value={cases} tone="warn" />
				<Tile href="/alerts?tab=fields" label="Changed fields" value={drift} tone="warn" />
			</div>
		</Card>
	);
}

export function Alerts() {
	const alerts = useTopic<{ items: Alert[] }>('alerts');
	if (!alerts || alerts.items.length === 0) return null;
	const errors = alerts.items.filter(({ level }) => level === 'error').length;
	return (
		<Card
			title="Alerts"
			facts={`${count(errors, 'error')}, ${count(alerts.items.length - errors, 'warning')}`}
			actions={<ButtonLink href="/alerts">All of Health</ButtonLink>}
		>
			<ul class="alert-lines">
				{alerts.items.slice(0, 5).map((it) => (
					<li key={`${it.code} ${it.sync ?? ''} ${it.subject ?? ''}`}>
						<Pill>{it.level === 'error' ? 'Error' : 'Warning'}</Pill>
						<span>
							<strong>{it.subject}</strong>: {it.text} <span class="muted">{it.cure}</span>
						</span>
						<Time at={it.since} never="" />
					</li>
				))}
			</ul>
		</Card>
	);
}

function Calls({ it }: { it: Budget }) {
	return (
		<li class="stack is-close">
			<span class="row">
				<a href={`/connections/${encodeURIComponent(it.connection)}`}>{it.connection}</a>
				<span class="actions muted">{it.allowance === null ? `${number(it.used)}, no limit is known` : `${number(it.used)} of ${number(it.allowance)}`}</span>
			</span>
			{it.allowance !== null && (
				<meter
					aria-label={`Calls used of ${it.connection}`}
					min={0}
					max={it.allowance}
					high={it.allowance - it.reserve}
					optimum={0}
					value={Math.min(it.used, it.allowance)}
				/>
			)}
		</li>
	);
}

export function Limits() {
	const budget = useApi<{ items: Budget[] }>('/budget', { topics: ['runs', 'activity'] });
	return (
		<Card title="API calls today" actions={<ButtonLink href="/alerts?tab=calls">Details</ButtonLink>}>
			<Await of={budget}>
				{({ items }) =>
					items.length > 0 ? (
						<ul class="plain-list stack">
							{items.map((it) => (
								<Calls key={it.connection} it={it} />
							))}
						</ul>
					) : (
						<p class="muted">No system was called yet.</p>
					)
				}
			</Await>
		</Card>
	);
}

export const nothingYet = (
	<EmptyState title="No object is synced yet" icon="arrow-left-right" action={<ButtonLink href="/integrations">Active Integrations</ButtonLink>}>
		Once a data sync is saved, its health, its queue and what it moves appear here.
	</EmptyState>
);

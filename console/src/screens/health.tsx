// Health: what stands in the way and its cure, calls of the far systems, fields that are no longer what they were.
import { api, useApi } from '../api';
import { number } from '../lib/format';
import type { Alert, Budget } from '../lib/health';
import { useDenied } from '../session';
import { ask, Await, Button, Card, EmptyState, PageHeader, Pill, Table, Tabs, Time, toast, toastError, type Column } from '../ui';

interface Drift {
	id: number;
	sync: string | null;
	side: 'emr' | 'crm';
	field: string;
	what: string;
	meaning: string;
	message: string | null;
	since: string | null;
	healed: string | null;
}

interface List<T> {
	items: T[];
}

const alertColumns: Column<Alert>[] = [
	{ key: 'level', title: 'Level', cell: (it) => <Pill>{it.level === 'error' ? 'Error' : 'Warning'}</Pill> },
	{ key: 'subject', title: 'About', cell: (it) => it.subject },
	{ key: 'text', title: 'What it is', grow: true, cell: (it) => it.text },
	{ key: 'cure', title: 'What to do', grow: true, cell: (it) => it.cure },
	{ key: 'since', title: 'Since', cell: (it) => <Time at={it.since} /> },
];

function Alerts() {
	const alerts = useApi<List<Alert>>('/alerts', { topics: ['alerts'] });
	return (
		<Card title="Alerts" flush>
			<Await of={alerts}>
				{({ items }) => (
					<Table
						label="Alerts"
						columns={alertColumns}
						rows={items}
						rowKey={(it) => `${it.code} ${it.sync ?? ''} ${it.subject ?? ''}`}
						empty={
							<EmptyState title="Nothing stands in the way" icon="circle-check">
								Errors and warnings appear here by themselves, each with what to do.
							</EmptyState>
						}
					/>
				)}
			</Await>
		</Card>
	);
}

/** "needed" may be more than what is left: then the bar says so by word too. */
function Share({ it }: { it: Budget }) {
	if (it.allowance === null) return <span class="muted">No limit is known</span>;
	return (
		<span class="stack">
			<meter
				aria-label={`Calls used of ${it.connection}`}
				min={0}
				max={it.allowance}
				high={it.allowance - it.reserve}
				optimum={0}
				value={Math.min(it.used, it.allowance)}
			/>
			<span>
				{number(it.used)} of {number(it.allowance)}
			</span>
		</span>
	);
}

const budgetColumns: Column<Budget>[] = [
	{ key: 'connection', title: 'Connection', cell: (it) => <a href={`/connections/${encodeURIComponent(it.connection)}`}>{it.connection}</a> },
	{ key: 'used', title: 'Used', grow: true, cell: (it) => <Share it={it} /> },
	{ key: 'ours', title: 'Ours today', num: true, cell: (it) => number(it.ours) },
	{ key: 'left', title: 'Left for batches', num: true, cell: (it) => (it.left === null ? '' : number(it.left)) },
	{ key: 'reserve', title: 'Kept for people', num: true, cell: (it) => number(it.reserve) },
	{
		key: 'need',
		title: 'Needed',
		num: true,
		cell: (it) => (it.left !== null && it.need > it.left ? <Pill tone="warn">{`${number(it.need)}: more than is left`}</Pill> : number(it.need)),
	},
	{ key: 'resets', title: 'Resets', cell: (it) => <Time at={it.resets} never="It glides" /> },
];

function Budgets() {
	const budget = useApi<List<Budget>>('/budget?ask=1');
	return (
		<Card
			title="API calls"
			facts="of each far system, today"
			flush
			actions={
				<Button icon="refresh-cw" busy={budget.busy} onClick={budget.refetch}>
					Ask again
				</Button>
			}
		>
			<Await of={budget}>
				{({ items }) => (
					<>
						<Table
							label="API calls"
							columns={budgetColumns}
							rows={items}
							rowKey={(it) => it.connection}
							empty={<EmptyState title="No connection was used yet">Once a system is called, its calls are counted here.</EmptyState>}
						/>
						{items
							.filter((it) => it.silent)
							.map((it) => (
								<p key={it.connection} class="muted padded">
									{it.connection} could not be asked: {it.silent}
								</p>
							))}
					</>
				)}
			</Await>
		</Card>
	);
}

function Drifts() {
	const drift = useApi<List<Drift>>('/drift?healed=1');
	const denied = useDenied('setup');
	const accept = async (it: Drift) => {
		const why = await ask({
			title: `Accept ${it.field} as it is now?`,
			text: 'Its new shape becomes what is expected, and the field flows again.',
			action: 'Accept',
			reason: 'required',
		});
		if (why === null || !it.sync) return;
		try {
			await api(`/syncs/${encodeURIComponent(it.sync)}/drift/accept`, { method: 'POST', body: { side: it.side, field: it.field, why } });
			toast(`${it.field} is accepted; the next look takes its shape`);
			drift.refetch();
		} catch (error) {
			toastError(error);
		}
	};
	const columns: Column<Drift>[] = [
		{ key: 'state', title: 'State', cell: (it) => (it.healed ? <Pill tone="good">Healed</Pill> : <Pill>Warning</Pill>) },
		{ key: 'field', title: 'Field', cell: (it) => <code>{it.field}</code> },
		{ key: 'side', title: 'System', cell: (it) => (it.side === 'crm' ? 'Salesforce' : 'EMR') },
		{ key: 'message', title: 'What it is', grow: true, cell: (it) => it.message ?? it.meaning },
		{ key: 'since', title: 'Since', cell: (it) => <Time at={it.since} /> },
		{
			key: 'accept',
			title: 'Accept',
			cell: (it) =>
				it.healed ? (
					''
				) : (
					<Button small why={denied} onClick={() => void accept(it)}>
						Accept
					</Button>
				),
		},
	];
	return (
		<Card title="Fields that changed shape" facts="They are left out until they are as they were, or somebody accepts them" flush>
			<Await of={drift}>
				{({ items }) => (
					<Table
						label="Fields that changed shape"
						columns={columns}
						rows={items}
						rowKey={(it) => String(it.id)}
						empty={
							<EmptyState title="All fields are what they were" icon="circle-check">
								Both systems are asked again and again what their fields are like.
							</EmptyState>
						}
					/>
				)}
			</Await>
		</Card>
	);
}

export default function Health() {
	return (
		<>
			<PageHeader title="Health" facts="What stands in the way, and what to do about it" />
			<Tabs
				label="Health"
				tabs={[
					{ key: 'alerts', label: 'Alerts', content: () => <Alerts /> },
					{ key: 'calls', label: 'API calls', content: () => <Budgets /> },
					{ key: 'fields', label: 'Changed fields', content: () => <Drifts /> },
				]}
			/>
		</>
	);
}

// The systems that Suture signs in to.
import { useApi } from '../../api';
import { count } from '../../lib/format';
import { Await, ButtonLink, Card, EmptyState, PageHeader, Pill, Table, type Column } from '../../ui';
import { shown, type Connection } from './kinds';
import { Outcome } from './outcome';

function isOpen(connection: Connection): boolean {
	return shown(connection.settings.auth) !== 'refresh_token' || connection.settings.refresh_token !== undefined;
}

const sides = { emr: 'EMR', crm: 'CRM' } as const;

const columns: Column<Connection>[] = [
	{ key: 'name', title: 'Connection', grow: true, cell: (it) => <a href={`/connections/${encodeURIComponent(it.name)}`}>{it.name}</a> },
	{ key: 'system', title: 'System', cell: (it) => it.title ?? it.kind },
	{ key: 'side', title: 'Part of the integration as', cell: (it) => (it.side ? sides[it.side] : <span class="muted">Not used yet</span>) },
	{ key: 'state', title: 'State', cell: (it) => <Pill>{isOpen(it) ? 'Active' : 'Needs sign-in'}</Pill> },
];

export default function Connections() {
	const connections = useApi<{ items: Connection[] }>('/connections');
	return (
		<>
			<PageHeader
				title="Connections"
				facts={connections.data && count(connections.data.items.length, 'connection')}
				actions={
					<ButtonLink kind="primary" icon="plus" href="/connections/new">
						Connect a system
					</ButtonLink>
				}
			/>
			<Outcome />
			<Card flush>
				<Await of={connections}>
					{({ items }) => (
						<Table
							label="Connections"
							columns={columns}
							rows={items}
							rowKey={(it) => it.name}
							href={(it) => `/connections/${encodeURIComponent(it.name)}`}
							empty={
								<EmptyState
									title="Nothing is connected yet"
									icon="plug"
									action={
										<ButtonLink kind="primary" href="/connections/new">
											Connect a system
										</ButtonLink>
									}
								>
									Suture needs two systems: your Salesforce org and your EMR.
								</EmptyState>
							}
						/>
					)}
				</Await>
			</Card>
		</>
	);
}

// Active Integrations: the two systems that are kept the same, and their object syncs.
import { useApi } from '../../api';
import { count } from '../../lib/format';
import { Await, ButtonLink, Card, EmptyState, PageHeader } from '../../ui';
import { Defaults } from './defaults';
import type { Integration, Sync } from './model';
import { SyncCard } from './syncs';

const newSync = (
	<ButtonLink key="new" kind="primary" icon="plus" href="/mapping/new">
		New Data Sync
	</ButtonLink>
);

function Syncs() {
	const syncs = useApi<{ items: Sync[] }>('/syncs', { topics: ['syncs'] });
	return (
		<Await of={syncs}>
			{({ items }) =>
				items.length > 0 ? (
					<>
						{items.map((sync) => (
							<SyncCard key={sync.name} sync={sync} />
						))}
					</>
				) : (
					<Card>
						<EmptyState title="No object is synced yet" icon="arrow-left-right" action={newSync}>
							A data sync says which records of the EMR are which records in Salesforce, and field by field what goes where. Ready mappings are offered.
						</EmptyState>
					</Card>
				)
			}
		</Await>
	);
}

export default function Integrations() {
	const stored = useApi<{ integration: Integration | null }>('/integration');
	const integration = stored.data?.integration;
	const syncs = useApi<{ items: Sync[] }>(integration ? '/syncs' : null);
	return (
		<>
			<PageHeader
				title="Active Integrations"
				facts={
					integration &&
					`${integration.name}: ${integration.emr} and ${integration.crm}${syncs.data ? `, ${count(syncs.data.items.length, 'object sync')}` : ''}`
				}
				actions={integration ? newSync : undefined}
			/>
			<Await of={stored}>
				{(answer) => (
					<>
						{answer.integration && <Syncs />}
						<Defaults stored={answer.integration} onSaved={(saved) => stored.replace({ integration: saved })} />
					</>
				)}
			</Await>
		</>
	);
}

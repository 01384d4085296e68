// Versions of a sync's mapping: who saved what, when and why; two of them compared; one of them restored.
import { api, useApi } from '../../api';
import type { ScreenProps } from '../../screens';
import { navigate, useQuery, withQuery } from '../../router';
import { useDenied } from '../../session';
import { ask, Await, Button, ButtonLink, Card, EmptyState, PageHeader, Select, Table, Time, toast, toastError, type Column } from '../../ui';
import { Changes } from './Changes';
import { changesOf } from './model/diff';
import type { SyncDocument } from './model/types';

interface Version {
	version: number;
	at: string | null;
	who: string;
	why: string | null;
}

function Compared({ sync, left, right }: { sync: string; left: string; right: string }) {
	const path = `/syncs/${encodeURIComponent(sync)}/versions`;
	const one = useApi<SyncDocument>(`${path}/${left}`);
	const other = useApi<SyncDocument>(`${path}/${right}`);
	return (
		<Await of={one}>
			{(before) => <Await of={other}>{(after) => <Changes changes={changesOf(before, after)} titles={[`Version ${left}`, `Version ${right}`]} />}</Await>}
		</Await>
	);
}

async function restore(sync: string, version: number, refetch: () => void): Promise<void> {
	const why = await ask({
		title: `Restore version ${version}?`,
		text: `What version ${version} said becomes the newest version. Records that were synced stay as they are; what comes from now on follows it.`,
		action: 'Restore',
		reason: 'required',
	});
	if (why === null) return;
	const saved = await api<SyncDocument>(`/syncs/${encodeURIComponent(sync)}/versions/${version}/restore`, { method: 'POST', body: { why } });
	toast(`Version ${version} was restored as version ${saved.version}`);
	refetch();
}

export default function Versions({ params }: ScreenProps) {
	const sync = params['sync'] ?? '';
	const versions = useApi<{ items: Version[] }>(`/syncs/${encodeURIComponent(sync)}/versions`);
	const denied = useDenied('setup');
	const newest = versions.data?.items[0]?.version ?? 1;
	const [left] = useQuery('from', String(Math.max(1, newest - 1)));
	const [right] = useQuery('to', String(newest));
	const options = (versions.data?.items ?? []).map(({ version }) => ({ value: String(version), label: `Version ${version}` }));
	const columns: Column<Version>[] = [
		{ key: 'version', title: 'Version', num: true, cell: ({ version }) => version },
		{ key: 'at', title: 'Saved', cell: ({ at }) => <Time at={at} /> },
		{ key: 'who', title: 'Who', cell: ({ who }) => who },
		{ key: 'why', title: 'Reason', cell: ({ why }) => why ?? '', grow: true },
		{
			key: 'act',
			title: 'Restore',
			cell: ({ version }) => (
				<Button
					small
					why={denied ?? (version === newest ? 'This is the newest one' : undefined)}
					onClick={() => void restore(sync, version, versions.refetch).catch(toastError)}
				>
					{`Restore ${version}`}
				</Button>
			),
		},
	];
	const compare = (change: Record<string, string>) => void navigate(withQuery(change), { replace: true });
	return (
		<>
			<PageHeader
				title={`${sync}: versions`}
				trail={[
					{ href: '/integrations', label: 'Active Integrations' },
					{ href: `/mapping/${encodeURIComponent(sync)}`, label: 'Field mapping' },
				]}
				actions={<ButtonLink href={`/mapping/${encodeURIComponent(sync)}`}>Change mapping</ButtonLink>}
			/>
			<Await of={versions}>
				{({ items }) => (
					<>
						<Card title="Versions" flush>
							<Table
								label="Versions"
								columns={columns}
								rows={items}
								rowKey={({ version }) => String(version)}
								empty={<EmptyState title="No version yet">Save a mapping first.</EmptyState>}
							/>
						</Card>
						{items.length > 1 && (
							<Card title="Compare" flush>
								<div class="map-tools">
									<div class="row">
										<Select label="From" class="is-inline" value={left} onValue={(from) => compare({ from })} options={options} />
										<Select label="To" class="is-inline" value={right} onValue={(to) => compare({ to })} options={options} />
									</div>
								</div>
								<Compared sync={sync} left={left} right={right} />
							</Card>
						)}
					</>
				)}
			</Await>
		</>
	);
}

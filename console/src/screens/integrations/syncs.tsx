// The object syncs of an integration: how each is, and what can be done with it.
import { useState } from 'preact/hooks';
import { api, asApiError, useApi, type ApiError } from '../../api';
import { useDenied } from '../../session';
import { ButtonLink, Card, Checkbox, ErrorNote, Facts, Pill, Time, toast } from '../../ui';
import { health, type Sync } from './model';

interface Documented {
	document: { create?: boolean } & Record<string, unknown>;
	version: number;
}

/** The setting of the vendor's own module, by the words that its users know. */
function CreatesContacts({ sync }: { sync: Sync }) {
	const path = `/syncs/${encodeURIComponent(sync.name)}/mapping`;
	const stored = useApi<Documented>(path);
	const [error, setError] = useState<ApiError>();
	const denied = useDenied('setup');
	if (!stored.data) return <ErrorNote error={stored.error} />;
	const { document, version } = stored.data;
	const change = async (create: boolean) => {
		setError(undefined);
		try {
			await api(path, {
				method: 'PUT',
				body: { document: { ...document, create }, version, why: create ? 'new records are made' : 'no new records are made' },
			});
			toast({ text: create ? 'New records will be made' : 'No new records will be made', undo: () => void change(!create) });
			stored.refetch();
		} catch (caught) {
			setError(asApiError(caught));
		}
	};
	return (
		<>
			<Checkbox
				label={`Create new ${sync.crm_object} for ${sync.emr_object} records without demographics matches`}
				checked={document.create === true}
				onChange={(on) => void change(on)}
				why={denied}
			/>
			<ErrorNote error={error} />
		</>
	);
}

export function SyncCard({ sync }: { sync: Sync }) {
	const { word, facts } = health(sync);
	const name = encodeURIComponent(sync.name);
	return (
		<Card
			title={sync.name}
			facts={`${sync.emr_object} and ${sync.crm_object}`}
			actions={
				<>
					<ButtonLink href={`/mapping/${name}`}>Change mapping</ButtonLink>
					<ButtonLink href={`/runs/new?sync=${name}`} icon="refresh-cw">
						Sync records
					</ButtonLink>
				</>
			}
		>
			<div class="stack">
				<Facts
					items={[
						['Health', <Pill key="health">{word}</Pill>],
						['Freshness', facts],
						['Oldest waits since', <Time key="oldest" at={sync.state?.oldest ?? null} never="Nothing waits" />],
						['Changes arrive by', sync.state?.streams ? 'stream, webhooks and deltas' : 'webhooks and deltas'],
						['Run under way', sync.state?.run ? <a href={`/runs/${encodeURIComponent(sync.state.run)}`}>{sync.state.run}</a> : 'None'],
						['Mapping version', String(sync.version)],
					]}
				/>
				<CreatesContacts sync={sync} />
			</div>
		</Card>
	);
}

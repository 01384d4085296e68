// Step 5: the review before it is saved, the reason, and what comes next: sync now, or on a schedule.
import { useState } from 'preact/hooks';
import { api, useAction, useApi } from '../../api';
import { count } from '../../lib/format';
import { Button, ButtonLink, Card, ErrorNote, Facts, Notice, TextField } from '../../ui';
import { changesOf } from './model/diff';
import { documentOf } from './model/rows';
import type { Described, RowSpec, Setup, SyncDocument } from './model/types';
import { Changes } from './Changes';
import type { StepKey } from './words';

export interface SaveStepProps {
	setup: Setup;
	described: Described;
	dirty: boolean;
	titles: readonly [string, string];
	unmapped: number;
	warnings: number | undefined;
	denied: string | undefined;
	goTo: (step: StepKey) => void;
	onSaved: (saved: SyncDocument) => void;
	saved: SyncDocument | null;
}

const before: SyncDocument = { name: '', version: 0, at: null, who: '', why: null, document: {}, fields: [], live_fields: null };

function Review({ setup, titles, unmapped, warnings, goTo }: SaveStepProps) {
	const link = (step: StepKey, text: string) => (
		<Button small kind="quiet" onClick={() => goTo(step)}>
			{text}
		</Button>
	);
	return (
		<Facts
			items={[
				['Objects', link('objects', `${titles[0]} ${setup.settings.emr_object} → ${titles[1]} ${setup.settings.crm_object}`)],
				['Fields', link('fields', `${count(setup.rows.length, 'row')} mapped, ${unmapped} fields not`)],
				['Match key', link('fields', setup.settings.crm_id_field || 'none')],
				['Nobody fits', link('objects', setup.settings.create ? `A new ${setup.settings.crm_object} is created` : 'Skipped and listed')],
				['Real time', link('fields', setup.live ? `A mapping of its own, ${count(setup.live.length, 'row')}` : 'The same mapping')],
				['Validation', link('validate', warnings === undefined ? 'not done' : warnings ? count(warnings, 'warning') : 'valid')],
			]}
		/>
	);
}

export function Saved({ saved }: { saved: SyncDocument }) {
	const sync = encodeURIComponent(saved.name);
	return (
		<Card title="Saved: now sync the records">
			<div class="stack">
				<Notice tone="good">{`“${saved.name}” was saved as version ${saved.version}. Nothing was written to either system yet.`}</Notice>
				<div class="row">
					<ButtonLink kind="primary" icon="play" href={`/runs/new?sync=${sync}`}>
						Sync Data now
					</ButtonLink>
					<ButtonLink icon="clock" href={`/schedules?sync=${sync}`}>
						Schedule Data Sync
					</ButtonLink>
					<ButtonLink icon="zap" href="/realtime">
						RealTime Settings
					</ButtonLink>
					<ButtonLink kind="quiet" href={`/mapping/${sync}`}>
						Back to the mapping
					</ButtonLink>
				</div>
			</div>
		</Card>
	);
}

export function SaveStep(props: SaveStepProps) {
	const { setup, described, denied, saved } = props;
	const [why, setWhy] = useState('');
	const [missing, setMissing] = useState(false);
	const ready: readonly RowSpec[] | undefined = described.ready.find(({ name }) => name === setup.ready)?.fields;
	const document = documentOf(setup, ready);
	const old = useApi<SyncDocument>(setup.version > 0 ? `/syncs/${encodeURIComponent(setup.name)}/versions/${setup.version}` : null);
	const was = setup.version > 0 ? old.data : before;
	const changes = was && changesOf(was, { document, fields: setup.rows.map(({ spec }) => spec), live_fields: setup.live?.map(({ spec }) => spec) ?? null });
	const { run, busy, error } = useAction(async () => {
		setMissing(!why.trim());
		if (!why.trim()) return;
		props.onSaved(
			await api<SyncDocument>(`/syncs/${encodeURIComponent(setup.name)}/mapping`, {
				method: 'PUT',
				body: { document, version: setup.version, why: why.trim() },
			}),
		);
	});
	if (saved && !props.dirty) return <Saved saved={saved} />;
	return (
		<Card title={setup.version ? `Save as version ${setup.version + 1}` : 'Review and save'}>
			<form
				class="stack"
				noValidate
				onSubmit={(event) => {
					event.preventDefault();
					void run();
				}}
			>
				<Review {...props} />
				<h3>{setup.version ? `What changes against version ${setup.version}` : 'What is saved'}</h3>
				{changes && <Changes changes={changes} titles={setup.version ? [`Version ${setup.version}`, 'Now'] : ['Before', 'Now']} />}
				<TextField
					label="Reason"
					required
					hint="It stands in the audit trail beside your name"
					value={why}
					onValue={setWhy}
					error={missing && !why.trim() ? 'Say why, in a few words' : undefined}
				/>
				{error?.status === 409 && (
					<Notice tone="warn">
						Somebody saved another version meanwhile. Your draft is kept: open the mapping anew, compare, and make your changes again.
					</Notice>
				)}
				<ErrorNote error={error} />
				<div class="row">
					<Button kind="primary" type="submit" icon="check" busy={busy} why={denied ?? (changes?.length === 0 ? 'Nothing has changed' : undefined)}>
						Save mapping
					</Button>
				</div>
			</form>
		</Card>
	);
}

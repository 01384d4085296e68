// The mapping of a sync: "+ New Data Sync" (/mapping/new) and "Change mapping" (/mapping/NAME), as five steps. Where somebody is stands in the address; what
// was typed is kept as a draft at the server.
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { api, useApi } from '../../api';
import type { ScreenProps } from '../../screens';
import { useQuery } from '../../router';
import { useDenied } from '../../session';
import { Await, Button, ButtonLink, EmptyState, ErrorState, Notice, PageHeader, Skeleton, Steps, Time, toast, toastError } from '../../ui';
import { FieldsStep } from './FieldsStep';
import { controlId } from './MapRow';
import { documentOf, freshSetup, rowsOf, setupOf, type Which } from './model/rows';
import { linesOf, sourcesOf } from './model/sources';
import { foundIn, stillHolds, type Found } from './model/status';
import type { Described, Problem, Setup, SyncDocument } from './model/types';
import { ObjectsStep, type Integration } from './ObjectsStep';
import { PreviewStep, type Previewed } from './PreviewStep';
import { SaveStep } from './SaveStep';
import { dropDraft, readDraft, useAsked, useEditor, type Draft } from './useEditor';
import { useSamples } from './useSamples';
import { ValidateStep } from './ValidateStep';
import { stepWords, type StepKey } from './words';

const isStep = (step: string): step is StepKey => stepWords.some(({ key }) => key === step);

/** What the editor begins with: the stored document, or an empty one; and the draft over it, if it was made from the same version. */
interface Start {
	stored: SyncDocument | null;
	draft: Draft | null;
}

async function readStart(sync: string, mayKeep: boolean): Promise<Start> {
	const [stored, draft] = await Promise.all([
		sync === 'new' ? null : api<SyncDocument>(`/syncs/${encodeURIComponent(sync)}/mapping`),
		mayKeep ? readDraft(sync) : null,
	]);
	const fits = draft?.body && draft.body.setup.version === (stored?.version ?? 0);
	return { stored, draft: fits ? draft : null };
}

/** Errors and warnings of the last validation by row, as far as nobody changed the rows. */
function useFound(found: readonly Found[] | undefined, setup: Setup, which: Which) {
	return useMemo(() => {
		const errors = new Map<number, string>();
		const warnings = new Map<number, string>();
		const rows = rowsOf(setup, which);
		let key: string | undefined;
		for (const one of found ?? []) {
			const { level, field, text } = one.problem;
			if (one.row && rows.includes(one.row) && level !== 'ok') (level === 'error' ? errors : warnings).set(one.row.id, text);
			if (!one.row && level === 'error' && field && field === setup.settings.crm_id_field) key = text;
		}
		return { errors, warnings, key };
	}, [found, setup, which]);
}

interface WizardProps {
	sync: string;
	start: Start;
	integrations: readonly Integration[];
	/** The draft was thrown away: everything is read anew. */
	again: () => void;
}

function useDescribed(setup: Setup) {
	const { integration, emr_object, crm_object } = setup.settings;
	const base = `/mapping/integrations/${encodeURIComponent(integration)}`;
	const both = emr_object && crm_object;
	const described = useApi<Described>(both ? `${base}/fields?emr=${encodeURIComponent(emr_object)}&crm=${encodeURIComponent(crm_object)}` : null);
	const paths = useApi<{ items: { path: string; filled: number }[] }>(both ? `${base}/paths?emr=${encodeURIComponent(emr_object)}` : null);
	const sources = useMemo(() => (described.data ? sourcesOf(described.data.emr.fields, paths.data?.items ?? []) : []), [described.data, paths.data]);
	return { described, sources };
}

/** What the last validation found, and asking anew. */
function useChecked(setup: Setup, which: Which) {
	const checked = useAsked<{ setup: Setup; found: Found[] }>();
	const found = useFound(checked.data?.found, setup, which);
	const validate = () =>
		void checked.ask(async () => {
			const body = { document: documentOf({ ...setup, ready: null }) };
			const { items } = await api<{ items: Problem[] }>(`/syncs/${encodeURIComponent(setup.name || 'new')}/mapping/check`, { method: 'POST', body });
			return { setup, found: foundIn(items, setup) };
		});
	const holding = checked.data?.found.filter((one) => stillHolds(one, [...setup.rows, ...(setup.live ?? [])]));
	const stale = checked.data !== undefined && checked.data.setup !== setup;
	const levels = (level: Problem['level']) => (checked.data && !stale ? checked.data.found.filter(({ problem }) => problem.level === level).length : undefined);
	return { ...checked, found, validate, holding, stale, errors: levels('error'), warnings: levels('warning') };
}

/** The focus goes to the row's own control once its step is drawn. */
const focusSoon = (id: string): void => {
	requestAnimationFrame(() => setTimeout(() => document.getElementById(id)?.focus(), 50));
};

function useWizard({ sync, start, integrations }: WizardProps) {
	const fresh = sync === 'new';
	const first = useMemo(
		() => start.draft?.body?.setup ?? (start.stored ? setupOf(start.stored) : freshSetup(integrations[0]?.name ?? '')),
		[start, integrations],
	);
	const [asked, setStep] = useQuery('step', start.draft?.body?.step ?? (fresh ? 'objects' : 'fields'));
	const step: StepKey = isStep(asked) ? asked : 'objects';
	const editor = useEditor(first, sync, step, start.draft !== null);
	const { setup } = editor;
	const denied = useDenied('setup');
	const { described, sources } = useDescribed(setup);
	const [chosen, setWhich] = useState<Which>('rows');
	const which: Which = setup.live ? chosen : 'rows';
	const samples = useSamples(setup.settings.integration, setup.settings.emr_object, sources, rowsOf(setup, which));
	const checked = useChecked(setup, which);
	const previewed = useAsked<Previewed>();
	const [saved, setSaved] = useState<SyncDocument | null>(null);
	const integration = integrations.find(({ name }) => name === setup.settings.integration);
	const titles = useMemo(() => [integration?.emr.title ?? 'EMR', integration?.crm.title ?? 'Salesforce'] as const, [integration]);
	const go = (next: StepKey) => {
		setStep(next);
		if (next === 'validate' && (checked.data === undefined || checked.stale)) checked.validate();
		if (next === 'preview') previewed.forget();
	};
	const goTo = ({ problem, row }: Found) => {
		const list: Which = problem.list === 'live_mapping' ? 'live' : 'rows';
		setWhich(list);
		setStep('fields');
		const plain = sources.filter(({ type }) => type !== 'id');
		const line = linesOf(plain, rowsOf(setup, list)).find((one) => one.row?.id === row?.id);
		focusSoon(line && row ? controlId(line) : 'map-key');
	};
	const onSaved = (told: SyncDocument) => {
		setSaved(told);
		editor.reset(setupOf(told));
		void dropDraft(sync).catch(toastError);
		toast(`Saved as version ${told.version}`);
	};
	return { fresh, step, editor, setup, denied, described, sources, which, setWhich, samples, checked, previewed, saved, titles, go, goTo, onSaved };
}

type Wizardry = ReturnType<typeof useWizard>;

function stepsOf({ step, saved, fresh, checked }: Wizardry) {
	const at = stepWords.findIndex(({ key }) => key === step);
	return stepWords.map((one, index) => ({
		...one,
		done: index < at || Boolean(saved) || (!fresh && index < 4),
		trouble: one.key === 'validate' && Boolean(checked.errors),
	}));
}

const keptWords = { kept: 'Draft kept', keeping: 'Keeping the draft…', failed: 'The draft could not be kept' } as const;

function Head({ of }: { of: Wizardry }) {
	const { setup, editor, titles, step, fresh, saved, denied, checked, go } = of;
	const facts = (
		<>
			{setup.settings.emr_object && <span>{`${titles[0]} ${setup.settings.emr_object} → ${titles[1]} ${setup.settings.crm_object}`}</span>}
			{setup.version > 0 && <span>{`Version ${setup.version}`}</span>}
			<span role="status">{editor.kept ? keptWords[editor.kept] : ''}</span>
		</>
	);
	const actions = (
		<>
			{setup.version > 0 && <ButtonLink href={`/mapping/${encodeURIComponent(setup.name)}/versions`}>Versions</ButtonLink>}
			{step === 'fields' && (
				<>
					<Button onClick={() => go('preview')}>Preview Mapped Data</Button>
					<Button kind="primary" why={denied} busy={checked.busy} onClick={() => go('validate')}>
						Validate Field Mapping
					</Button>
				</>
			)}
		</>
	);
	return (
		<PageHeader
			title={fresh && !saved ? 'New Data Sync' : `${setup.name}: field mapping`}
			trail={[{ href: '/integrations', label: 'Active Integrations' }]}
			facts={facts}
			actions={actions}
		>
			<Steps label="Steps of the data sync" steps={stepsOf(of)} current={step} onStep={(key) => isStep(key) && go(key)} />
		</PageHeader>
	);
}

/** The steps that need to know the fields of both sides. */
function Step({ of, data }: { of: Wizardry; data: Described }) {
	const { step, editor, setup, sources, samples, titles, which, setWhich, checked, previewed, denied, go, goTo } = of;
	const ready = data.ready.find(({ name }) => name === setup.ready)?.fields;
	const bodies: Partial<Record<StepKey, () => ComponentChildren>> = {
		fields: () => <FieldsStep {...{ editor, sources, samples, titles, which, denied }} described={data} onWhich={setWhich} found={checked.found} />,
		preview: () => (
			<PreviewStep
				{...{ samples, titles }}
				name={setup.name}
				document={() => documentOf(setup, ready)}
				shown={previewed.data}
				busy={previewed.busy}
				error={previewed.error}
				ask={previewed.ask}
				next={() => go('validate')}
			/>
		),
		validate: () => (
			<ValidateStep
				{...{ denied, goTo }}
				found={checked.holding}
				busy={checked.busy}
				error={checked.error}
				stale={checked.stale}
				validate={checked.validate}
				next={() => go('save')}
			/>
		),
		save: () => (
			<SaveStep
				{...{ setup, titles, denied }}
				described={data}
				dirty={editor.dirty}
				unmapped={Math.max(0, sources.length - setup.rows.length)}
				warnings={checked.warnings}
				goTo={go}
				onSaved={of.onSaved}
				saved={of.saved}
			/>
		),
	};
	return <>{bodies[step]?.()}</>;
}

function Wizard(props: WizardProps) {
	const of = useWizard(props);
	const { sync, start, integrations, again } = props;
	const { step, editor, setup, denied, described, fresh, go } = of;
	const discard = () => void dropDraft(sync).then(again).catch(toastError);
	const throwAway = (
		<Button small onClick={discard}>
			Throw the draft away
		</Button>
	);
	return (
		<>
			<Head of={of} />
			{start.draft && editor.dirty && (
				<Notice action={throwAway}>
					This is your draft of <Time at={start.draft.at} />; it is not saved yet.
				</Notice>
			)}
			{denied && <Notice>{denied}. You can look at everything here.</Notice>}
			{step === 'objects' && <ObjectsStep {...{ editor, integrations, described, denied }} fresh={fresh && setup.version === 0} next={() => go('fields')} />}
			{step !== 'objects' && !setup.settings.emr_object && (
				<EmptyState title="Choose the objects first" action={<Button onClick={() => go('objects')}>Objects</Button>}>
					The fields are those of the objects that are joined.
				</EmptyState>
			)}
			{step !== 'objects' && setup.settings.emr_object && (
				<Await of={described} lines={8}>
					{(data) => <Step of={of} data={data} />}
				</Await>
			)}
		</>
	);
}

export default function Mapping({ params }: ScreenProps) {
	const sync = params['sync'] ?? 'new';
	const denied = useDenied('setup');
	const integrations = useApi<{ items: Integration[] }>('/mapping/integrations');
	const [turn, setTurn] = useState(0);
	const start = useAsked<Start>();
	useEffect(() => {
		start.forget();
		void start.ask(() => readStart(sync, !denied));
	}, [sync, denied, turn]);
	if (start.error) return <ErrorState error={start.error} retry={() => setTurn((n) => n + 1)} />;
	if (!start.data) return <Skeleton lines={8} />;
	const begun = start.data;
	return (
		<Await of={integrations}>
			{({ items }) => <Wizard key={`${sync} ${turn}`} sync={sync} start={begun} integrations={items} again={() => setTurn((n) => n + 1)} />}
		</Await>
	);
}

// Step 1: which EMR object goes with which Salesforce object, what the mapping begins with, and which records take part.
import { useEffect } from 'preact/hooks';
import { useApi } from '../../api';
import { count } from '../../lib/format';
import { Await, Button, Card, Checkbox, Combobox, EmptyState, Notice, Pill, Radios, Select, TextField, type Choice } from '../../ui';
import { nameFor, replaceRows } from './model/rows';
import type { Described, FieldInfo, ObjectInfo, Ready, Settings, Setup } from './model/types';
import type { Editor } from './useEditor';

interface Connected {
	connection: string;
	kind?: string;
	title?: string;
}
export interface Integration {
	name: string;
	default_account: string | null;
	emr: Connected;
	crm: Connected;
	syncs: { name: string; emr_object: string; crm_object: string; version: number }[];
}
interface ObjectName {
	name: string;
	label: string;
	writable: boolean;
}
interface Objects {
	emr: ObjectName[] | null;
	crm: ObjectName[] | null;
}

const choicesOf = (objects: ObjectName[] | null, current: string): Choice[] => {
	const all = (objects ?? []).map(({ name, label, writable }) => ({ value: name, label: label || name, details: [name, ...(writable ? [] : ['read-only'])] }));
	return current && !all.some(({ value }) => value === current) ? [...all, { value: current, label: current, details: [] }] : all;
};

/** An external id that is made for this EMR's ids. */
export function keyFor(fields: readonly FieldInfo[], kind: string, object: string): string {
	const fits = fields.filter((field) => field.external_id && field.unique && field.updateable);
	const has = (name: string, word: string): boolean => word.length > 2 && name.toLowerCase().includes(word.toLowerCase());
	const best =
		fits.find(({ name }) => has(name, kind.slice(0, 4)) && has(name, object)) ??
		fits.find(({ name }) => has(name, kind.slice(0, 4))) ??
		fits.find(({ name }) => has(name, object));
	return best?.name ?? '';
}

const fitsWholly = (ready: Ready): boolean => ready.fits_crm === ready.rows && ready.fits_emr === ready.rows;

/** An Account with a last name is a person: the record type makes it one, and businesses take no part. */
function personSettings(ready: Ready | undefined, { crm }: Described): Partial<Settings> {
	const person = crm.record_types.find(({ name }) => /person/i.test(name));
	const fits = person && crm.fields.some(({ name }) => name === 'IsPersonAccount') && ready?.fields.some((row) => row.crm === 'LastName');
	return fits ? { crm_where: 'IsPersonAccount = true', crm_create: { RecordTypeId: person.id } } : {};
}

function begins(setup: Setup, ready: Ready | undefined, described: Described, kind: string): Setup {
	const key = setup.settings.crm_id_field || (ready ? keyFor(described.crm.fields, kind, setup.settings.emr_object) : '');
	const settings = { ...setup.settings, crm_id_field: key, ...personSettings(ready, described) } as Settings;
	return replaceRows({ ...setup, settings }, 'rows', ready?.fields ?? [], ready?.name ?? null);
}

/** What the mapping begins with; those that fit come first. */
function Begin({ setup, change, described, kind }: { setup: Setup; change: Editor['change']; described: Described; kind: string }) {
	const fitting = described.ready.filter(({ fits_crm }) => fits_crm > 0).sort((a, b) => b.fits_crm / b.rows - a.fits_crm / a.rows);
	const label = (ready: Ready) => (
		<>
			Ready mapping <code>{ready.name}</code> {fitsWholly(ready) && <Pill tone="good">fits</Pill>}
		</>
	);
	return (
		<Radios
			label="The mapping begins with"
			value={setup.ready ?? ''}
			onValue={(name) =>
				change((old) =>
					begins(
						old,
						fitting.find((one) => one.name === name),
						described,
						kind,
					),
				)
			}
			options={[
				...fitting.map((ready) => ({
					value: ready.name,
					label: label(ready),
					hint: fitsWholly(ready)
						? `${count(ready.rows, 'field')}, all of them are in this org`
						: `${ready.fits_crm} of ${count(ready.rows, 'field')} are in this org; the others show as errors to mend or remove`,
				})),
				{ value: '', label: 'Nothing: map the fields yourself', hint: 'Map by name and suggestions by data help' },
			]}
		/>
	);
}

function RecordType({ settings, set, crm }: { settings: Settings; set: (settings: Partial<Settings>, about?: string) => void; crm: ObjectInfo }) {
	if (crm.record_types.length === 0) return null;
	const chosen = String(settings.crm_create?.['RecordTypeId'] ?? '');
	const choose = (id: string) => {
		const others = { ...settings.crm_create };
		delete others['RecordTypeId'];
		const type = crm.record_types.find((one) => one.id === id);
		const person = crm.fields.some(({ name }) => name === 'IsPersonAccount') && /person/i.test(type?.name ?? '');
		const next = id ? { ...others, RecordTypeId: id } : others;
		set({
			crm_create: Object.keys(next).length ? next : undefined,
			...(person && !settings.crm_where ? { crm_where: 'IsPersonAccount = true' } : {}),
		});
	};
	return (
		<Select
			label="Record type of new records"
			hint="Person Account makes a new Account a person"
			value={chosen}
			onValue={choose}
			options={[{ value: '', label: 'The org’s default' }, ...crm.record_types.map(({ id, name }) => ({ value: id, label: name }))]}
		/>
	);
}

function Records({ setup, change, described, fresh }: { setup: Setup; change: Editor['change']; described: Described; fresh: boolean }) {
	const { settings } = setup;
	const set = (next: Partial<Settings>, about?: string) => change((old) => ({ ...old, settings: { ...old.settings, ...next } }), about);
	return (
		<div class="stack">
			{fresh && (
				<TextField
					label="Name of this sync"
					required
					hint="Letters, digits, - and _: it stands in addresses, lists and the audit trail"
					value={setup.name}
					onValue={(name) => change((old) => ({ ...old, name }), 'name')}
				/>
			)}
			<Checkbox
				label={`Create a new ${described.crm.label ?? described.crm.name} for those whom nobody fits`}
				hint="Otherwise they are skipped and listed"
				checked={settings.create ?? false}
				onChange={(create) => set({ create })}
			/>
			<RecordType settings={settings} set={set} crm={described.crm} />
			<TextField
				label="Which Salesforce records take part"
				hint="A SOQL condition, such as IsPersonAccount = true; empty: all of them"
				spellcheck={false}
				value={settings.crm_where ?? ''}
				onValue={(crm_where) => set({ crm_where }, 'crm_where')}
			/>
		</div>
	);
}

export interface ObjectsStepProps {
	editor: Editor;
	integrations: readonly Integration[];
	described: ReturnType<typeof useApi<Described>>;
	fresh: boolean;
	denied: string | undefined;
	next: () => void;
}

/** Objects of a sync that there is stay: another object is another sync. */
function Choose({
	editor,
	integration,
	integrations,
	fresh,
}: {
	editor: Editor;
	integration: Integration;
	integrations: readonly Integration[];
	fresh: boolean;
}) {
	const { setup, change } = editor;
	const objects = useApi<Objects>(`/mapping/integrations/${encodeURIComponent(integration.name)}/objects`);
	const taken = integrations.flatMap(({ syncs }) => syncs.map(({ name }) => name));
	const choose = (next: Partial<Settings>) =>
		change((old) => {
			const settings = { ...old.settings, ...next, crm_id_field: '' } as Settings;
			const renamed =
				next.emr_object !== undefined && (!old.name || old.name === nameFor(old.settings.emr_object, taken)) ? nameFor(next.emr_object, taken) : old.name;
			return { ...old, name: next.emr_object === '' ? '' : renamed, settings, rows: [], live: null, ready: null };
		});
	return (
		<Await of={objects}>
			{({ emr, crm }) => (
				<div class="map-objects">
					<Combobox
						label={`${integration.emr.title ?? 'EMR'} object`}
						required
						value={setup.settings.emr_object}
						onValue={(emr_object) => choose({ emr_object })}
						choices={choicesOf(emr, setup.settings.emr_object)}
						disabled={!fresh}
						placeholder="Choose what is read"
					/>
					<span aria-hidden="true" class="map-arrow">
						→
					</span>
					<Combobox
						label={`${integration.crm.title ?? 'CRM'} object`}
						required
						value={setup.settings.crm_object}
						onValue={(crm_object) => choose({ crm_object })}
						choices={choicesOf(crm, setup.settings.crm_object)}
						disabled={!fresh}
						placeholder="Account, Contact, or one of your own"
					/>
				</div>
			)}
		</Await>
	);
}

export function ObjectsStep({ editor, integrations, described, fresh, denied, next }: ObjectsStepProps) {
	const { setup, change } = editor;
	const integration = integrations.find(({ name }) => name === setup.settings.integration) ?? integrations[0];
	const both = setup.settings.emr_object && setup.settings.crm_object;
	const ready = described.data?.ready.find(fitsWholly);
	const empty = setup.rows.length === 0 && setup.ready === null && fresh;
	// The best one that fits wholly is proposed; who wants none says so.
	useEffect(() => {
		if (ready && empty && described.data) change((old) => begins(old, ready, described.data as Described, integration?.emr.kind ?? ''), 'propose');
	}, [described.data]);
	if (!integration)
		return (
			<EmptyState title="Nothing is connected yet" action={<a href="/connections">Connections</a>}>
				A sync joins an EMR with a Salesforce org. Connect both first.
			</EmptyState>
		);
	const why =
		denied ?? (!both ? 'Choose both objects first' : !described.data ? 'The fields are being read' : !setup.name ? 'Give the sync a name' : undefined);
	return (
		<Card title="Object mapping" facts={`${integration.emr.title ?? integration.emr.connection} and ${integration.crm.title ?? integration.crm.connection}`}>
			<div class="stack">
				{fresh && integrations.length > 1 && (
					<Select
						label="Integration"
						value={integration.name}
						onValue={(name) => change((old) => ({ ...old, settings: { ...old.settings, integration: name, emr_object: '', crm_object: '' }, rows: [] }))}
						options={integrations.map(({ name }) => ({ value: name, label: name }))}
					/>
				)}
				<Choose editor={editor} integration={integration} integrations={integrations} fresh={fresh} />
				{!fresh && <Notice>The objects of a sync stay as they are. Another pair of objects is another sync.</Notice>}
				{both && (
					<Await of={described}>
						{(data) => (
							<>
								{fresh && <Begin setup={setup} change={change} described={data} kind={integration.emr.kind ?? ''} />}
								<Records setup={setup} change={change} described={data} fresh={fresh} />
							</>
						)}
					</Await>
				)}
				<div class="row">
					<Button kind="primary" why={why} onClick={next}>
						Proceed
					</Button>
				</div>
			</div>
		</Card>
	);
}

// Step 2: the mapper. What is above it: search, filter, map by name, suggestions by data, samples, bulk edit, file, undo.
import type { ComponentChildren, Ref } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import { api, useAction, useApi } from '../../api';
import { count } from '../../lib/format';
import { useLater } from '../../lib/hooks';
import { useKeys } from '../../lib/keys';
import {
	Button,
	Card,
	Checkbox,
	Dialog,
	ErrorNote,
	FileDrop,
	Icon,
	Menu,
	Notice,
	Radios,
	Segments,
	Select,
	SelectionBar,
	toast,
	toastError,
	type Choice,
} from '../../ui';
import { matchByName, openGuesses, rowFor, type Guess, type Source } from './model/match';
import { addRows, editRow, editRows, ownLive, removeRows, replaceRows, rowsOf, type Which } from './model/rows';
import { linesOf, textOf, type Line } from './model/sources';
import { wrongRows } from './model/status';
import type { Described, FieldInfo, Row, RowSpec, Setup } from './model/types';
import { MapTable } from './MapTable';
import type { Words } from './RowPanel';
import type { Editor } from './useEditor';
import type { Samples } from './useSamples';
import { blanks, directions, winners } from './words';

export interface FieldsStepProps {
	editor: Editor;
	described: Described;
	sources: readonly Source[];
	samples: Samples;
	titles: readonly [string, string];
	which: Which;
	onWhich: (which: Which) => void;
	/** What the last validation found and still holds. */
	found: { errors: ReadonlyMap<number, string>; warnings: ReadonlyMap<number, string>; key: string | undefined };
	denied: string | undefined;
}

const integrationPath = (setup: Setup): string => `/mapping/integrations/${encodeURIComponent(setup.settings.integration)}`;

function choicesFor(fields: readonly FieldInfo[]): Choice[] {
	const all = fields.map((field) => ({
		field,
		choice: {
			value: field.name,
			label: field.label ?? field.name,
			details: [
				field.name,
				field.type,
				...(field.length && field.type === 'text' ? [`${field.length} characters`] : []),
				...(field.required ? ['required'] : []),
				...(field.external_id ? ['external id'] : []),
				...(field.unique ? ['unique'] : []),
				...(field.updateable || field.createable ? [] : ['read-only']),
			],
			group: field.required ? 'Required' : field.updateable || field.createable ? 'Fields' : 'Read-only',
		},
	}));
	const order = ['Required', 'Fields', 'Read-only'];
	return all
		.sort((a, b) => order.indexOf(a.choice.group) - order.indexOf(b.choice.group) || a.choice.label.localeCompare(b.choice.label))
		.map(({ choice }) => choice);
}

/** Constants and the like: rows that begin with nothing. */
const constantRow: RowSpec = { name: 'Constant', transform: { constant: '' }, direction: 'emr_to_crm' };

function Suggestions({
	editor,
	which,
	sources,
	fields,
	close,
}: {
	editor: Editor;
	which: Which;
	sources: readonly Source[];
	fields: ReadonlyMap<string, FieldInfo>;
	close: () => void;
}) {
	const { setup, change } = editor;
	const told = useApi<{ items: Guess[]; emr_records: number; crm_records: number }>(`${integrationPath(setup)}/guesses`, {
		body: { emr_object: setup.settings.emr_object, crm_object: setup.settings.crm_object },
	});
	const [off, setOff] = useState<ReadonlySet<string>>(new Set());
	const open = openGuesses(
		told.data?.items ?? [],
		rowsOf(setup, which).map(({ spec }) => spec),
	).filter((guess) => fields.has(guess.crm));
	const chosen = open.filter((guess) => !off.has(guess.emr));
	const take = () => {
		change((old) => {
			const made: RowSpec[] = [];
			for (const guess of chosen) {
				const source = sources.find(({ path }) => path === guess.emr) ?? {
					path: guess.emr,
					label: guess.emr.split('.').at(-1) ?? guess.emr,
					type: '',
					required: false,
					readOnly: false,
					filled: null,
				};
				const field = fields.get(guess.crm);
				if (field) made.push(rowFor(source, field, [...rowsOf(old, which).map(({ spec }) => spec), ...made]));
			}
			return addRows(old, which, made);
		});
		toast({ text: `${count(chosen.length, 'field')} mapped by data`, undo: editor.takeBack });
		close();
	};
	return (
		<Dialog
			title="Suggestions by data"
			open
			onClose={close}
			footer={
				<>
					<Button onClick={close}>Cancel</Button>
					<Button kind="primary" why={chosen.length ? undefined : 'Nothing is chosen'} onClick={take}>
						{`Map ${count(chosen.length, 'field')}`}
					</Button>
				</>
			}
		>
			{told.state === 'loading' && <p role="status">Reading some records of both sides. Nobody is linked, and no value is shown.</p>}
			<ErrorNote error={told.error} />
			{told.data && (
				<>
					<p>{`The values of ${count(told.data.emr_records, 'EMR record')} and ${count(told.data.crm_records, 'Salesforce record')} were compared, field against field. Nobody was linked.`}</p>
					{open.length === 0 && <p class="muted">No further fields hold the same values. With few records on either side there is little to compare.</p>}
					{open.map((guess) => (
						<Checkbox
							key={guess.emr}
							label={
								<>
									<code>{guess.emr}</code> → <code>{guess.crm}</code>
								</>
							}
							hint={`${guess.alike} of ${count(guess.of, 'different value')} are on the other side, too`}
							checked={!off.has(guess.emr)}
							onChange={(on) => setOff((old) => new Set(on ? [...old].filter((emr) => emr !== guess.emr) : [...old, guess.emr]))}
						/>
					))}
				</>
			)}
		</Dialog>
	);
}

function Import({ editor, which, close }: { editor: Editor; which: Which; close: () => void }) {
	const [file, setFile] = useState<File | null>(null);
	const { run, busy, error } = useAction(async () => {
		const { fields } = await api<{ fields: RowSpec[] }>('/mapping/read', { method: 'POST', body: { text: await file?.text() } });
		editor.change((old) => replaceRows(old, which, fields));
		toast({ text: `${count(fields.length, 'row')} read from the file`, undo: editor.takeBack });
		close();
	});
	return (
		<Dialog
			title="Import a mapping"
			open
			onClose={close}
			footer={
				<>
					<Button onClick={close}>Cancel</Button>
					<Button kind="primary" busy={busy} why={file ? undefined : 'Choose a file first'} onClick={() => void run()}>
						Replace the rows
					</Button>
				</>
			}
		>
			<FileDrop label="Mapping file" hint="YAML or JSON, as export writes it" accept=".yaml,.yml,.json" maxBytes={4e6} file={file} onFile={setFile} />
			<ErrorNote error={error} />
		</Dialog>
	);
}

async function exportRows(setup: Setup, which: Which): Promise<void> {
	const { text } = await api<{ text: string }>('/mapping/write', { method: 'POST', body: { fields: rowsOf(setup, which).map(({ spec }) => spec) } });
	const link = document.createElement('a');
	link.href = URL.createObjectURL(new Blob([text], { type: 'text/yaml' }));
	link.download = `${setup.name || 'mapping'}.yaml`;
	link.click();
	URL.revokeObjectURL(link.href);
}

function Bulk({ editor, which, selected, clear }: { editor: Editor; which: Which; selected: ReadonlySet<number>; clear: () => void }) {
	const edit = (change: Partial<RowSpec>) => {
		editor.change((old) => editRows(old, which, selected, change));
		toast({ text: `${count(selected.size, 'row')} changed`, undo: editor.takeBack });
	};
	const none = { value: '', label: 'As it is' } as const;
	return (
		<SelectionBar selected={selected.size} onClear={clear}>
			<Select label="Direction" class="is-inline" value="" onValue={(direction) => direction && edit({ direction })} options={[none, ...directions]} />
			<Select label="Source of truth" class="is-inline" value="" onValue={(winner) => winner && edit({ winner })} options={[none, ...winners]} />
			<Select label="Blanks" class="is-inline" value="" onValue={(blank) => blank && edit({ blank })} options={[none, ...blanks]} />
			<Button
				small
				icon="x"
				onClick={() => {
					editor.change((old) => removeRows(old, which, selected));
					toast({ text: `${count(selected.size, 'row')} removed`, undo: editor.takeBack });
					clear();
				}}
			>
				Unmap
			</Button>
		</SelectionBar>
	);
}

function SampleBar({ samples }: { samples: Samples }) {
	if (samples.items.length === 0)
		return (
			<>
				<Button small icon="eye" busy={samples.busy} why={samples.why} onClick={samples.show}>
					Show sample values
				</Button>
				<ErrorNote error={samples.error} />
			</>
		);
	return (
		<div class="row is-tight" role="group" aria-label="Sample record">
			<Button small onClick={() => samples.move(-1)} label="Previous sample">
				‹
			</Button>
			<span role="status">{`Sample ${samples.at + 1} of ${samples.items.length}`}</span>
			<Button small onClick={() => samples.move(1)} label="Next sample">
				›
			</Button>
			<Button small icon="lock" onClick={samples.hide}>
				Hide values
			</Button>
		</div>
	);
}

/** R38 */
function LiveChoice({ editor, which, onWhich, denied }: { editor: Editor; which: Which; onWhich: (which: Which) => void; denied: string | undefined }) {
	const own = editor.setup.live !== null;
	return (
		<div class="map-live">
			<Radios
				row
				label="Real time uses"
				value={own ? 'own' : 'same'}
				onValue={(value) => {
					if (denied) return;
					editor.change((old) => ownLive(old, value === 'own'));
					onWhich(value === 'own' ? 'live' : 'rows');
				}}
				options={[
					{ value: 'same', label: 'this mapping' },
					{ value: 'own', label: 'a mapping of its own' },
				]}
			/>
			{own && (
				<Segments
					label="Which mapping is shown"
					value={which}
					onValue={(value) => onWhich(value as Which)}
					options={[
						{ value: 'rows', label: 'Batches', count: editor.setup.rows.length },
						{ value: 'live', label: 'Real time', count: editor.setup.live?.length },
					]}
				/>
			)}
			{own && which === 'live' && (
				<Notice>
					Rows of the same Salesforce field read the same path, transform and type in both; direction, source of truth and blanks may differ. A field that only
					one of them has is left as it is in the other.
				</Notice>
			)}
		</div>
	);
}

type Filter = 'all' | 'mapped' | 'unmapped' | 'errors';

/** What a line is found by; made once for each row that stays as it is. */
function useTexts(lines: readonly Line[], fields: ReadonlyMap<string, FieldInfo>): ReadonlyMap<string, string> {
	const known = useMemo(() => new WeakMap<object, string>(), [fields]);
	return useMemo(() => {
		const textFor = (line: Line): string => {
			const of = line.row ?? line.source;
			const text = (of && known.get(of)) ?? textOf(line, fields.get(line.row?.spec.crm ?? ''));
			if (of) known.set(of, text);
			return text;
		};
		return new Map(lines.map((line) => [line.key, textFor(line)]));
	}, [lines, fields, known]);
}

function useShown(
	lines: readonly Line[],
	fields: ReadonlyMap<string, FieldInfo>,
	errors: ReadonlyMap<number, string>,
	text: string,
	filter: Filter,
): ReadonlySet<string> {
	const texts = useTexts(lines, fields);
	return useMemo(() => {
		const words = text.toLowerCase().split(/\s+/).filter(Boolean);
		const fits: Record<Filter, (line: Line) => boolean> = {
			all: () => true,
			mapped: ({ row }) => row !== null,
			unmapped: ({ row }) => row === null,
			errors: ({ row }) => row !== null && errors.has(row.id),
		};
		return new Set(lines.filter((line) => fits[filter](line) && words.every((word) => texts.get(line.key)?.includes(word))).map(({ key }) => key));
	}, [lines, texts, errors, text, filter]);
}

function useSelected(rows: readonly Row[]): [ReadonlySet<number>, (line: Line, on: boolean) => void, () => void] {
	const [picked, setPicked] = useState<ReadonlySet<number>>(new Set());
	const selected = useMemo(() => new Set(rows.filter(({ id }) => picked.has(id)).map(({ id }) => id)), [rows, picked]);
	const select = (line: Line, on: boolean) => setPicked((old) => new Set(on ? [...old, line.row?.id ?? 0] : [...old].filter((id) => id !== line.row?.id)));
	return [selected, select, () => setPicked(new Set())];
}

/** What stands above the lines: search, filter, tools. */
function Tools({
	editor,
	which,
	onWhich,
	denied,
	typed,
	setTyped,
	filter,
	setFilter,
	counts,
	search,
	mapByName,
	addConstant,
	open,
	children,
}: {
	editor: Editor;
	which: Which;
	onWhich: (which: Which) => void;
	denied: string | undefined;
	typed: string;
	setTyped: (text: string) => void;
	filter: Filter;
	setFilter: (filter: Filter) => void;
	counts: { all: number; mapped: number; errors: number };
	search: Ref<HTMLInputElement>;
	mapByName: () => void;
	addConstant: () => void;
	open: (dialog: 'guess' | 'import') => void;
	children: ComponentChildren;
}) {
	return (
		<div class="map-tools">
			<div class="row">
				<div class="search-box">
					<Icon name="search" />
					<input
						ref={search}
						class="input"
						type="search"
						aria-label="Search fields"
						placeholder="Label, path, API name, type, required…"
						value={typed}
						onInput={(event) => setTyped(event.currentTarget.value)}
					/>
				</div>
				<Segments
					label="Which fields are shown"
					value={filter}
					onValue={(value) => setFilter(value as Filter)}
					options={[
						{ value: 'all', label: 'All', count: counts.all },
						{ value: 'mapped', label: 'Mapped', count: counts.mapped },
						{ value: 'unmapped', label: 'Unmapped', count: counts.all - counts.mapped },
						{ value: 'errors', label: 'Errors', count: counts.errors },
					]}
				/>
			</div>
			<div class="row">
				<Button small icon="link" why={denied} onClick={mapByName}>
					Map by name
				</Button>
				<Button small icon="search" why={denied} onClick={() => open('guess')}>
					Suggest by data
				</Button>
				<Button small icon="plus" why={denied} onClick={addConstant}>
					Add constant
				</Button>
				<Button small icon="rotate-ccw" why={editor.undo ? undefined : 'Nothing to undo'} onClick={editor.undo}>
					Undo
				</Button>
				<Button small icon="refresh-cw" why={editor.redo ? undefined : 'Nothing to redo'} onClick={editor.redo}>
					Redo
				</Button>
				<Menu
					label="Mapping file"
					button="File"
					items={[
						{ label: 'Export as a file', run: () => void exportRows(editor.setup, which).catch(toastError) },
						{ label: 'Import from a file', run: () => open('import'), why: denied },
					]}
				/>
			</div>
			<LiveChoice editor={editor} which={which} onWhich={onWhich} denied={denied} />
			{children}
		</div>
	);
}

/** What a person does to the rows. */
function useRowActions(editor: Editor, which: Which, fields: ReadonlyMap<string, FieldInfo>, sources: readonly Source[], described: Described) {
	const { setup, change } = editor;
	const specs = (of: Setup) => rowsOf(of, which).map(({ spec }) => spec);
	const setCrm = (line: Line, crm: string) => {
		const field = fields.get(crm);
		const { source, row } = line;
		if (row) change((old) => (crm || !source ? editRow(old, which, row.id, { crm }) : removeRows(old, which, new Set([row.id]))));
		else if (source && field) change((old) => addRows(old, which, [rowFor(source, field, specs(old))]));
	};
	const mapByName = () => {
		const made = matchByName(sources, described.crm.fields, specs(setup), [setup.settings.crm_id_field]);
		if (made.length) change((old) => addRows(old, which, made));
		toast(made.length ? { text: `${count(made.length, 'field')} mapped by name`, undo: editor.takeBack } : 'No further fields are called alike');
	};
	const setIdField = (crm_id_field: string) => change((old) => ({ ...old, settings: { ...old.settings, crm_id_field } }));
	return { setCrm, mapByName, setIdField };
}

const keyError = (field: FieldInfo | undefined): string | undefined =>
	field && !(field.external_id && field.unique) ? `${field.name} has to be a unique external id: tick both in its settings in Salesforce` : undefined;

/** Lines and fields as the mapper draws them; each is the same as long as what it is made of is. */
function useMapper({ editor, described, sources, which, found }: FieldsStepProps) {
	const rows = rowsOf(editor.setup, which);
	const fields = useMemo(() => new Map(described.crm.fields.map((field) => [field.name, field])), [described]);
	const choices = useMemo(() => choicesFor(described.crm.fields), [described]);
	const idSource = useMemo(() => sources.find(({ type }) => type === 'id'), [sources]);
	const plain = useMemo(() => sources.filter((source) => source !== idSource), [sources, idSource]);
	const lines = useMemo(() => linesOf(plain, rows), [plain, rows]);
	const wrong = useMemo(() => wrongRows(rows, fields), [rows, fields]);
	const errors = useMemo(() => new Map([...found.errors, ...wrong]), [found.errors, wrong]);
	return { rows, fields, choices, idSource, plain, lines, errors };
}

export function FieldsStep(props: FieldsStepProps) {
	const { editor, described, sources, samples, titles, which, onWhich, found, denied } = props;
	const { setup, change } = editor;
	const { rows, fields, choices, idSource, plain, lines, errors } = useMapper(props);
	const words = useApi<Words>('/mapping/transforms');
	const [typed, setTyped] = useState('');
	const [filter, setFilter] = useState<Filter>('all');
	const [opened, setOpened] = useState<number | null>(null);
	const [dialog, setDialog] = useState<'guess' | 'import' | null>(null);
	const [selected, select, clear] = useSelected(rows);
	const shown = useShown(lines, fields, errors, useLater(typed, 120), filter);
	const search = useRef<HTMLInputElement>(null);
	useKeys([
		{ keys: 'Ctrl+z', does: 'Undo', run: () => editor.undo?.() },
		{ keys: 'Ctrl+Shift+z', does: 'Redo', run: () => editor.redo?.() },
		{ keys: 's', does: 'Search fields', run: () => search.current?.focus() },
	]);
	const { setCrm, mapByName, setIdField } = useRowActions(editor, which, fields, plain, described);
	const mapped = lines.filter(({ row }) => row).length;
	const addConstant = () => {
		change((old) => addRows(old, which, [constantRow]));
		setOpened(setup.nextId);
	};
	return (
		<Card flush title="Field mapping" facts={`${count(mapped, 'field')} mapped`} actions={<SampleBar samples={samples} />}>
			<Tools
				{...{ editor, which, onWhich, denied, typed, setTyped, filter, setFilter, search, mapByName, addConstant }}
				counts={{ all: lines.length, mapped, errors: errors.size }}
				open={setDialog}
			>
				{selected.size > 0 && <Bulk editor={editor} which={which} selected={selected} clear={clear} />}
			</Tools>
			<MapTable
				{...{ lines, shown, fields, choices, samples, errors, selected, opened, denied, titles }}
				warnings={found.warnings}
				words={words.data}
				live={which === 'live'}
				idField={setup.settings.crm_id_field}
				idLabel={idSource?.label ?? 'Record id'}
				idError={found.key ?? keyError(fields.get(setup.settings.crm_id_field))}
				onIdField={setIdField}
				onCrm={setCrm}
				onSelect={select}
				onOpen={setOpened}
				onEdit={(id, edit, about) => change((old) => editRow(old, which, id, edit), about)}
				onRemove={(id) => change((old) => removeRows(old, which, new Set([id])))}
			/>
			{shown.size === 0 && <p class="muted map-none">No field fits. Clear the search, or choose All.</p>}
			{dialog === 'guess' && <Suggestions editor={editor} which={which} sources={sources} fields={fields} close={() => setDialog(null)} />}
			{dialog === 'import' && <Import editor={editor} which={which} close={() => setDialog(null)} />}
		</Card>
	);
}

// The mapper: a line for each field of the EMR, those that are mapped and those that are not. A closed search hides lines without drawing them anew.
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { Combobox, Icon, Pill, type Choice } from '../../ui';
import { MapRow, type RowActions } from './MapRow';
import type { Line } from './model/sources';
import type { FieldInfo, RowSpec } from './model/types';
import { RowPanel, type Words } from './RowPanel';
import type { Samples } from './useSamples';

export interface MapTableProps {
	lines: readonly Line[];
	/** Keys of those that the search and the filter show. */
	shown: ReadonlySet<string>;
	fields: ReadonlyMap<string, FieldInfo>;
	choices: readonly Choice[];
	samples: Samples;
	errors: ReadonlyMap<number, string>;
	warnings: ReadonlyMap<number, string>;
	selected: ReadonlySet<number>;
	opened: number | null;
	words: Words | undefined;
	live: boolean;
	denied: string | undefined;
	idField: string;
	idLabel: string;
	idError: string | undefined;
	titles: readonly [string, string];
	onIdField: (name: string) => void;
	onCrm: (line: Line, crm: string) => void;
	onSelect: (line: Line, on: boolean) => void;
	onOpen: (id: number | null) => void;
	onEdit: (id: number, edit: Partial<RowSpec>, about?: string) => void;
	onRemove: (id: number) => void;
}

/** Which CRM field holds the EMR's own id: how a record is found again, whatever its name. */
function KeyRow({ idField, idLabel, idError, choices, onIdField, denied }: MapTableProps) {
	return (
		<tr role="row" class="map-row is-key">
			<td role="cell" class="map-check" />
			<th role="rowheader" scope="row">
				<span class="map-label">
					{idLabel}{' '}
					<Pill tone="info" icon="key-round">
						Match key
					</Pill>
				</span>
				<span class="hint">The EMR’s own id of the record; required</span>
			</th>
			<td role="cell" data-title="Transform">
				<span class="muted">As it is</span>
			</td>
			<td role="cell" class="map-target">
				<Combobox
					id="map-key"
					label={`Salesforce field for ${idLabel}`}
					hideLabel
					value={idField}
					onValue={onIdField}
					choices={choices}
					placeholder="Choose an external id"
					clearable
					disabled={Boolean(denied)}
					error={idError}
				/>
				{idField && <span class="hint">{idField}</span>}
			</td>
			<td role="cell" data-title="Rules">
				<span>EMR to Salesforce</span>
			</td>
			<td role="cell" class="map-status">
				<Pill>{idError ? 'Error' : idField ? 'Mapped' : 'Unmapped'}</Pill>
			</td>
			<td role="cell" class="map-edit">
				<Icon name="lock" label="Always there" />
			</td>
		</tr>
	);
}

const isLocked = (field: FieldInfo | undefined): boolean => field !== undefined && !field.updateable && !field.createable;

export function MapTable(props: MapTableProps) {
	const { lines, shown, samples, errors, warnings, selected, opened, denied } = props;
	const latest = useRef(props);
	latest.current = props;
	const actions = useMemo<RowActions>(
		() => ({
			setCrm: (line, crm) => latest.current.onCrm(line, crm),
			select: (line, on) => latest.current.onSelect(line, on),
			open: (line) => latest.current.onOpen(line.row && line.row.id !== latest.current.opened ? line.row.id : null),
		}),
		[],
	);
	const panel = useRef<HTMLTableRowElement>(null);
	useEffect(() => {
		if (opened !== null) panel.current?.querySelector<HTMLElement>('input')?.focus();
	}, [opened]);
	return (
		<table class="table map-table" role="table" aria-label="Field mapping">
			<thead role="rowgroup">
				<tr role="row">
					<th role="columnheader" scope="col" class="map-check">
						<span class="only-read">Select</span>
					</th>
					<th role="columnheader" scope="col">{`${props.titles[0]} field`}</th>
					<th role="columnheader" scope="col">
						Transform
					</th>
					<th role="columnheader" scope="col">{`${props.titles[1]} field`}</th>
					<th role="columnheader" scope="col">
						Rules
					</th>
					<th role="columnheader" scope="col">
						Status
					</th>
					<th role="columnheader" scope="col">
						<span class="only-read">Edit</span>
					</th>
				</tr>
			</thead>
			<tbody role="rowgroup">
				{!props.live && <KeyRow key="key" {...props} />}
				{lines.map((line) => {
					const id = line.row?.id;
					const tried = line.row ? samples.triedOf(line.row.spec) : undefined;
					const one = tried?.results[samples.at];
					const isOpen = id !== undefined && id === opened;
					return [
						<MapRow
							key={line.key}
							line={line}
							choices={props.choices}
							sample={line.paths[0] === undefined ? undefined : samples.valueAt(line.paths[0])}
							result={tried && (tried.error ?? one?.error ?? one?.value ?? 'empty')}
							error={id === undefined ? undefined : errors.get(id)}
							warning={id === undefined ? undefined : warnings.get(id)}
							selected={id !== undefined && selected.has(id)}
							opened={isOpen}
							hidden={!shown.has(line.key)}
							denied={denied}
							locked={isLocked(props.fields.get(line.row?.spec.crm ?? ''))}
							actions={actions}
						/>,
						isOpen && line.row && shown.has(line.key) && (
							<tr role="row" key={`panel ${id}`} class="map-panel-row" ref={panel}>
								<td role="cell" colSpan={7}>
									<RowPanel
										row={line.row}
										words={props.words}
										tried={tried}
										live={props.live}
										denied={denied}
										edit={(edit, about) => props.onEdit(id, edit, about && `${id} ${about}`)}
										remove={() => props.onRemove(id)}
										close={() => props.onOpen(null)}
									/>
								</td>
							</tr>
						),
					];
				})}
			</tbody>
		</table>
	);
}

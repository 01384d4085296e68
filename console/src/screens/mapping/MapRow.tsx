// One line of the mapper: where it comes from, what becomes of it, where it goes. Drawn anew only when something of its own changed: with 500 of them a key
// typed anywhere must not draw the others.
import { Component } from 'preact';
import { cx } from '../../lib/cx';
import { Button, Combobox, Icon, Masked, Pill, type Choice } from '../../ui';
import { sameLine, type Line } from './model/sources';
import { transformText } from './model/transforms';
import type { RowSpec } from './model/types';
import { blanks, directions, labelOf, roles, winners } from './words';

export interface RowActions {
	setCrm: (line: Line, crm: string) => void;
	select: (line: Line, on: boolean) => void;
	open: (line: Line) => void;
}

export interface MapRowProps {
	line: Line;
	choices: readonly Choice[];
	/** In the EMR's record that is shown; undefined: none is shown. */
	sample: string | null | undefined;
	result: string | undefined;
	error: string | undefined;
	warning: string | undefined;
	selected: boolean;
	opened: boolean;
	/** Left out by the search. */
	hidden: boolean;
	denied: string | undefined;
	/** The CRM field is a formula or the like. */
	locked: boolean;
	/** One for all rows, as long as the mapper is open. */
	actions: RowActions;
}

export const controlId = (line: Line): string => `map-${line.key.replace(/\W+/g, '-')}`;
export const labelOfLine = (line: Line): string => line.row?.spec.name ?? line.source?.label ?? line.paths[0] ?? 'Constant';

function Source({ line, sample }: { line: Line; sample: MapRowProps['sample'] }) {
	const { source } = line;
	const facts = [source?.type, source?.filled === 0 && 'empty in the records looked at'].filter(Boolean).join(' · ');
	return (
		<>
			<span class="map-label">
				{labelOfLine(line)}
				{source?.required && <Pill tone="info">required</Pill>}
				{source?.readOnly && <Icon name="lock" label="Read-only in the EMR" />}
			</span>
			{line.paths.length > 0 ? <code class="hint">{line.paths.join(' + ')}</code> : <span class="hint">The same for everybody</span>}
			{facts && <span class="hint">{facts}</span>}
			{sample !== undefined && (
				<span class="map-sample">
					<span class="only-read">Sample: </span>
					<Masked value={sample} shown />
				</span>
			)}
		</>
	);
}

function Becomes({ spec, result }: { spec: RowSpec | undefined; result: string | undefined }) {
	const transform = transformText(spec?.transform);
	return (
		<>
			{spec && <span class={cx(!transform && 'muted')}>{transform || 'As it is'}</span>}
			{spec && result !== undefined && (
				<span class="map-sample">
					<span class="only-read">Result: </span>
					{result}
				</span>
			)}
		</>
	);
}

function Rules({ spec }: { spec: RowSpec | undefined }) {
	if (!spec) return null;
	const oneWay = spec.direction !== undefined && spec.direction !== 'both';
	return (
		<>
			<span>{labelOf(directions, spec.direction)}</span>
			{!oneWay && <span class="hint">{labelOf(winners, spec.winner)}</span>}
			{spec.blank === 'clear' && <span class="hint">{labelOf(blanks, 'clear')}</span>}
			{spec.role && <Pill tone="info" icon="key-round">{`Match: ${labelOf(roles, spec.role).toLowerCase()}`}</Pill>}
		</>
	);
}

function Status({ row, error, warning }: { row: boolean; error: string | undefined; warning: string | undefined }) {
	if (error) return <Pill>Error</Pill>;
	if (warning) return <Pill>Warning</Pill>;
	return <Pill>{row ? 'Mapped' : 'Unmapped'}</Pill>;
}

const changed = (key: keyof MapRowProps, next: MapRowProps, now: MapRowProps): boolean =>
	key === 'line' ? !sameLine(next.line, now.line) : next[key] !== now[key];
const anyChanged = (keys: readonly (keyof MapRowProps)[], next: MapRowProps, now: MapRowProps): boolean => keys.some((key) => changed(key, next, now));

/** The cells; a search that hides and shows the row leaves them alone. */
class Cells extends Component<MapRowProps> {
	override shouldComponentUpdate(next: MapRowProps) {
		return anyChanged(
			(Object.keys(next) as (keyof MapRowProps)[]).filter((key) => key !== 'hidden'),
			next,
			this.props,
		);
	}

	override render({ line, choices, sample, result, error, warning, selected, opened, denied, locked, actions }: MapRowProps) {
		const spec = line.row?.spec;
		const label = labelOfLine(line);
		return (
			<>
				<td role="cell" class="map-check">
					{spec && (
						<input type="checkbox" aria-label={`Select ${label}`} checked={selected} onChange={(event) => actions.select(line, event.currentTarget.checked)} />
					)}
				</td>
				<th role="rowheader" scope="row">
					<Source line={line} sample={sample} />
				</th>
				<td role="cell" data-title="Transform">
					<Becomes spec={spec} result={result} />
				</td>
				<td role="cell" class="map-target">
					<Combobox
						id={controlId(line)}
						label={`Salesforce field for ${label}`}
						hideLabel
						value={spec?.crm ?? ''}
						onValue={(crm) => actions.setCrm(line, crm)}
						choices={choices}
						placeholder="Not mapped"
						clearable
						disabled={Boolean(denied)}
						error={error}
					/>
					{spec?.crm && (
						<span class="hint">
							{locked && <Icon name="lock" label="Read-only in Salesforce" />} {spec.crm}
						</span>
					)}
					{!error && warning && <span class="hint map-warning">{warning}</span>}
				</td>
				<td role="cell" data-title="Rules">
					<Rules spec={spec} />
				</td>
				<td role="cell" class="map-status">
					<Status row={Boolean(spec)} error={error} warning={warning} />
				</td>
				<td role="cell" class="map-edit">
					{spec && (
						<Button small kind="quiet" aria-expanded={opened} label={`Edit ${label}`} onClick={() => actions.open(line)}>
							Edit
						</Button>
					)}
				</td>
			</>
		);
	}
}

export class MapRow extends Component<MapRowProps> {
	override shouldComponentUpdate(next: MapRowProps) {
		return anyChanged(Object.keys(next) as (keyof MapRowProps)[], next, this.props);
	}

	override render(props: MapRowProps) {
		return (
			<tr role="row" class={cx('map-row', props.opened && 'is-open', props.error && 'has-error')} hidden={props.hidden}>
				<Cells {...props} />
			</tr>
		);
	}
}

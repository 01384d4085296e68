// Field by field: what was, what will be, who wins. Those that differ come first; the rest is folded away.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { cx } from '../lib/cx';
import { count } from '../lib/format';
import { Button } from './Button';
import { Pill } from './Pill';
import { Masked } from './Reveal';

export interface DiffRow {
	field: string;
	/** API name or path, below the label. */
	name?: string;
	left: string | null | undefined;
	right: string | null | undefined;
	/** Which side's value stands in the end. */
	winner?: 'left' | 'right' | undefined;
	/** In words: "Salesforce is newer", "blank filled". */
	why?: ComponentChildren;
	/** "changed" without values, where they are not to be seen. */
	changed?: boolean;
}

const differs = (row: DiffRow): boolean => row.changed ?? (row.left ?? '') !== (row.right ?? '');

function Side({ row, side, shown, title }: { row: DiffRow; side: 'left' | 'right'; shown: boolean; title: string }) {
	const wins = row.winner === side;
	return (
		<td role="cell" data-title={title} class={cx(row.winner && differs(row) && (wins ? 'is-winner' : 'is-loser'))}>
			<Masked value={row[side]} shown={shown} />
			{wins && differs(row) && <span class="only-read"> wins</span>}
		</td>
	);
}

function Result({ row, titles }: { row: DiffRow; titles: readonly [string, string] }) {
	if (!differs(row)) return <span class="muted">Same</span>;
	const winner = row.winner && titles[row.winner === 'left' ? 0 : 1];
	return (
		<span>
			{winner ? <Pill tone="info">{`${winner} wins`}</Pill> : <Pill tone="warn">Differs</Pill>} {row.why && <span class="hint">{row.why}</span>}
		</span>
	);
}

export interface DiffProps {
	label: string;
	rows: readonly DiffRow[];
	/** "EMR", "Salesforce"; or "Before", "After". */
	titles: readonly [string, string];
	/** False: values are dots until somebody reveals them (useReveal). */
	shown?: boolean;
}

export function Diff({ label, rows, titles, shown = true }: DiffProps) {
	const [all, setAll] = useState(false);
	const changed = rows.filter(differs);
	const same = rows.filter((row) => !differs(row));
	const list = all || changed.length === 0 ? [...changed, ...same] : changed;
	return (
		<div class="diff">
			<table class="table" role="table" aria-label={label}>
				<thead role="rowgroup">
					<tr role="row">
						<th scope="col" role="columnheader">
							Field
						</th>
						{titles.map((title) => (
							<th key={title} scope="col" role="columnheader">
								{title}
							</th>
						))}
						<th scope="col" role="columnheader">
							Result
						</th>
					</tr>
				</thead>
				<tbody role="rowgroup">
					{list.map((row) => (
						<tr key={row.name ?? row.field} role="row">
							<th scope="row" role="rowheader">
								{row.field}
								{row.name && <code class="hint">{row.name}</code>}
							</th>
							<Side row={row} side="left" shown={shown} title={titles[0]} />
							<Side row={row} side="right" shown={shown} title={titles[1]} />
							<td role="cell" data-title="Result">
								<Result row={row} titles={titles} />
							</td>
						</tr>
					))}
				</tbody>
			</table>
			{same.length > 0 && changed.length > 0 && (
				<div class="table-more row">
					<Button small kind="quiet" aria-expanded={all} onClick={() => setAll(!all)}>
						{all ? 'Hide fields that are the same' : `Show ${count(same.length, 'field')} that ${same.length === 1 ? 'is' : 'are'} the same`}
					</Button>
				</div>
			)}
		</div>
	);
}

// The differences of two versions as a table.
import { Pill } from '../../ui';
import type { Change } from './model/diff';

export function Changes({ changes, titles }: { changes: readonly Change[]; titles: readonly [string, string] }) {
	if (changes.length === 0) return <p class="muted">No differences.</p>;
	return (
		<table class="table map-changes" role="table" aria-label="Differences">
			<thead role="rowgroup">
				<tr role="row">
					{['What', ...titles, 'Change'].map((title) => (
						<th key={title} role="columnheader" scope="col">
							{title}
						</th>
					))}
				</tr>
			</thead>
			<tbody role="rowgroup">
				{changes.map((change) => (
					<tr key={change.what} role="row">
						<th role="rowheader" scope="row">
							{change.what}
						</th>
						<td role="cell" data-title={titles[0]}>
							{change.before ?? <span class="muted">none</span>}
						</td>
						<td role="cell" data-title={titles[1]}>
							{change.after ?? <span class="muted">none</span>}
						</td>
						<td role="cell" data-title="Change">
							<Pill tone={change.before === null ? 'good' : change.after === null ? 'bad' : 'info'}>
								{change.before === null ? 'Added' : change.after === null ? 'Removed' : 'Changed'}
							</Pill>
						</td>
					</tr>
				))}
			</tbody>
		</table>
	);
}

// A table with sorting, selection, rows by keyboard (j/k, Enter, x), and stacked cards below 700 px. For more than a few hundred rows: VirtualTable.
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { cx } from '../lib/cx';
import { count, number } from '../lib/format';
import { useKeys } from '../lib/keys';
import { navigate } from '../router';
import { Button } from './Button';
import { Checkbox } from './Field';
import { Icon } from './Icon';
import { Select } from './Select';

export interface Column<T> {
	key: string;
	title: string;
	cell: (row: T) => ComponentChildren;
	/** Numbers: to the right, digits of one width. */
	num?: boolean;
	/** Takes what is left; the others as much as they need. */
	grow?: boolean;
	sort?: boolean;
}

export interface Sort {
	key: string;
	down: boolean;
}

export interface TableProps<T> {
	/** What the table is, for those who hear it. */
	label: string;
	columns: readonly Column<T>[];
	rows: readonly T[];
	rowKey: (row: T) => string;
	/** Where Enter and a click on the row go. The first column should hold the same link, to be seen. */
	href?: (row: T) => string | undefined;
	/** Instead of href: opens a drawer. */
	onOpen?: (row: T) => void;
	selected?: ReadonlySet<string>;
	onSelect?: (selected: Set<string>) => void;
	sort?: Sort;
	onSort?: (sort: Sort) => void;
	/** Instead of rows, when there are none: an EmptyState. */
	empty?: ComponentChildren;
	/** There is more: a button below asks for it. */
	more?: (() => void) | undefined;
	busy?: boolean;
	/** The row that a drawer shows. */
	current?: string | undefined;
}

function toggled(selected: ReadonlySet<string>, key: string): Set<string> {
	const next = new Set(selected);
	if (!next.delete(key)) next.add(key);
	return next;
}

function HeadCell<T>({ column, sort, onSort }: { column: Column<T>; sort: Sort | undefined; onSort: ((sort: Sort) => void) | undefined }) {
	const mine = sort?.key === column.key;
	const order = mine ? (sort.down ? 'descending' : 'ascending') : undefined;
	return (
		<th scope="col" role="columnheader" class={cx(column.num && 'num', column.grow && 'grow')} aria-sort={order}>
			{column.sort && onSort ? (
				<button type="button" class="sort" onClick={() => onSort({ key: column.key, down: mine ? !sort.down : Boolean(column.num) })}>
					{column.title}
					<Icon name="chevron-down" class={cx(!mine && 'is-faint', mine && !sort.down && 'is-up')} />
				</button>
			) : (
				column.title
			)}
		</th>
	);
}

const clicksItself = (target: EventTarget | null): boolean => target instanceof Element && target.closest('a, button, input, select, label, summary') !== null;

function SortChoice<T>({ columns, sort, onSort }: { columns: readonly Column<T>[]; sort: Sort; onSort: (sort: Sort) => void }) {
	const options = columns
		.filter((column) => column.sort)
		.flatMap((column) => [
			{ value: `${column.key} up`, label: `${column.title}, rising` },
			{ value: `${column.key} down`, label: `${column.title}, falling` },
		]);
	return (
		<Select
			label="Sort by"
			class="sort-choice"
			value={`${sort.key} ${sort.down ? 'down' : 'up'}`}
			options={options}
			onValue={(value) => onSort({ key: value.slice(0, value.lastIndexOf(' ')), down: value.endsWith(' down') })}
		/>
	);
}

export function Table<T>(props: TableProps<T>) {
	const { label, columns, rows, rowKey, href, onOpen, selected, onSelect, sort, onSort, empty, more, busy, current } = props;
	const body = useRef<HTMLTableSectionElement>(null);

	const rowElements = () => [...(body.current?.rows ?? [])];
	const focused = () => rowElements().findIndex((element) => element.contains(document.activeElement));
	const step = (by: number) => {
		const all = rowElements();
		const at = focused();
		all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + by))]?.focus();
	};
	const open = (row: T | undefined) => {
		if (!row) return;
		const to = href?.(row);
		if (to) void navigate(to);
		else onOpen?.(row);
	};
	const select = (row: T | undefined) => {
		if (row && onSelect) onSelect(toggled(selected ?? new Set(), rowKey(row)));
	};
	const within = () => body.current?.contains(document.activeElement) ?? false;
	useKeys(
		rows.length === 0
			? []
			: [
					{ keys: 'j', does: 'Next row', group: 'Lists', within, run: () => step(1) },
					{ keys: 'k', does: 'Row before', group: 'Lists', within, run: () => step(-1) },
					...(onSelect ? [{ keys: 'x', does: 'Select the row', group: 'Lists', within, run: () => select(rows[focused()]) }] : []),
				],
	);
	if (rows.length === 0 && empty !== undefined && !busy) return <>{empty}</>;

	const chosen = onSelect ? rows.filter((row) => selected?.has(rowKey(row))).length : 0;
	const canOpen = Boolean(href ?? onOpen);
	return (
		<div class={cx('table-box', busy && 'is-busy')}>
			{sort && onSort && <SortChoice columns={columns} sort={sort} onSort={onSort} />}
			<table class="table" role="table" aria-label={label} aria-busy={busy || undefined}>
				<thead role="rowgroup">
					<tr role="row">
						{onSelect && (
							<th scope="col" role="columnheader" class="pick">
								<Checkbox
									label="Select all shown"
									hideLabel
									checked={chosen === rows.length && chosen > 0}
									mixed={chosen > 0 && chosen < rows.length}
									onChange={(on) => onSelect(new Set(on ? rows.map(rowKey) : []))}
								/>
							</th>
						)}
						{columns.map((column) => (
							<HeadCell key={column.key} column={column} sort={sort} onSort={onSort} />
						))}
					</tr>
				</thead>
				<tbody role="rowgroup" ref={body}>
					{rows.map((row) => {
						const key = rowKey(row);
						return (
							<tr
								key={key}
								role="row"
								tabIndex={-1}
								class={cx(canOpen && 'can-open', current === key && 'is-current', selected?.has(key) && 'is-selected')}
								onClick={(event) => !clicksItself(event.target) && !getSelection()?.toString() && open(row)}
								onKeyDown={(event) => event.key === 'Enter' && event.target === event.currentTarget && open(row)}
							>
								{onSelect && (
									<td role="cell" class="pick">
										<Checkbox label={`Select ${key}`} hideLabel checked={selected?.has(key) ?? false} onChange={() => select(row)} />
									</td>
								)}
								{columns.map((column) => (
									<td key={column.key} role="cell" data-title={column.title} class={cx(column.num && 'num', column.grow && 'grow')}>
										{column.cell(row)}
									</td>
								))}
							</tr>
						);
					})}
				</tbody>
			</table>
			{more && (
				<div class="table-more row">
					<span class="muted">{number(rows.length)} shown</span>
					<Button small busy={Boolean(busy)} onClick={more}>
						Show more
					</Button>
				</div>
			)}
		</div>
	);
}

/** Above a table while rows are selected: how many, and what to do with them. */
export function SelectionBar({ selected, onClear, children, of = 'row' }: { selected: number; onClear: () => void; children: ComponentChildren; of?: string }) {
	if (selected === 0) return null;
	return (
		<div class="selection row" role="group" aria-label="Selected rows">
			<strong role="status">{count(selected, of)} selected</strong>
			{children}
			<Button small kind="quiet" onClick={onClear}>
				Clear
			</Button>
		</div>
	);
}

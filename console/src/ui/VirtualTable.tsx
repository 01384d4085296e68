// A table of any length: only the rows that can be seen, and a few around them, are in the page. Rows have one height. Like Table it has j, k and Enter; it
// scrolls by itself and is a tab stop, so the arrow keys and Page Up and Down scroll it.
import type { ComponentChildren } from 'preact';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { cx } from '../lib/cx';
import { useWidth } from '../lib/hooks';
import { useKeys } from '../lib/keys';
import { navigate } from '../router';
import type { Column } from './Table';

export interface VirtualTableProps<T> {
	label: string;
	columns: readonly Column<T>[];
	/** How many rows there are in all. */
	total: number;
	/** The row, or undefined while it is still to come. */
	rowAt: (index: number) => T | undefined;
	/** These rows are shown now; for asking for those that are missing. */
	onRange?: (from: number, to: number) => void;
	href?: (row: T) => string | undefined;
	onOpen?: (row: T) => void;
	empty?: ComponentChildren;
	/** Of the box, in rows. */
	rowsShown?: number;
}

const rowHeight = 35;
const headHeight = 33;
const around = 8;
/** Browsers end a box at some 16 million pixels: the scroll is then coarser than the rows. */
const tallest = 8_000_000;

interface Window_ {
	from: number;
	to: number;
	top: number;
	height: number;
}

function windowOf(scroll: number, box: number, total: number, height: number): Window_ {
	const full = total * height;
	const tall = Math.min(full, tallest);
	const share = tall > box ? Math.min(1, scroll / (tall - box)) : 0;
	const real = full > tallest ? share * (full - box) : scroll;
	const from = Math.max(0, Math.floor(real / height) - around);
	const to = Math.min(total, Math.ceil((real + box) / height) + around);
	return { from, to, top: scroll - real + from * height, height: tall };
}

/** Below 700 px each row is a card with one line a column. */
const cardHeight = (columns: number) => columns * 26 + 17;

interface RowProps<T> {
	index: number;
	row: T | undefined;
	columns: readonly Column<T>[];
	height: number;
	open: ((row: T | undefined) => void) | undefined;
	onFocus: (index: number) => void;
}

function Row<T>({ index, row, columns, height, open, onFocus }: RowProps<T>) {
	return (
		<div
			role="row"
			aria-rowindex={index + 2}
			data-index={index}
			tabIndex={-1}
			class={cx(open && 'can-open')}
			style={{ height: `${height}px` }}
			onClick={(event) => event.target instanceof Element && !event.target.closest('a, button, input') && open?.(row)}
			onKeyDown={(event) => event.key === 'Enter' && event.target === event.currentTarget && open?.(row)}
			onFocus={() => onFocus(index)}
		>
			{columns.map((column) => (
				<span key={column.key} role="cell" data-title={column.title} class={cx(column.num && 'num')}>
					{row === undefined ? <span class="muted">…</span> : column.cell(row)}
				</span>
			))}
		</div>
	);
}

export function VirtualTable<T>({ label, columns, total, rowAt, onRange, href, onOpen, empty, rowsShown = 14 }: VirtualTableProps<T>) {
	const scroller = useRef<HTMLDivElement | null>(null);
	const [measure, width] = useWidth<HTMLDivElement>();
	const [scroll, setScroll] = useState(0);
	const [focus, setFocus] = useState<number | null>(null);
	const cards = width > 0 && width < 640;
	const height = cards ? cardHeight(columns.length) : rowHeight;
	const boxHeight = Math.min(total * height, cards ? 480 : rowsShown * rowHeight);
	const shown = windowOf(scroll, boxHeight, total, height);

	const latest = useRef(onRange);
	latest.current = onRange;
	useEffect(() => latest.current?.(shown.from, shown.to), [shown.from, shown.to]);
	const setBox = useCallback(
		(element: HTMLDivElement | null) => {
			scroller.current = element;
			measure(element);
		},
		[measure],
	);

	const open = (row: T | undefined) => {
		if (!row) return;
		const to = href?.(row);
		if (to) void navigate(to);
		else onOpen?.(row);
	};
	const step = (by: number) => {
		const next = focus === null ? shown.from : Math.max(0, Math.min(total - 1, focus + by));
		setFocus(next);
		const box = scroller.current;
		if (!box) return;
		const full = total * height;
		const scale = full > tallest ? tallest / full : 1;
		const y = next * height * scale;
		if (y < box.scrollTop) box.scrollTop = y;
		else if (y + height > box.scrollTop + boxHeight) box.scrollTop = y + height - boxHeight;
	};
	useEffect(() => {
		if (focus !== null) scroller.current?.querySelector<HTMLElement>(`[data-index="${focus}"]`)?.focus({ preventScroll: true });
	}, [focus, shown.from]);
	const within = () => scroller.current?.contains(document.activeElement) ?? false;
	useKeys(
		total === 0
			? []
			: [
					{ keys: 'j', does: 'Next row', group: 'Lists', within, run: () => step(1) },
					{ keys: 'k', does: 'Row before', group: 'Lists', within, run: () => step(-1) },
				],
	);

	if (total === 0 && empty !== undefined) return <>{empty}</>;
	const rows = Array.from({ length: shown.to - shown.from }, (_, offset) => shown.from + offset);
	return (
		<div
			class={cx('virtual', cards && 'is-cards')}
			ref={setBox}
			role="region"
			aria-label={label}
			tabIndex={0}
			style={{ maxHeight: `${boxHeight + headHeight}px` }}
			onScroll={(event) => setScroll(event.currentTarget.scrollTop)}
		>
			<div
				class="virtual-table"
				role="table"
				aria-label={label}
				aria-rowcount={total + 1}
				style={{ '--columns': columns.map((column) => (column.grow ? 'minmax(0, 2fr)' : column.num ? 'minmax(0, 0.4fr)' : 'minmax(0, 1fr)')).join(' ') }}
			>
				<div role="rowgroup" class="virtual-head">
					<div role="row" aria-rowindex={1}>
						{columns.map((column) => (
							<span key={column.key} role="columnheader" class={cx(column.num && 'num')}>
								{column.title}
							</span>
						))}
					</div>
				</div>
				<div role="rowgroup" class="virtual-body" style={{ height: `${shown.height}px` }}>
					<div class="virtual-rows" role="presentation" style={{ transform: `translateY(${shown.top}px)` }}>
						{rows.map((index) => (
							<Row key={index} index={index} row={rowAt(index)} columns={columns} height={height} open={href || onOpen ? open : undefined} onFocus={setFocus} />
						))}
					</div>
				</div>
			</div>
		</div>
	);
}

// A JSON document as a tree: fold and unfold (arrow keys, as in a tree), search with Enter for the next hit, copy a path. Values can be masked.
import { useMemo, useRef, useState } from 'preact/hooks';
import { cx } from '../lib/cx';
import { count } from '../lib/format';
import { Copy } from './Copy';
import { Icon } from './Icon';
import { mask } from './Reveal';

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

interface Line {
	path: string;
	key: string;
	depth: number;
	value: Json;
	/** Of members or items; null: a plain value. */
	size: number | null;
}

const isTree = (value: Json): value is readonly Json[] | { readonly [key: string]: Json } => typeof value === 'object' && value !== null;
const childPath = (path: string, key: string, inArray: boolean) => (inArray ? `${path}[${key}]` : path ? `${path}.${key}` : key);

function linesOf(value: Json, folded: ReadonlySet<string>): Line[] {
	const lines: Line[] = [];
	const walk = (key: string, path: string, depth: number, node: Json) => {
		const members = isTree(node) ? Object.entries(node) : null;
		lines.push({ path, key, depth, value: node, size: members && members.length });
		if (members && !folded.has(path)) for (const [name, child] of members) walk(name, childPath(path, name, Array.isArray(node)), depth + 1, child);
	};
	walk('', '', 0, value);
	return lines;
}

const written = (line: Line): string => (line.size === null ? JSON.stringify(line.value) : Array.isArray(line.value) ? `[ ${line.size} ]` : `{ ${line.size} }`);

export interface JsonViewProps {
	label: string;
	value: unknown;
	/** Values are dots: the shape can be seen, the data not. */
	masked?: boolean;
}

export function JsonView({ label, value, masked }: JsonViewProps) {
	const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
	const [text, setText] = useState('');
	const [at, setAt] = useState('');
	const box = useRef<HTMLDivElement>(null);
	const lines = useMemo(() => linesOf(value as Json, folded), [value, folded]);
	const says = (line: Line) => `${line.key} ${line.size === null && !masked ? written(line) : ''}`.toLowerCase();
	const hits = text ? lines.filter((line) => says(line).includes(text.toLowerCase())) : [];
	const here = lines.find((line) => line.path === at) ?? lines[0];

	const fold = (line: Line, on: boolean) => {
		const next = new Set(folded);
		if (on) next.add(line.path);
		else next.delete(line.path);
		setFolded(next);
	};
	const focus = (line: Line | undefined) => {
		if (!line) return;
		setAt(line.path);
		requestAnimationFrame(() => box.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus());
	};
	const onKeyDown = (event: KeyboardEvent) => {
		if (!here) return;
		const index = lines.indexOf(here);
		const keys: Record<string, () => void> = {
			ArrowDown: () => focus(lines[index + 1]),
			ArrowUp: () => focus(lines[index - 1]),
			Home: () => focus(lines[0]),
			End: () => focus(lines.at(-1)),
			ArrowRight: () => (here.size !== null && folded.has(here.path) ? fold(here, false) : focus(lines[index + 1])),
			ArrowLeft: () => (here.size && !folded.has(here.path) ? fold(here, true) : focus(lines.slice(0, index).findLast((line) => line.depth < here.depth))),
			Enter: () => here.size !== null && fold(here, !folded.has(here.path)),
		};
		const run = keys[event.key];
		if (!run) return;
		event.preventDefault();
		run();
	};
	const nextHit = () => {
		const from = hits.findIndex((line) => line.path === at);
		const hit = hits[(from + 1) % hits.length];
		if (hit) setAt(hit.path);
	};
	return (
		<div class="json">
			<div class="json-bar row">
				<div class="search-box">
					<Icon name="search" />
					<input
						class="input"
						type="search"
						aria-label={`Search in ${label}`}
						placeholder="Search"
						value={text}
						onInput={(event) => setText(event.currentTarget.value)}
						onKeyDown={(event) => event.key === 'Enter' && nextHit()}
					/>
				</div>
				<span class="muted" role="status">
					{text ? count(hits.length, 'hit') : ''}
				</span>
				<span class="row is-tight json-path">
					{at && (
						<>
							<code>{at}</code>
							<Copy text={at} what="path" />
						</>
					)}
				</span>
			</div>
			<div class="json-lines" role="tree" aria-label={label} ref={box} onKeyDown={onKeyDown}>
				{lines.map((line) => (
					<div
						key={line.path}
						role="treeitem"
						aria-level={line.depth + 1}
						aria-expanded={line.size ? !folded.has(line.path) : undefined}
						aria-selected={line === here}
						tabIndex={line === here ? 0 : -1}
						class={cx('json-line', line === here && at !== '' && 'is-on', hits.includes(line) && 'is-hit')}
						style={{ paddingLeft: `${line.depth * 16 + 8}px` }}
						onClick={() => {
							setAt(line.path);
							if (line.size) fold(line, !folded.has(line.path));
						}}
					>
						{line.size ? <Icon name={folded.has(line.path) ? 'chevron-right' : 'chevron-down'} /> : <span class="json-gap" />}
						{line.key && <span class="json-key">{line.key}: </span>}
						<span class={line.size === null ? `is-${line.value === null ? 'null' : typeof line.value}` : 'muted'}>
							{line.size === null && masked && line.value !== null ? mask : written(line)}
						</span>
					</div>
				))}
			</div>
		</div>
	);
}

// Lines or bars over time as SVG: takes its colours from the stylesheet and its width from the box. Says itself in a sentence, and has its numbers in a table
// behind a button.
import { useState } from 'preact/hooks';
import { number } from '../lib/format';
import { useWidth } from '../lib/hooks';
import { Button } from './Button';

export interface Series {
	name: string;
	/** One for each label. */
	values: readonly number[];
	tone?: 'good' | 'bad' | 'warn' | 'info' | 'idle';
}

export interface ChartProps {
	label: string;
	/** What stands below: times, days. */
	labels: readonly string[];
	series: readonly Series[];
	kind?: 'line' | 'bars';
	height?: number;
	/** What it shows, in a sentence; made from the numbers when left out. */
	summary?: string;
}

const pad = { top: 8, right: 8, bottom: 22, left: 44 };

/** 1, 2 or 5 times a power of ten, so that about four lines stand across. */
function niceStep(most: number): number {
	const raw = Math.max(most, 1) / 4;
	const power = 10 ** Math.floor(Math.log10(raw));
	const step = [1, 2, 5, 10].find((times) => times * power >= raw) ?? 10;
	return Math.max(1, step * power);
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

function say({ label, labels, series }: ChartProps): string {
	const parts = series.map(({ name, values }) => {
		const most = Math.max(0, ...values);
		const when = labels[values.indexOf(most)];
		return `${name}: ${number(sum(values))} in all${most > 0 && when ? `, most at ${when} with ${number(most)}` : ''}`;
	});
	return `${label}. ${parts.join('. ')}.`;
}

function Axis({ width, height, top, step }: { width: number; height: number; top: number; step: number }) {
	const lines = Array.from({ length: Math.floor(top / step) + 1 }, (_, index) => index * step);
	return (
		<g class="chart-axis">
			{lines.map((value) => {
				const y = pad.top + (1 - value / top) * height;
				return (
					<g key={value}>
						<line x1={pad.left} x2={pad.left + width} y1={y} y2={y} />
						<text x={pad.left - 6} y={y + 4} text-anchor="end">
							{number(value)}
						</text>
					</g>
				);
			})}
		</g>
	);
}

function Labels({ labels, x, height, width }: { labels: readonly string[]; x: (index: number) => number; height: number; width: number }) {
	const every = Math.max(1, Math.ceil((labels.length * 64) / Math.max(width, 1)));
	return (
		<g class="chart-axis">
			{labels.map((label, index) =>
				index % every === 0 ? (
					<text key={index} x={x(index)} y={pad.top + height + 16} text-anchor="middle">
						{label}
					</text>
				) : null,
			)}
		</g>
	);
}

function Drawing({ labels, series, kind, height: full, width: outer, summary }: ChartProps & { height: number; width: number; summary: string }) {
	const width = outer - pad.left - pad.right;
	const height = full - pad.top - pad.bottom;
	const bars = kind === 'bars';
	const stacked = labels.map((_, index) => series.reduce((total, one) => total + (one.values[index] ?? 0), 0));
	const most = bars ? Math.max(0, ...stacked) : Math.max(0, ...series.flatMap((one) => [...one.values]));
	const step = niceStep(most);
	const top = Math.max(step, Math.ceil(most / step) * step);
	const slot = width / Math.max(1, bars ? labels.length : labels.length - 1);
	const x = (index: number) => pad.left + (bars ? (index + 0.5) * slot : labels.length > 1 ? index * slot : width / 2);
	const y = (value: number) => pad.top + (1 - value / top) * height;
	const below = (at: number, index: number) => series.slice(0, at).reduce((total, one) => total + (one.values[index] ?? 0), 0);
	return (
		<svg class="chart-svg" width={outer} height={full} role="img" aria-label={summary}>
			<Axis width={width} height={height} top={top} step={step} />
			<Labels labels={labels} x={x} height={height} width={width} />
			{series.map((one, at) =>
				bars ? (
					<g key={one.name} class={`chart-bars is-${one.tone ?? 'info'}`}>
						{one.values.map((value, index) => {
							const from = below(at, index);
							const wide = Math.max(2, Math.min(32, slot * 0.7));
							return value > 0 ? (
								<rect key={index} x={x(index) - wide / 2} width={wide} y={y(from + value)} height={Math.max(1, y(from) - y(from + value))} />
							) : null;
						})}
					</g>
				) : (
					<polyline
						key={one.name}
						class={`chart-line is-${one.tone ?? 'info'}`}
						points={one.values.map((value, index) => `${x(index)},${y(value)}`).join(' ')}
					/>
				),
			)}
		</svg>
	);
}

function Numbers({ label, labels, series }: ChartProps) {
	return (
		<div class="chart-table" tabIndex={0} role="region" aria-label={`${label}, numbers`}>
			<table class="table is-plain" aria-label={`${label}, numbers`}>
				<thead>
					<tr>
						<th scope="col">When</th>
						{series.map((one) => (
							<th key={one.name} scope="col" class="num">
								{one.name}
							</th>
						))}
					</tr>
				</thead>
				<tbody>
					{labels.map((when, index) => (
						<tr key={index}>
							<th scope="row">{when}</th>
							{series.map((one) => (
								<td key={one.name} class="num">
									{number(one.values[index] ?? 0)}
								</td>
							))}
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}

export function Chart(props: ChartProps) {
	const { series, height = 180, kind = 'line' } = props;
	const [box, width] = useWidth<HTMLDivElement>();
	const [table, setTable] = useState(false);
	const summary = props.summary ?? say(props);
	return (
		<figure class="chart">
			<figcaption class="chart-bar row">
				{series.map((one) => (
					<span key={one.name} class="row is-tight">
						<span class={`chart-key is-${one.tone ?? 'info'}`} aria-hidden="true" />
						{one.name}
					</span>
				))}
				<Button small kind="quiet" class="actions" aria-expanded={table} onClick={() => setTable(!table)}>
					{table ? 'Show chart' : 'Show numbers'}
				</Button>
			</figcaption>
			{table ? (
				<Numbers {...props} />
			) : (
				<div ref={box}>
					{width > 0 ? <Drawing {...props} kind={kind} height={height} width={width} summary={summary} /> : <div style={{ height: `${height}px` }} />}
				</div>
			)}
		</figure>
	);
}

/** A line of a few days beside a number. */
export function Sparkline({
	label,
	values,
	tone = 'info',
	width = 96,
	height = 24,
}: {
	label: string;
	values: readonly number[];
	tone?: Series['tone'];
	width?: number;
	height?: number;
}) {
	const most = Math.max(1, ...values);
	const step = width / Math.max(1, values.length - 1);
	const points = values.map((value, index) => `${(index * step).toFixed(1)},${(height - 2 - (value / most) * (height - 4)).toFixed(1)}`).join(' ');
	return (
		<svg class="sparkline" width={width} height={height} role="img" aria-label={`${label}: ${values.map(number).join(', ')}`}>
			<polyline class={`chart-line is-${tone ?? 'info'}`} points={points} />
		</svg>
	);
}

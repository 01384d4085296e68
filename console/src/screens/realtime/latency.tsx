// How long events took, and how their senders were answered, since the service began.
import { useApi } from '../../api';
import { count, number } from '../../lib/format';
import { Await, Card, Chart, Segments } from '../../ui';
import { useState } from 'preact/hooks';

interface Histogram {
	count: number;
	over: number;
	mean_us: number;
	buckets: { upto_us: number; count: number }[];
}
interface Answers {
	received: Histogram;
	written: Histogram;
	answers: { connection: string | null; answer: string; count: number }[];
}

const span = (us: number): string => (us < 1000 ? `${us} µs` : us < 1_000_000 ? `${us / 1000} ms` : `${us / 1_000_000} s`);

/** The bound below which a share of all stayed. */
function quantile(h: Histogram, share: number): string {
	let seen = 0;
	for (const { upto_us: upto, count: n } of h.buckets) {
		seen += n;
		if (seen >= h.count * share) return `at most ${span(upto)}`;
	}
	return 'longer than measured';
}

const which = [
	{ value: 'received', label: 'Received to kept' },
	{ value: 'written', label: 'Received to written' },
];

function Shown({ all }: { all: Answers }) {
	const [chosen, choose] = useState('received');
	const h = chosen === 'written' ? all.written : all.received;
	return (
		<div class="stack">
			<Segments label="Which time" value={chosen} onValue={choose} options={which} />
			{h.count === 0 ? (
				<p class="muted">No event came since the service began.</p>
			) : (
				<Chart
					kind="bars"
					label={chosen === 'written' ? 'Time from an event to the acceptance of its write' : 'Time from an event to its durable commit'}
					labels={[...h.buckets.map(({ upto_us: upto }) => span(upto)), 'more']}
					series={[{ name: 'Events', values: [...h.buckets.map(({ count: n }) => n), h.over], tone: 'info' }]}
					summary={`${count(h.count, 'event')}. Half took ${quantile(h, 0.5)}, 99 of 100 ${quantile(h, 0.99)}.`}
				/>
			)}
			{all.answers.length > 0 && (
				<p class="facts">
					Senders were answered:
					{all.answers.map(({ connection, answer, count: n }) => (
						<span key={`${connection}-${answer}`} class="num">
							{connection ?? 'nobody we know'}: {answer} {number(n)}
						</span>
					))}
				</p>
			)}
		</div>
	);
}

export function Latency() {
	const all = useApi<Answers>('/latency', { topics: ['realtime'] });
	return (
		<Card title="Latency" facts="since the service began">
			<Await of={all}>{(answers) => <Shown all={answers} />}</Await>
		</Card>
	);
}

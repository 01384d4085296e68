// Overview: how far the set-up is, how each sync is, what was moved, what waits for a person.
import { useApi } from '../../api';
import { number } from '../../lib/format';
import { Await, ButtonLink, Card, Chart, PageHeader, Segments } from '../../ui';
import { useQuery } from '../../router';
import { lastDay, lastWeek, seriesOf, since, sumOf, type Hour } from './model';
import { SetUp } from './setup';
import { Syncs } from './syncs';
import { Alerts, Limits, Waiting } from './waiting';

const ranges = [
	{ value: 'day', label: '24 hours' },
	{ value: 'week', label: '7 days' },
] as const;

function Moved({ hours }: { hours: readonly Hour[] }) {
	const [range, setRange] = useQuery('range', 'day');
	const slots = range === 'week' ? lastWeek(hours) : lastDay(hours);
	const { to_crm: toCrm, to_emr: toEmr, failed } = sumOf(since(hours, range === 'week' ? 7 * 86_400_000 : 86_400_000));
	return (
		<Card
			title="Records moved"
			facts={`${number(toCrm)} to Salesforce, ${number(toEmr)} to the EMR, ${number(failed)} failed`}
			actions={<Segments label="Time range" value={range} onValue={setRange} options={ranges} />}
		>
			<Chart label="Records moved" kind="bars" labels={slots.labels} series={seriesOf(slots)} />
		</Card>
	);
}

export default function Overview() {
	const activity = useApi<{ items: Hour[] }>('/activity', { topics: ['activity'] });
	const hours = activity.data?.items ?? [];
	return (
		<>
			<PageHeader
				title="Overview"
				facts="Patients of the EMR and people of Salesforce, kept the same"
				actions={
					<ButtonLink href="/runs/new" icon="refresh-cw">
						Sync records
					</ButtonLink>
				}
			/>
			<SetUp />
			<Alerts />
			<Syncs hours={hours} />
			<div class="split">
				<Await of={activity}>{({ items }) => <Moved hours={items} />}</Await>
				<div class="stack">
					<Waiting />
					<Limits />
				</div>
			</div>
		</>
	);
}

// From nothing to a synced practice: what is done, what comes next, one button to where it is done. There until everything is done, or put away in this browser.
import { useState } from 'preact/hooks';
import { useApi } from '../../api';
import { useDenied } from '../../session';
import { Button, ButtonLink, Card, ErrorNote, Icon, Progress } from '../../ui';
import type { Checklist, Step } from './model';

const stored = 'suture.checklist';

/** What a step is for, and the words of its button. */
const texts: Record<Step['key'], { why: string; button: string }> = {
	account: { why: 'You are signed in with it.', button: 'See accounts' },
	crm: { why: 'Sign in at Salesforce as the person or app that Suture acts as. A sandbox is a good place to begin.', button: 'Connect Salesforce' },
	emr: { why: 'With the key or the authorisation code that your EMR gives you.', button: 'Connect the EMR' },
	integration: { why: 'Says which two systems are kept the same. New contacts need an Account to belong to: the Default Account.', button: 'Choose the two' },
	sync: {
		why: 'Which records are which, and field by field what goes where. Ready mappings are offered; take one and change it later.',
		button: 'New Data Sync',
	},
	preview: { why: 'One real record with every field as it would be written. Nothing is written yet.', button: 'Preview' },
	import: { why: 'Reads both systems, links who is the same person and writes the rest. It can be stopped and resumed.', button: 'Sync records' },
	real_time: { why: 'From then on a change on either side arrives on the other within seconds.', button: 'Real time' },
};

function read(): boolean {
	try {
		return localStorage.getItem(stored) === 'away';
	} catch {
		return false;
	}
}

function keep(away: boolean): void {
	try {
		localStorage.setItem(stored, away ? 'away' : 'shown');
	} catch {
		// No storage: it is there again after the next reading.
	}
}

function Line({ step, next }: { step: Step; next: boolean }) {
	const { why, button } = texts[step.key];
	return (
		<li class={step.done ? 'is-done' : undefined} aria-current={next ? 'step' : undefined}>
			<span class="setup-mark">{step.done ? <Icon name="circle-check" label="Done:" /> : <Icon name="circle" label={next ? 'Next:' : 'Not yet:'} />}</span>
			<span class="setup-text">
				<strong>{step.title}</strong>
				{!step.done && <span class="muted">{why}</span>}
			</span>
			{!step.done && (
				<ButtonLink href={step.path} kind={next ? 'primary' : 'normal'}>
					{button}
				</ButtonLink>
			)}
		</li>
	);
}

export function SetUp() {
	const list = useApi<Checklist>('/checklist', { topics: ['syncs', 'runs', 'realtime'] });
	const [away, setAway] = useState(read);
	const denied = useDenied('setup');
	const put = (next: boolean) => {
		keep(next);
		setAway(next);
	};
	if (!list.data) return <ErrorNote error={list.error} />;
	const { items, done } = list.data;
	if (done === items.length) return null;
	if (away) {
		return (
			<p class="setup-away muted">
				Set-up: {done} of {items.length} steps are done.{' '}
				<button type="button" class="plain-link" onClick={() => put(false)}>
					Show the list
				</button>
			</p>
		);
	}
	const next = items.find((step) => !step.done);
	return (
		<Card
			title="Set-up"
			facts={`${done} of ${items.length} done`}
			actions={
				<Button kind="quiet" icon="x" onClick={() => put(true)}>
					Put away
				</Button>
			}
		>
			<div class="stack">
				<Progress label="Set-up" done={done} of={items.length} />
				{denied && <p class="muted">{denied}.</p>}
				<ol class="setup-steps">
					{items.map((step) => (
						<Line key={step.key} step={step} next={step === next} />
					))}
				</ol>
			</div>
		</Card>
	);
}

// Step 4, Validate Field Mapping: each problem with its repair and the way to its row.
import { useEffect, useRef } from 'preact/hooks';
import type { ApiError } from '../../api';
import { count } from '../../lib/format';
import { Button, Card, EmptyState, ErrorNote, Icon, Notice, Pill, Skeleton } from '../../ui';
import type { Found } from './model/status';

export interface ValidateStepProps {
	found: readonly Found[] | undefined;
	busy: boolean;
	error: ApiError | undefined;
	/** The mapping was changed since. */
	stale: boolean;
	denied: string | undefined;
	validate: () => void;
	goTo: (found: Found) => void;
	next: () => void;
}

const titleOf = ({ problem, row }: Found): string => row?.spec.name ?? problem.field ?? 'The mapping';

function ProblemList({ title, list, goTo, tone }: { title: string; list: readonly Found[]; goTo: (found: Found) => void; tone: 'bad' | 'warn' }) {
	if (list.length === 0) return null;
	return (
		<section aria-label={title}>
			<h3>{title}</h3>
			<ul class="map-problems">
				{list.map((one, index) => (
					<li key={index}>
						<Icon name={tone === 'bad' ? 'circle-alert' : 'triangle-alert'} />
						<div>
							<strong>{titleOf(one)}</strong> {one.problem.field && <code>{one.problem.field}</code>}{' '}
							{one.problem.list === 'live_mapping' && <Pill tone="info">real time</Pill>}
							<div>{one.problem.text}</div>
						</div>
						<Button small onClick={() => goTo(one)} label={`Go to ${titleOf(one)}`}>
							{one.row ? 'Go to the row' : 'Go to the fields'}
						</Button>
					</li>
				))}
			</ul>
		</section>
	);
}

export function ValidateStep({ found, busy, error, stale, denied, validate, goTo, next }: ValidateStepProps) {
	const head = useRef<HTMLDivElement>(null);
	const errors = found?.filter(({ problem }) => problem.level === 'error') ?? [];
	const warnings = found?.filter(({ problem }) => problem.level === 'warning') ?? [];
	const fine = found?.filter(({ problem }) => problem.level === 'ok') ?? [];
	useEffect(() => {
		if (found && !busy) head.current?.focus();
	}, [found, busy]);
	const why = denied ?? (!found || stale ? 'Validate first' : errors.length ? 'Mend the errors first' : undefined);
	return (
		<Card
			title="Validate Field Mapping"
			facts="Both systems are asked what their fields are like"
			actions={
				<>
					<Button icon="circle-check" busy={busy} why={denied} onClick={validate}>
						Validate Field Mapping
					</Button>
					<Button kind="primary" why={why} onClick={next}>
						Continue to save
					</Button>
				</>
			}
		>
			<div class="stack">
				<ErrorNote error={error} />
				{busy && !found && <Skeleton label="Asking both systems" />}
				{!found && !busy && !error && (
					<EmptyState title="Not validated yet">
						Types, required and read-only fields, lengths, picklists, duplicates and the match key are checked against both systems as they are now.
					</EmptyState>
				)}
				{found && (
					<div ref={head} tabIndex={-1} role="group" aria-label="Result of the validation" class="stack">
						{stale && <Notice tone="warn">The mapping was changed since. Validate again.</Notice>}
						{errors.length > 0 ? (
							<Notice tone="bad">{`${count(errors.length, 'problem')} to mend before the mapping can be saved and used`}</Notice>
						) : (
							<Notice tone="good">{warnings.length ? `The mapping is valid, with ${count(warnings.length, 'warning')}` : 'The mapping is valid'}</Notice>
						)}
						<ProblemList title={count(errors.length, 'error')} list={errors} goTo={goTo} tone="bad" />
						<ProblemList title={count(warnings.length, 'warning')} list={warnings} goTo={goTo} tone="warn" />
						{fine.length > 0 && (
							<ul class="map-problems is-good">
								{fine.map(({ problem }, index) => (
									<li key={index}>
										<Icon name="check" />
										<div>{problem.text}</div>
									</li>
								))}
							</ul>
						)}
					</div>
				)}
			</div>
		</Card>
	);
}

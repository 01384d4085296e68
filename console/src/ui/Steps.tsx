import { cx } from '../lib/cx';
import { Icon } from './Icon';

export interface Step {
	key: string;
	label: string;
	/** Done: shown with a tick, and may be gone back to. */
	done?: boolean;
	/** Something in it has to be looked at. */
	trouble?: boolean;
}

/** Where somebody is in a wizard: buttons for the steps that are done. Inside a PageHeader. */
export function Steps({ label, steps, current, onStep }: { label: string; steps: readonly Step[]; current: string; onStep: (key: string) => void }) {
	const at = steps.findIndex((step) => step.key === current);
	return (
		<nav aria-label={label} class="steps">
			<ol>
				{steps.map((step, index) => {
					const here = index === at;
					const mark = step.trouble ? (
						<Icon name="triangle-alert" label="Look at this:" />
					) : step.done && !here ? (
						<Icon name="check" label="Done:" />
					) : (
						index + 1
					);
					const inside = (
						<>
							<span class={cx('step-mark', step.trouble && 'is-bad')}>{mark}</span>
							<span>{step.label}</span>
						</>
					);
					return (
						<li key={step.key} class={cx(here && 'is-here', index < at && 'is-past')} aria-current={here ? 'step' : undefined}>
							{!here && (step.done || index < at) ? (
								<button type="button" onClick={() => onStep(step.key)}>
									{inside}
								</button>
							) : (
								<span class="step">{inside}</span>
							)}
						</li>
					);
				})}
			</ol>
		</nav>
	);
}

/** How far something is; says 25, 50, 75 and 100 % to those who hear the page, not every one. */
export function Progress({ label, done, of }: { label: string; done: number; of: number }) {
	const share = of > 0 ? Math.min(1, done / of) : 0;
	const quarter = Math.floor(share * 4) * 25;
	return (
		<div class="progress">
			<progress aria-label={label} max={1} value={share} />
			<span class="only-read" role="status">
				{quarter > 0 ? `${label}: ${quarter} %` : ''}
			</span>
		</div>
	);
}

import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

export interface SwitchProps {
	label: ComponentChildren;
	on: boolean;
	onChange: (on: boolean) => void;
	hint?: ComponentChildren;
	/** Being changed. */
	busy?: boolean;
	/** Why it cannot be changed. */
	why?: string | undefined;
}

/** On or off, at once. Space and Enter turn it. */
export function Switch({ label, on, onChange, hint, busy, why }: SwitchProps) {
	const id = useId();
	const off = Boolean(why) || Boolean(busy);
	return (
		<div class="switch">
			<button
				type="button"
				role="switch"
				aria-checked={on}
				aria-labelledby={`${id}-label`}
				aria-describedby={hint || why ? `${id}-hint` : undefined}
				aria-disabled={off || undefined}
				aria-busy={busy || undefined}
				data-tip={why}
				onClick={() => !off && onChange(!on)}
			>
				<span class="knob" />
			</button>
			<span class="switch-text">
				<span id={`${id}-label`} onClick={() => !off && onChange(!on)}>
					{label}
				</span>
				{(hint || why) && (
					<span class={hint ? 'hint' : 'only-read'} id={`${id}-hint`}>
						{hint}
						{why && <span class="only-read"> {why}</span>}
					</span>
				)}
			</span>
		</div>
	);
}

// An editable combobox with a list (ARIA 1.2), for a dozen choices and more. Typing searches label, value and every detail. Arrows, Home and End move, Enter
// takes, Escape closes and puts back what was chosen, Alt+Delete clears. The list is in the top layer.
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useMemo, useRef, useState } from 'preact/hooks';
import { cx } from '../lib/cx';
import { placeBeside } from '../lib/popover';
import { Field, type FieldProps } from './Field';
import { Icon } from './Icon';

export interface Choice {
	value: string;
	label: string;
	/** The second line: API name, type, "external id", "required". Searched as well. */
	details?: readonly string[];
	/** Heading above the first of its kind. */
	group?: string;
	/** Why it cannot be taken; it is shown all the same. */
	why?: string | undefined;
}

export interface ComboboxProps extends FieldProps {
	value: string;
	onValue: (value: string) => void;
	choices: readonly Choice[];
	placeholder?: string;
	/** Without it nothing can be chosen only by taking something else. */
	clearable?: boolean;
	disabled?: boolean;
	/** For lists that are searched elsewhere: told what was typed; `choices` is then shown as it is. */
	onSearch?: (text: string) => void;
	busy?: boolean;
	empty?: ComponentChildren;
}

const most = 200;

function find(choices: readonly Choice[], text: string): readonly Choice[] {
	const words = text.toLowerCase().split(/\s+/).filter(Boolean);
	if (words.length === 0) return choices.slice(0, most);
	return choices
		.filter((choice) => {
			const all = [choice.label, choice.value, ...(choice.details ?? [])].join(' ').toLowerCase();
			return words.every((word) => all.includes(word));
		})
		.slice(0, most);
}

function Row({ choice, id, on, chosen, take }: { choice: Choice; id: string; on: boolean; chosen: boolean; take: () => void }) {
	return (
		<li
			id={id}
			role="option"
			aria-selected={chosen}
			aria-disabled={choice.why ? true : undefined}
			class={cx(on && 'is-on')}
			onMouseDown={(event) => event.preventDefault()}
			onClick={take}
		>
			<span class="choice-label">
				{choice.label}
				{chosen && <Icon name="check" />}
			</span>
			{(choice.details || choice.why) && <span class="hint">{[...(choice.details ?? []), ...(choice.why ? [choice.why] : [])].join(' · ')}</span>}
		</li>
	);
}

function Rows({ shown, id, at, value, take }: { shown: readonly Choice[]; id: string; at: number; value: string; take: (choice: Choice) => void }) {
	return (
		<>
			{shown.map((choice, index) => (
				<>
					{choice.group && choice.group !== shown[index - 1]?.group && (
						<li key={`group ${choice.group}`} role="presentation" class="choice-group">
							{choice.group}
						</li>
					)}
					<Row key={choice.value} id={`${id}-${index}`} choice={choice} on={index === at} chosen={choice.value === value} take={() => take(choice)} />
				</>
			))}
		</>
	);
}

/** What is typed, which row is meant, and what keys do. */
function useCombobox({ value, onValue, choices, clearable, disabled, onSearch }: ComboboxProps, list: string) {
	/** What is typed; null: nothing, the chosen one's label stands there. */
	const [text, setText] = useState<string | null>(null);
	const [open, setOpen] = useState(false);
	const [at, setAt] = useState(-1);
	const shown = useMemo(() => (!open ? [] : onSearch ? choices : find(choices, text ?? '')), [open, choices, text, onSearch]);
	useEffect(() => {
		if (open && at >= 0) document.getElementById(`${list}-${at}`)?.scrollIntoView({ block: 'nearest' });
	}, [open, at, list]);

	const show = () => {
		if (open || disabled) return;
		setOpen(true);
		setAt(choices.slice(0, most).findIndex((choice) => choice.value === value));
	};
	const close = () => {
		setOpen(false);
		setText(null);
		setAt(-1);
	};
	const take = (choice: Choice | undefined) => {
		if (!choice || choice.why) return;
		close();
		if (choice.value !== value) onValue(choice.value);
	};
	const type = (next: string) => {
		setText(next);
		setOpen(true);
		setAt(next ? 0 : -1);
		onSearch?.(next);
	};
	const clear = () => {
		close();
		if (value) onValue('');
	};
	const move = (to: number) => {
		if (!open) show();
		else setAt(Math.max(0, Math.min(shown.length - 1, to)));
	};
	const onKeyDown = (event: KeyboardEvent) => {
		const keys: Record<string, (() => void) | undefined> = {
			ArrowDown: () => move(at + 1),
			ArrowUp: () => move(at < 0 ? shown.length - 1 : at - 1),
			Home: open ? () => move(0) : undefined,
			End: open ? () => move(shown.length - 1) : undefined,
			Enter: open ? () => take(shown[at]) : undefined,
			Escape: open ? close : undefined,
			Delete: event.altKey && clearable ? clear : undefined,
		};
		const run = keys[event.key];
		if (!run) return;
		event.preventDefault();
		event.stopPropagation();
		run();
	};
	return { text, open, at, shown, show, close, take, type, clear, onKeyDown };
}

type State = ReturnType<typeof useCombobox>;

const keepFocus = (event: Event) => event.preventDefault();

/** The list, in the top layer as long as it is open. */
function Choices({
	state,
	list,
	input,
	label,
	value,
	busy,
	empty,
}: { state: State; list: string; input: { current: HTMLInputElement | null } } & Pick<ComboboxProps, 'label' | 'value' | 'busy' | 'empty'>) {
	const box = useRef<HTMLDivElement>(null);
	const { open, shown } = state;
	useEffect(() => {
		const layer = box.current;
		if (!open && layer?.matches(':popover-open')) layer.hidePopover();
		if (!open || !layer || !input.current) return;
		if (!layer.matches(':popover-open')) layer.showPopover();
		placeBeside(layer, input.current, { sameWidth: true });
	}, [open, shown, input]);
	return (
		<div ref={box} class="choices" popover="manual" onMouseDown={keepFocus}>
			<ul id={list} role="listbox" aria-label={label} aria-busy={busy || undefined}>
				<Rows shown={shown} id={list} at={state.at} value={value} take={state.take} />
			</ul>
			{open && shown.length === 0 && <p class="muted choices-none">{busy ? 'Searching' : empty}</p>}
		</div>
	);
}

function End({ label, clear }: { label: string; clear: (() => void) | undefined }) {
	if (!clear)
		return (
			<span class="combobox-end" aria-hidden="true">
				<Icon name="chevron-down" />
			</span>
		);
	return (
		<button type="button" class="combobox-end" tabIndex={-1} aria-label={`Clear ${label}`} onMouseDown={keepFocus} onClick={clear}>
			<Icon name="x" />
		</button>
	);
}

export function Combobox(props: ComboboxProps) {
	const { label, hint, error, required, hideLabel, id, class: extra, value, choices, placeholder, clearable, disabled, busy, empty = 'Nothing fits' } = props;
	const list = useId();
	const input = useRef<HTMLInputElement>(null);
	const state = useCombobox(props, list);
	const { text, open, at } = state;
	const chosen = choices.find((choice) => choice.value === value);
	return (
		<Field {...({ label, hint, error, required, hideLabel, id, class: extra } as FieldProps)}>
			{(control) => (
				<div class="combobox">
					<input
						{...control}
						ref={input}
						class="input"
						type="text"
						role="combobox"
						autoComplete="off"
						spellcheck={false}
						disabled={disabled}
						placeholder={placeholder}
						aria-expanded={open}
						aria-controls={list}
						aria-autocomplete="list"
						aria-activedescendant={open && at >= 0 ? `${list}-${at}` : undefined}
						value={text ?? chosen?.label ?? value}
						onInput={(event) => state.type(event.currentTarget.value)}
						onClick={state.show}
						onKeyDown={state.onKeyDown}
						onBlur={state.close}
					/>
					<End label={label} clear={clearable && value && !disabled ? state.clear : undefined} />
					<Choices state={state} list={list} input={input} label={label} value={value} busy={busy ?? false} empty={empty} />
					<span class="only-read" role="status">
						{open && text ? `${state.shown.length} found` : ''}
					</span>
				</div>
			)}
		</Field>
	);
}

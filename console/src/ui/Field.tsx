import type { ComponentChildren, Ref } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { cx } from '../lib/cx';
import { count } from '../lib/format';
import { Icon } from './Icon';

export interface FieldProps {
	label: string;
	hint?: ComponentChildren;
	/** What is wrong with it; stands beside it and is read with it. */
	error?: string | undefined;
	required?: boolean;
	/** The label is only for those who hear the page. */
	hideLabel?: boolean;
	/** Of the control; for Problems, which links to it. */
	id?: string;
	class?: string;
}

/** What the control inside must carry. */
export interface ControlProps {
	id: string;
	required?: boolean | undefined;
	'aria-invalid'?: true | undefined;
	'aria-describedby'?: string | undefined;
}

/** Label, hint and error around any control: <Field label="Name">{(control) => <input {...control} />}</Field> */
export function Field({
	label,
	hint,
	error,
	required,
	hideLabel,
	id,
	class: extra,
	children,
}: FieldProps & { children: (control: ControlProps) => ComponentChildren }) {
	const own = useId();
	const control = id ?? own;
	const described = cx(hint !== undefined && `${control}-hint`, error && `${control}-error`);
	return (
		<div class={cx('field', error && 'has-error', extra)}>
			<label for={control} class={cx(hideLabel && 'only-read')}>
				{label}
				{required && (
					<span class="required" aria-hidden="true">
						{' '}
						*
					</span>
				)}
			</label>
			{children({ id: control, required: required || undefined, 'aria-invalid': error ? true : undefined, 'aria-describedby': described || undefined })}
			{hint !== undefined && (
				<div class="hint" id={`${control}-hint`}>
					{hint}
				</div>
			)}
			{error && (
				<div class="error" id={`${control}-error`}>
					<Icon name="circle-alert" />
					{error}
				</div>
			)}
		</div>
	);
}

/** What else an input may carry. */
export interface InputProps {
	type?: 'text' | 'password' | 'email' | 'url' | 'search' | 'number' | 'date' | 'time' | 'datetime-local';
	placeholder?: string;
	autoComplete?: string;
	autoCapitalize?: 'none' | 'words';
	inputMode?: 'text' | 'numeric' | 'email' | 'url' | 'search';
	spellcheck?: boolean;
	readOnly?: boolean;
	disabled?: boolean;
	min?: string | number;
	max?: string | number;
	step?: string | number;
	maxLength?: number;
	onBlur?: () => void;
	onKeyDown?: (event: KeyboardEvent) => void;
}

export interface TextFieldProps extends FieldProps, InputProps {
	value: string;
	onValue: (value: string) => void;
	inputRef?: Ref<HTMLInputElement>;
}

export function TextField({ label, hint, error, required, hideLabel, id, class: extra, value, onValue, inputRef, type = 'text', ...rest }: TextFieldProps) {
	const own = { ...rest, type } as { type: 'text' };
	const field = { label, hint, error, required, hideLabel, id, class: extra } as FieldProps;
	return (
		<Field {...field}>
			{(control) => <input class="input" {...own} {...control} ref={inputRef} value={value} onInput={(event) => onValue(event.currentTarget.value)} />}
		</Field>
	);
}

export interface TextAreaProps extends FieldProps {
	value: string;
	onValue: (value: string) => void;
	rows?: number;
	placeholder?: string;
	readOnly?: boolean;
	spellcheck?: boolean;
	maxLength?: number;
}

export function TextArea({ label, hint, error, required, hideLabel, id, class: extra, value, onValue, rows = 4, ...rest }: TextAreaProps) {
	const field = { label, hint, error, required, hideLabel, id, class: extra } as FieldProps;
	return (
		<Field {...field}>
			{(control) => <textarea class="input" rows={rows} {...rest} {...control} value={value} onInput={(event) => onValue(event.currentTarget.value)} />}
		</Field>
	);
}

export interface CheckboxProps {
	label: ComponentChildren;
	checked: boolean;
	onChange: (checked: boolean) => void;
	hint?: string;
	/** Some of what it stands for is checked. */
	mixed?: boolean;
	why?: string | undefined;
	hideLabel?: boolean;
}

export function Checkbox({ label, checked, onChange, hint, mixed, why, hideLabel }: CheckboxProps) {
	const id = useId();
	const box = useRef<HTMLInputElement>(null);
	useEffect(() => {
		if (box.current) box.current.indeterminate = Boolean(mixed);
	}, [mixed]);
	return (
		<div class="check" data-tip={why}>
			<input
				ref={box}
				type="checkbox"
				id={id}
				checked={checked}
				aria-disabled={why ? true : undefined}
				aria-describedby={hint || why ? `${id}-hint` : undefined}
				onClick={(event) => why && event.preventDefault()}
				onChange={(event) => !why && onChange(event.currentTarget.checked)}
			/>
			<label for={id} class={cx(hideLabel && 'only-read')}>
				{label}
			</label>
			{(hint || why) && (
				<span class={cx('hint', !hint && 'only-read')} id={`${id}-hint`}>
					{hint ?? why}
				</span>
			)}
		</div>
	);
}

export interface RadiosProps<V extends string> {
	label: string;
	value: V;
	onValue: (value: V) => void;
	options: readonly { value: V; label: ComponentChildren; hint?: ComponentChildren }[];
	hideLabel?: boolean;
	/** Side by side instead of one below the other. */
	row?: boolean;
}

/** A choice of few, all to be seen. Arrow keys move, as in every group of radio buttons. */
export function Radios<V extends string>({ label, value, onValue, options, hideLabel, row }: RadiosProps<V>) {
	const name = useId();
	return (
		<fieldset class={cx('radios', row && 'is-row')}>
			<legend class={cx(hideLabel && 'only-read')}>{label}</legend>
			{options.map((option) => (
				<div class="check" key={option.value}>
					<input
						type="radio"
						id={`${name}-${option.value}`}
						name={name}
						checked={option.value === value}
						aria-describedby={option.hint ? `${name}-${option.value}-hint` : undefined}
						onChange={() => onValue(option.value)}
					/>
					<label for={`${name}-${option.value}`}>{option.label}</label>
					{option.hint && (
						<span class="hint" id={`${name}-${option.value}-hint`}>
							{option.hint}
						</span>
					)}
				</div>
			))}
		</fieldset>
	);
}

/** What is wrong in a form, on top of it, with a link to each field. Takes the focus when it appears. */
export function Problems({ items }: { items: { id: string; text: string }[] }) {
	const box = useRef<HTMLDivElement>(null);
	const some = items.length > 0;
	useEffect(() => {
		if (some) box.current?.focus();
	}, [some]);
	if (!some) return null;
	return (
		<div class="notice is-bad" ref={box} tabIndex={-1} role="group" aria-label={count(items.length, 'problem')}>
			<strong>{count(items.length, 'problem')}</strong>
			<ul>
				{items.map((item) => (
					<li key={item.id}>
						<a
							href={`#${item.id}`}
							onClick={(event) => {
								event.preventDefault();
								document.getElementById(item.id)?.focus();
							}}
						>
							{item.text}
						</a>
					</li>
				))}
			</ul>
		</div>
	);
}

import { Field, type FieldProps } from './Field';

export interface Option<V extends string = string> {
	value: V;
	label: string;
	disabled?: boolean;
}

export interface SelectProps<V extends string> extends FieldProps {
	value: V;
	onValue: (value: V) => void;
	options: readonly Option<V>[];
	disabled?: boolean;
}

/** The browser's own; for under a dozen choices. For more: Combobox. */
export function Select<V extends string>({ label, hint, error, required, hideLabel, id, class: extra, value, onValue, options, disabled }: SelectProps<V>) {
	const field = { label, hint, error, required, hideLabel, id, class: extra } as FieldProps;
	return (
		<Field {...field}>
			{(control) => (
				<select class="input" disabled={disabled} {...control} value={value} onChange={(event) => onValue(event.currentTarget.value as V)}>
					{options.map((option) => (
						<option key={option.value} value={option.value} disabled={option.disabled}>
							{option.label}
						</option>
					))}
				</select>
			)}
		</Field>
	);
}

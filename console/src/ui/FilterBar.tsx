// Filters above a list: always to be seen, at work at once, kept in the URL. What is typed about people does not belong here: usePeopleSearch.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { cx } from '../lib/cx';
import { number } from '../lib/format';
import { useLater } from '../lib/hooks';
import { navigate, usePlace, useQuery, withQuery } from '../router';
import { Button } from './Button';
import { Icon } from './Icon';
import { Select, type Option } from './Select';

export function FilterBar({
	children,
	count,
	names,
	actions,
}: {
	children: ComponentChildren;
	/** Of rows, as they are filtered: "12 runs" */ count?: string;
	/** The filters' names in the URL, for Clear. */ names: readonly string[];
	actions?: ComponentChildren;
}) {
	const { query } = usePlace();
	const some = names.some((name) => query.has(name));
	return (
		<div class="filters" role="search" aria-label="Filters">
			{children}
			{some && (
				<Button small kind="quiet" icon="x" onClick={() => void navigate(withQuery(Object.fromEntries(names.map((name) => [name, null]))), { replace: true })}>
					Clear filters
				</Button>
			)}
			<span class="filters-end row">
				{count !== undefined && (
					<span class="muted" role="status">
						{count}
					</span>
				)}
				{actions}
			</span>
		</div>
	);
}

/** A filter with few values, as a select. The empty value is "all". */
export function FilterSelect({ name, label, options }: { name: string; label: string; options: readonly Option[] }) {
	const [value, setValue] = useQuery(name);
	return <Select label={label} class="is-inline" value={value} onValue={setValue} options={options} />;
}

/** A filter by ids and other plain words. Never for names of people. */
export function FilterText({ name, label, placeholder }: { name: string; label: string; placeholder?: string }) {
	const [value, setValue] = useQuery(name);
	const [text, setText] = useState(value);
	const later = useLater(text);
	useEffect(() => setText(value), [value]);
	useEffect(() => {
		if (later === text && later !== value) setValue(later.trim());
	}, [later]);
	return (
		<div class="search-box">
			<Icon name="search" />
			<input
				class="input"
				type="search"
				aria-label={label}
				placeholder={placeholder ?? label}
				value={text}
				onInput={(event) => setText(event.currentTarget.value)}
			/>
		</div>
	);
}

/** Segments with counts, one pressed: "All 26 | Mapped 20". The first one's value is the default and not in the URL. */
export function FilterSegments({
	name,
	label,
	options,
}: {
	name: string;
	label: string;
	options: readonly { value: string; label: string; count?: number | undefined }[];
}) {
	const [value, setValue] = useQuery(name, options[0]?.value ?? '');
	return <Segments label={label} value={value} onValue={setValue} options={options} />;
}

export function Segments({
	label,
	value,
	onValue,
	options,
}: {
	label: string;
	value: string;
	onValue: (value: string) => void;
	options: readonly { value: string; label: string; count?: number | undefined }[];
}) {
	return (
		<div class="segments" role="group" aria-label={label}>
			{options.map((option) => (
				<button
					key={option.value}
					type="button"
					class={cx(option.value === value && 'is-on')}
					aria-pressed={option.value === value}
					onClick={() => onValue(option.value)}
				>
					{option.label}
					{option.count !== undefined && <span class="num"> {number(option.count)}</span>}
				</button>
			))}
		</div>
	);
}

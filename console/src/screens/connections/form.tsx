// The settings of one connection. Only what was changed is sent; a secret that is left empty stays as it is.
import { useState } from 'preact/hooks';
import { api, useAction } from '../../api';
import { useDenied } from '../../session';
import { Button, Card, ErrorNote, Radios, TextArea, TextField, toast } from '../../ui';
import { label, origin, sentence, shown, split, ways, type Connection, type Kind, type Option, type Way } from './kinds';

type Values = Record<string, string>;

function OptionField({
	option,
	stored,
	value,
	onValue,
	error,
}: {
	option: Option;
	stored: Connection | undefined;
	value: string;
	onValue: (value: string) => void;
	error: string | undefined;
}) {
	const known = stored?.settings[option.name];
	const from = option.secret ? origin(known) : undefined;
	const hint = from ?? sentence(option.help);
	const common = { id: `setting-${option.name}`, label: label(option.name), hint, error, value, onValue, required: option.required && known === undefined };
	if (option.name === 'private_key') return <TextArea {...common} rows={4} spellcheck={false} />;
	return (
		<TextField
			{...common}
			type={option.secret ? 'password' : 'text'}
			autoComplete={option.secret ? 'new-password' : 'off'}
			spellcheck={false}
			placeholder={option.secret ? '' : (option.fallback ?? '')}
		/>
	);
}

function missing(options: Option[], stored: Connection | undefined, values: Values, way: Way | undefined): Set<string> {
	const needs = new Set<string>(ways.find(({ value }) => value === way)?.needs ?? []);
	return new Set(
		options
			.filter(({ name, required }) => (required || needs.has(name)) && !values[name]?.trim() && stored?.settings[name] === undefined)
			.map(({ name }) => name),
	);
}

/** What differs from what is stored; an emptied field takes the setting away, an empty secret says nothing. */
function changesOf(kind: Kind, stored: Connection | undefined, values: Values): Record<string, string | null> {
	const changes: Record<string, string | null> = {};
	for (const { name, secret } of kind.options) {
		const value = values[name]?.trim();
		if (value === undefined || value === shown(stored?.settings[name])) continue;
		if (value === '' && (secret || stored?.settings[name] === undefined)) continue;
		changes[name] = value === '' ? null : value;
	}
	return changes;
}

export function ConnectionForm({
	kind,
	stored,
	onSaved,
}: {
	kind: Kind;
	stored?: Connection;
	onSaved: (connection: Connection, way: Way | undefined) => void;
}) {
	const [name, setName] = useState(stored?.name ?? (kind.side === 'crm' ? 'org' : 'practice'));
	const [way, setWay] = useState<Way>((shown(stored?.settings.auth) || (stored ? 'client_credentials' : 'refresh_token')) as Way);
	const [values, setValues] = useState<Values>(() => Object.fromEntries(kind.options.map((option) => [option.name, shown(stored?.settings[option.name])])));
	const [tried, setTried] = useState(false);
	const denied = useDenied('setup');
	const { front, more } = split(kind, way);
	const lacking = missing(front, stored, values, kind.signs_in ? way : undefined);
	const save = useAction(async () => {
		setTried(true);
		if (lacking.size > 0) {
			document.getElementById(`setting-${[...lacking][0]}`)?.focus();
			return;
		}
		const settings = { ...changesOf(kind, stored, values), ...(kind.signs_in ? { auth: way } : {}) };
		const saved = await api<Connection>(`/connections/${encodeURIComponent(name)}`, { method: 'PUT', body: { kind: kind.name, settings } });
		toast(stored ? 'Saved as a new version' : 'The connection is kept');
		setTried(false);
		onSaved(saved, kind.signs_in ? way : undefined);
	});
	const field = (option: Option) => (
		<OptionField
			key={option.name}
			option={option}
			stored={stored}
			value={values[option.name] ?? ''}
			onValue={(value) => setValues((old) => ({ ...old, [option.name]: value }))}
			error={tried && lacking.has(option.name) ? 'This is needed' : undefined}
		/>
	);
	return (
		<Card title="Settings">
			<form
				class="stack is-form"
				noValidate
				onSubmit={(event) => {
					event.preventDefault();
					void save.run();
				}}
			>
				{!stored && <TextField label="Name" hint="What Suture calls this connection: small letters, digits, - and _" value={name} onValue={setName} required />}
				{kind.signs_in && <Radios label="Way of signing in" value={way} onValue={setWay} options={ways} />}
				{front.map(field)}
				{more.length > 0 && (
					<details>
						<summary>More settings</summary>
						<div class="stack">{more.map(field)}</div>
					</details>
				)}
				<ErrorNote error={save.error} />
				<div class="row">
					<Button kind="primary" type="submit" busy={save.busy} why={denied}>
						{stored ? 'Save' : 'Save and go on'}
					</Button>
				</div>
			</form>
		</Card>
	);
}

// Step 3, Preview Mapped Data: one real record as it is in the EMR, as Salesforce has it now, and as it would be. Nothing is written; each look is recorded.
import { useState } from 'preact/hooks';
import { api, type ApiError } from '../../api';
import { count } from '../../lib/format';
import { Button, Card, EmptyState, ErrorNote, Notice, Pill, TextField, type Tone } from '../../ui';
import type { Json } from './model/types';
import type { Samples } from './useSamples';
import { outcomes } from './words';

export interface PreviewField {
	name: string;
	crm: string;
	emr: string | null;
	emr_value: string | null;
	crm_value: string | null;
	after: string | null;
	to_crm: boolean;
	to_emr: boolean;
	conflict: boolean;
	review: boolean;
	rule: string;
	reason: string | null;
}
export interface Previewed {
	emr_id: string | null;
	crm_id: string | null;
	outcome: string;
	reason: string | null;
	candidates: string | null;
	error_code: string | null;
	error_field: string | null;
	fields: PreviewField[];
}

export interface PreviewStepProps {
	name: string;
	document: () => { [key: string]: Json };
	samples: Samples;
	titles: readonly [string, string];
	shown: Previewed | undefined;
	busy: boolean;
	error: ApiError | undefined;
	ask: (work: () => Promise<Previewed>) => Promise<Previewed | undefined>;
	next: () => void;
}

const tones: Record<string, Tone> = { created: 'good', linked: 'good', updated: 'good', failed: 'bad', unchanged: 'idle' };

/** What happens to one field, in words. */
function Fate({ field, fresh }: { field: PreviewField; fresh: boolean }) {
	if (field.review) return <Pill tone="warn">A person decides</Pill>;
	if (field.to_crm && field.to_emr) return <Pill tone="info">Written to both</Pill>;
	if (field.to_crm) return <Pill tone="info">{fresh || field.crm_value === null ? 'Written' : 'Changed'}</Pill>;
	if (field.to_emr) return <Pill tone="info">Written to the EMR</Pill>;
	if (field.emr_value === null && field.crm_value !== null) return <span class="muted">Empty: keeps the Salesforce value</span>;
	if (field.emr_value === null) return <span class="muted">Empty: nothing is written</span>;
	return <span class="muted">{field.emr_value === field.crm_value ? 'The same' : 'Stays'}</span>;
}

function Fields({ shown, titles }: { shown: Previewed; titles: readonly [string, string] }) {
	const value = (text: string | null) => (text === null ? <span class="muted">empty</span> : <span class="value">{text}</span>);
	return (
		<table class="table map-preview" role="table" aria-label="What would be written">
			<thead role="rowgroup">
				<tr role="row">
					{['Field', titles[0], `${titles[1]} now`, `${titles[1]} afterwards`, 'Result'].map((title) => (
						<th key={title} role="columnheader" scope="col">
							{title}
						</th>
					))}
				</tr>
			</thead>
			<tbody role="rowgroup">
				{shown.fields.map((field) => (
					<tr key={field.crm} role="row">
						<th role="rowheader" scope="row">
							{field.name}
							<code class="hint">{field.crm}</code>
						</th>
						<td role="cell" data-title={titles[0]}>
							{value(field.emr_value)}
						</td>
						<td role="cell" data-title={`${titles[1]} now`}>
							{value(field.crm_value)}
						</td>
						<td role="cell" data-title={`${titles[1]} afterwards`}>
							{value(field.to_crm ? field.after : field.crm_value)}
						</td>
						<td role="cell" data-title="Result" title={field.reason ?? ''}>
							<Fate field={field} fresh={shown.crm_id === null} />
						</td>
					</tr>
				))}
			</tbody>
		</table>
	);
}

export function PreviewStep({ name, document, samples, titles, shown, busy, error, ask, next }: PreviewStepProps) {
	const [id, setId] = useState('');
	const [side, setSide] = useState<'emr' | 'crm'>('emr');
	const look = (one: string, of: 'emr' | 'crm' = 'emr') =>
		void ask(() =>
			api<Previewed>(`/syncs/${encodeURIComponent(name || 'new')}/mapping/preview`, {
				method: 'POST',
				body: { document: document(), side: of, ...(one ? { id: one } : {}) },
			}),
		);
	const at = samples.items.findIndex((sample) => sample.id === shown?.emr_id);
	const nextSample = samples.items[(at + 1) % Math.max(1, samples.items.length)];
	const writes = shown?.fields.filter(({ to_crm }) => to_crm).length ?? 0;
	return (
		<Card
			title="Preview Mapped Data"
			facts="A real record, read now. Nothing is written."
			actions={
				<Button kind="primary" onClick={next}>
					Continue to validation
				</Button>
			}
		>
			<div class="stack">
				<div class="row map-look">
					<Button icon="eye" busy={busy} why={samples.why} onClick={() => look(samples.items[0]?.id ?? '')}>
						Preview a sample record
					</Button>
					{samples.items.length > 0 ? (
						<Button why={busy ? 'The record is being read' : undefined} onClick={() => look(nextSample?.id ?? '')}>
							{`Next sample (${at + 1 > 0 ? at + 1 : 0} of ${samples.items.length})`}
						</Button>
					) : (
						<Button kind="quiet" busy={samples.busy} why={samples.why} onClick={samples.show}>
							Read five samples to walk through
						</Button>
					)}
					<form
						class="row is-tight"
						onSubmit={(event) => {
							event.preventDefault();
							if (id.trim()) look(id.trim(), side);
						}}
					>
						<TextField label="Record id" hideLabel placeholder="A record’s id" value={id} onValue={setId} spellcheck={false} />
						<select class="input map-side" aria-label="Whose id it is" value={side} onChange={(event) => setSide(event.currentTarget.value as 'emr' | 'crm')}>
							<option value="emr">{titles[0]}</option>
							<option value="crm">{titles[1]}</option>
						</select>
						<Button type="submit" why={samples.why ?? (id.trim() ? undefined : 'Give an id first')}>
							Preview it
						</Button>
					</form>
				</div>
				<ErrorNote error={error} />
				{!shown && !error && (
					<EmptyState icon="eye" title="Nothing is previewed yet">
						A sample record is read from {titles[0]} and shown as it would appear in {titles[1]}. It is patient data: the look is recorded.
					</EmptyState>
				)}
				{shown && (
					<div class="stack" role="status" aria-label="Outcome">
						<Notice tone={tones[shown.outcome] === 'bad' ? 'bad' : tones[shown.outcome] === 'good' ? 'good' : 'info'}>
							<strong>{outcomes[shown.outcome] ?? shown.outcome}</strong>
							{shown.reason && <div>{shown.reason}</div>}
							{shown.candidates && <div>{`Those that fit: ${shown.candidates}`}</div>}
							{shown.error_code && (
								<div>
									<code>{shown.error_code}</code> {shown.error_field}
								</div>
							)}
							<div>
								{titles[0]} <code>{shown.emr_id}</code>{' '}
								{shown.crm_id ? (
									<>
										and {titles[1]} <code>{shown.crm_id}</code>
									</>
								) : null}{' '}
								· {count(writes, 'field')} to {titles[1]}
							</div>
						</Notice>
					</div>
				)}
			</div>
			{shown && shown.fields.length > 0 && <Fields shown={shown} titles={titles} />}
		</Card>
	);
}

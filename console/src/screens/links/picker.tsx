// People of one side, searched as somebody types, with a radio each. What is typed travels in the body of a POST and is kept nowhere.
import { useId } from 'preact/hooks';
import { usePeopleSearch } from '../../lib/people';
import { ErrorNote, Icon, Notice } from '../../ui';
import { sideName, recordName, type Side } from '../records/types';

export interface Hit {
	id: string;
	first_name: string | null;
	last_name: string | null;
	birth_date: string | null;
	linked_to: string | null;
}

interface Found {
	items: Hit[];
	needs: string | null;
}

export interface PickerProps {
	sync: string;
	side: Side;
	start?: string;
	chosen: Hit | undefined;
	onChoose: (hit: Hit) => void;
}

export function PeoplePicker({ sync, side, start = '', chosen, onChoose }: PickerProps) {
	const search = usePeopleSearch<Found>(`/syncs/${encodeURIComponent(sync)}/people`, { start, extra: { side } });
	const name = useId();
	const hits = search.data?.items ?? [];
	const label = `Search a ${recordName[side]} in ${sideName[side] === 'EMR' ? 'the EMR' : sideName[side]}`;
	const asked = search.text.trim().length >= 2;
	return (
		<div class="stack">
			<div class="field">
				<label for={`${name}-q`}>{label}</label>
				<div class="search-box">
					<Icon name="search" />
					<input
						id={`${name}-q`}
						class="input"
						type="search"
						autoComplete="off"
						spellcheck={false}
						aria-describedby={`${name}-hint`}
						value={search.text}
						onInput={(event) => search.setText(event.currentTarget.value)}
					/>
				</div>
				<div class="hint" id={`${name}-hint`}>
					Name, name and birth date (1980-05-01), or an id. Nothing of it is kept.
				</div>
			</div>
			<ErrorNote error={search.error} />
			{search.data?.needs && <Notice>{search.data.needs}</Notice>}
			<fieldset class="hits" aria-busy={search.busy || undefined}>
				<legend class="only-read">{`Found ${recordName[side]}s`}</legend>
				{hits.map((hit) => (
					<div class="check" key={hit.id}>
						<input type="radio" id={`${name}-${hit.id}`} name={name} checked={chosen?.id === hit.id} onChange={() => onChoose(hit)} />
						<label for={`${name}-${hit.id}`}>
							<strong>{[hit.first_name, hit.last_name].filter(Boolean).join(' ') || 'No name'}</strong>
							<span>{hit.birth_date ?? 'no birth date'}</span>
							<code>{hit.id}</code>
							{hit.linked_to && <span class="muted">linked to {hit.linked_to}</span>}
						</label>
					</div>
				))}
			</fieldset>
			<p class="muted" role="status">
				{asked && search.data && !search.busy && !search.data.needs ? (hits.length ? `${hits.length} found` : 'Nobody was found') : ''}
			</p>
		</div>
	);
}

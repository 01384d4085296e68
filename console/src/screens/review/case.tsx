// One case: its records side by side, and what a person makes of it. Keys: 1 to 9 choose, l links, c creates, s leaves as it is, m never matches, n goes to the next case.
import { useState } from 'preact/hooks';
import { api, useAction, useApi } from '../../api';
import { cx } from '../../lib/cx';
import { sentence } from '../../lib/format';
import { useKeys } from '../../lib/keys';
import { navigate } from '../../router';
import type { ScreenProps } from '../../screens';
import { useDenied } from '../../session';
import { Await, Button, Card, ErrorNote, Facts, Notice, PageHeader, RevealButton, Time, ask, toast, useReveal } from '../../ui';
import { RecordLink, VerdictView, whoWins } from '../records/parts';
import { linkPath, other, outcomeWord, recordName, sideName, storyPath, type Side, type Verdict, type Wished } from '../records/types';
import { casePath, kindText, type Case } from './cases';

interface Compared {
	fields: string[];
	records: { id: string; side: Side; there: boolean; linked_to: string | null; trouble: string | null; values: (string | null)[] }[];
}

function Compare({ compared }: { compared: Compared }) {
	const [all, setAll] = useState(false);
	const rows = compared.fields.map((field, index) => ({ field, values: compared.records.map((record) => record.values[index] ?? null) }));
	const differs = (values: (string | null)[]) => new Set(values.map((value) => value ?? '')).size > 1;
	const some = rows.filter((row) => differs(row.values));
	const same = rows.filter((row) => !differs(row.values) && row.values.some(Boolean));
	const shown = all ? [...some, ...same] : some;
	return (
		<div class="table-box">
			<table class="table" role="table" aria-label="Side by side">
				<thead role="rowgroup">
					<tr role="row">
						<th scope="col" role="columnheader">
							Field
						</th>
						{compared.records.map((record, index) => (
							<th key={record.id} scope="col" role="columnheader">
								<code>{index === 0 ? record.id : `${index}: ${record.id}`}</code>
							</th>
						))}
					</tr>
				</thead>
				<tbody role="rowgroup">
					{shown.map((row) => (
						<tr key={row.field} role="row">
							<th scope="row" role="rowheader">
								{row.field}
							</th>
							{row.values.map((value, index) => (
								<td
									key={compared.records[index]?.id}
									role="cell"
									data-title={compared.records[index]?.id}
									class={cx(index > 0 && (value ?? '') !== (row.values[0] ?? '') && 'is-other')}
								>
									{value ?? <span class="muted">empty</span>}
								</td>
							))}
						</tr>
					))}
				</tbody>
			</table>
			{same.length > 0 && (
				<div class="table-more row">
					<Button small kind="quiet" aria-expanded={all} onClick={() => setAll(!all)}>
						{all ? 'Hide fields that are the same' : `Show fields that are the same (${same.length})`}
					</Button>
				</div>
			)}
		</div>
	);
}

const noted = (record: Compared['records'][number] | undefined): string =>
	[record?.linked_to && `linked to ${record.linked_to}`, record && !record.there && 'not there any more', record?.trouble].filter(Boolean).join(', ');

/** Who may be chosen, with what is known of each; before anything is revealed, too. */
function Candidates({
	sync,
	one,
	compared,
	picked,
	pick,
}: {
	sync: string;
	one: Case;
	compared: Compared | undefined;
	picked: string;
	pick: (id: string) => void;
}) {
	const side = one.kind === 'survivor' ? one.side : other(one.side);
	return (
		<fieldset class="hits candidates">
			<legend>
				{sideName[one.side]} record <RecordLink sync={sync} side={one.side} record={one.record} /> and
			</legend>
			{one.others.map((id, index) => (
				<div class="check" key={id}>
					<input type="radio" id={`candidate-${id}`} name="candidate" checked={picked === id} onChange={() => pick(id)} />
					<label for={`candidate-${id}`}>
						{index + 1}: <code>{id}</code> <span class="muted">{noted(compared?.records.find((record) => record.id === id))}</span>
					</label>
					<a href={storyPath(sync, side, id)} aria-label={`Story of ${id}`}>
						Story
					</a>
				</div>
			))}
		</fieldset>
	);
}

/** The case after this one, of the same kind; none: back to the list. */
async function goOn(sync: string, one: Case): Promise<void> {
	const list = `/syncs/${encodeURIComponent(sync)}/review/${one.kind}`;
	const after = await api<{ items: Case[] }>(`${list}?after=${one.id}&limit=1`);
	const next = after.items[0] ?? (await api<{ items: Case[] }>(`${list}?limit=2`)).items.find((item) => item.id !== one.id);
	await navigate(next ? casePath(sync, next) : `/review?sync=${encodeURIComponent(sync)}&kind=${one.kind}`);
}

function useActs(sync: string, one: Case, picked: string, linkedTo: string | null) {
	const base = `/syncs/${encodeURIComponent(sync)}`;
	const wish = async (body: object) => {
		const wished = await api<Wished>(`${base}/links`, { method: 'POST', body: { side: one.side, record: one.record, ...body } });
		const good = ['linked', 'created', 'updated', 'unchanged'].includes(wished.outcome);
		toast(
			good
				? outcomeWord(wished.outcome)
				: { tone: wished.waits ? 'info' : 'bad', text: wished.waits ? 'Queued' : sentence(wished.reason ?? outcomeWord(wished.outcome)) },
		);
		if (good) await goOn(sync, one);
	};
	const link = useAction(() => wish({ wish: linkedTo ? 'relink' : 'link', partner: picked }));
	const create = useAction(() => wish({ wish: 'create' }));
	const leave = useAction(async () => {
		const why = await ask({
			title: 'Leave it as it is?',
			text: 'Both sides stay as they are. The case opens again when others fit.',
			action: 'Leave as it is',
			reason: 'required',
		});
		if (why === null) return;
		await api(`${base}/review/${one.kind}/${one.id}/close`, { method: 'POST', body: { why } });
		await goOn(sync, one);
	});
	const never = useAction(async () => {
		const why = await ask({
			title: 'Never match these two?',
			text: 'They are neither suggested nor linked by themselves any more. A person may still link them.',
			action: 'Never match these two',
			reason: 'required',
		});
		if (why === null) return;
		const ids = one.side === 'emr' ? { emr_id: one.record, crm_id: picked } : { emr_id: picked, crm_id: one.record };
		await api(`${base}/never`, { method: 'POST', body: { ...ids, why } });
		toast('They are never matched again');
		if (one.others.length < 2) await goOn(sync, one);
	});
	return { link, create, leave, never };
}

/** What linking with the chosen one would change; asked for by a button, as it reads both records. */
function LinkPreview({ sync, one, picked }: { sync: string; one: Case; picked: string }) {
	const [verdict, setVerdict] = useState<Verdict>();
	const look = useAction(async () =>
		setVerdict(
			await api<Verdict>(`/syncs/${encodeURIComponent(sync)}/links/preview`, {
				method: 'POST',
				body: { wish: 'relink', side: one.side, record: one.record, partner: picked },
			}),
		),
	);
	return (
		<Card
			title={`Linked with ${picked}, what would change`}
			actions={
				<Button small icon="eye" busy={look.busy} onClick={() => void look.run()}>
					Preview
				</Button>
			}
		>
			<div class="stack">
				<p>{whoWins[one.side]}</p>
				<ErrorNote error={look.error} />
				{verdict && <VerdictView verdict={verdict} label="What linking would change" />}
			</div>
		</Card>
	);
}

function Work({ sync, one }: { sync: string; one: Case }) {
	const denied = useDenied('work');
	const revealed = useReveal<Compared>(`/syncs/${encodeURIComponent(sync)}/review/${one.kind}/${one.id}/reveal`, 'POST');
	const [picked, pick] = useState(one.kind === 'near' ? (one.others[0] ?? '') : '');
	const isGone = one.kind === 'gone' || one.kind === 'race';
	const chosen = revealed.values?.records.find((record) => record.id === picked);
	const acts = useActs(sync, one, picked, chosen?.linked_to ?? null);
	const noPick =
		denied ?? (isGone || one.kind === 'survivor' ? 'Unlink or link by hand: there is nobody to choose here' : picked ? undefined : 'Choose one first');
	const createWhy = denied ?? (one.kind === 'survivor' ? 'It is linked already' : undefined);
	const busy = acts.link.busy || acts.create.busy;
	useKeys([
		...one.others.slice(0, 9).map((id, index) => ({ keys: String(index + 1), does: `Choose record ${index + 1}`, run: () => pick(id) })),
		{ keys: 'v', does: 'Reveal side by side', run: () => revealed.reveal() },
		{ keys: 'l', does: 'Link with the chosen one', run: () => void (noPick ? undefined : acts.link.run()) },
		{ keys: 'c', does: 'Create new', run: () => void (createWhy ? undefined : acts.create.run()) },
		{ keys: 's', does: 'Leave as it is', run: () => void (denied ? undefined : acts.leave.run()) },
		{ keys: 'm', does: 'Never match these two', run: () => void (noPick ? undefined : acts.never.run()) },
		{ keys: 'n', does: 'Next case', run: () => void goOn(sync, one) },
	]);
	return (
		<>
			<Card
				title="Decide"
				actions={
					<>
						<Button why={denied} onClick={() => void acts.leave.run()}>
							Leave as it is
						</Button>
						<Button why={noPick} onClick={() => void acts.never.run()}>
							Never match these two
						</Button>
						<Button icon="plus" busy={busy} why={createWhy} onClick={() => void acts.create.run()}>
							Create new {recordName[other(one.side)]}
						</Button>
						<Button kind="primary" icon="link" busy={busy} why={noPick} onClick={() => void acts.link.run()}>
							Link with the chosen one
						</Button>
					</>
				}
			>
				<div class="stack">
					<p>{kindText(one.kind).what}</p>
					{chosen?.linked_to && <Notice tone="warn">The chosen one is linked to {chosen.linked_to}: that link goes.</Notice>}
					{[acts.link, acts.create, acts.leave, acts.never].map((act, index) => (
						<ErrorNote key={index} error={act.error} />
					))}
					<p class="muted">
						Keys: <kbd>v</kbd> reveal, <kbd>1</kbd>–<kbd>9</kbd> choose, <kbd>l</kbd> link, <kbd>c</kbd> create, <kbd>s</kbd> leave, <kbd>m</kbd> never match,{' '}
						<kbd>n</kbd> next case
					</p>
				</div>
			</Card>
			<Card title="Side by side" facts={`${sideName[one.side]} record first`} actions={<RevealButton of={revealed} what="side by side" />} flush>
				<Candidates sync={sync} one={one} compared={revealed.values} picked={picked} pick={pick} />
				{revealed.values && <Compare compared={revealed.values} />}
			</Card>
			{picked && !isGone && one.kind !== 'survivor' && <LinkPreview key={picked} sync={sync} one={one} picked={picked} />}
		</>
	);
}

export default function CaseScreen({ params }: ScreenProps) {
	const { sync = '', kind = 'several', id = '' } = params;
	const one = useApi<Case>(`/syncs/${encodeURIComponent(sync)}/review/${kind}/${encodeURIComponent(id)}`);
	return (
		<>
			<PageHeader
				title={`${kindText(kind).title}, case ${id}`}
				trail={[{ href: `/review?sync=${encodeURIComponent(sync)}&kind=${kind}`, label: 'Review' }]}
				facts={one.data?.reason ? sentence(one.data.reason) : ''}
				actions={one.data && <Button onClick={() => void goOn(sync, one.data as Case)}>Next case</Button>}
			/>
			<Await of={one}>
				{(found) => (
					<>
						<Card title="Facts">
							<Facts
								items={[
									['Record', <RecordLink sync={sync} side={found.side} record={found.record} />],
									['Waits since', <Time at={found.at} />],
									['By hand', <a href={linkPath(sync, found.side, found.record)}>Search and link it</a>],
								]}
							/>
						</Card>
						<Work key={`${found.kind} ${found.id}`} sync={sync} one={found} />
					</>
				)}
			</Await>
		</>
	);
}

// One record and its counterpart: found by a search, previewed field by field, linked, relinked, created anew, or unlinked (R11, R29, R30). Without a record in the
// address both sides are searched.
import { useEffect, useState } from 'preact/hooks';
import { api, useAction, useApi } from '../../api';
import { sentence } from '../../lib/format';
import { navigate } from '../../router';
import type { ScreenProps } from '../../screens';
import { useDenied } from '../../session';
import { Await, Button, ButtonLink, Card, ErrorNote, Notice, PageHeader, Pill, Radios, ask, toast } from '../../ui';
import { VerdictView, whoWins } from '../records/parts';
import { other, outcomeWord, recordName, sideName, storyPath, type Side, type Verdict, type Wished } from '../records/types';
import { PeoplePicker, type Hit } from './picker';

interface Known {
	id: string;
	there: boolean;
	linked_to: string | null;
	first_name: string | null;
	last_name: string | null;
	birth_date: string | null;
}

interface Wish {
	wish: 'link' | 'relink' | 'create' | 'unlink' | 'sync';
	side: Side;
	record: string;
	partner?: string;
	why?: string;
}

const title = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
const base = (sync: string) => `/syncs/${encodeURIComponent(sync)}/links`;

/** Carries a wish out and says what became of it; undone by unlinking where that takes it back. */
function useWish(sync: string, done: (wished: Wished) => void) {
	return useAction(async (wish: Wish) => {
		const wished = await api<Wished>(base(sync), { method: 'POST', body: wish });
		const good = wished.state === 'done' && ['linked', 'created', 'updated', 'unchanged'].includes(wished.outcome);
		const undo =
			wish.wish === 'link' && good
				? () =>
						void api(base(sync), { method: 'POST', body: { wish: 'unlink', side: wish.side, record: wish.record, why: 'Undone right after linking' } }).then(
							() => done(wished),
						)
				: undefined;
		if (wish.wish === 'unlink') toast('Unlinked; both records stay');
		else if (good) toast({ text: `${outcomeWord(wished.outcome)}`, ...(undo ? { undo } : {}) });
		else if (wished.waits) toast({ tone: 'info', text: 'It is queued and goes on by itself' });
		else toast({ tone: 'bad', text: sentence(wished.reason ?? outcomeWord(wished.outcome)) });
		done(wished);
	});
}

function PreviewCard({ sync, wish, why, onDone }: { sync: string; wish: Wish; why: string | undefined; onDone: (wished: Wished) => void }) {
	const preview = useApi<Verdict>(`${base(sync)}/preview`, { body: wish });
	const act = useWish(sync, onDone);
	const target = wish.wish === 'create' ? `Create New ${title(recordName[other(wish.side)])}` : `Sync ${title(recordName[other(wish.side)])}`;
	return (
		<Card
			title="What will change"
			actions={
				<Button kind="primary" icon={wish.wish === 'create' ? 'plus' : 'link'} busy={act.busy} why={why} onClick={() => void act.run(wish)}>
					{target}
				</Button>
			}
		>
			<div class="stack">
				<p>{wish.wish === 'create' ? whoWins.create : whoWins[wish.side]}</p>
				<ErrorNote error={act.error} />
				<Await of={preview}>{(verdict) => <VerdictView verdict={verdict} label="What will change" />}</Await>
			</div>
		</Card>
	);
}

function Linked({ sync, side, known, onDone }: { sync: string; side: Side; known: Known; onDone: () => void }) {
	const denied = useDenied('work');
	const act = useWish(sync, onDone);
	const partner = known.linked_to ?? '';
	const unlink = async () => {
		const text = (
			<>
				<p>
					Both records stay as they are, with all their values. What stops: changes of the one no longer go to the other, the “synced” tick and the EMR id on
					the contact are cleared.
				</p>
				<p>Neither is linked again by itself until somebody asks. You can link them again here.</p>
			</>
		);
		const why = await ask({
			title: `Unlink ${recordName[side]} ${known.id} from ${recordName[other(side)]} ${partner}?`,
			text,
			action: 'Unlink',
			danger: true,
			reason: 'required',
		});
		if (why !== null) await act.run({ wish: 'unlink', side, record: known.id, why });
	};
	const wish = (from: Side) => void act.run({ wish: 'sync', side: from, record: from === side ? known.id : partner });
	return (
		<Card
			title="Linked now"
			actions={
				<>
					<Button icon="refresh-cw" busy={act.busy} why={denied} onClick={() => wish('emr')}>
						Sync now from the EMR
					</Button>
					<Button icon="refresh-cw" busy={act.busy} why={denied} onClick={() => wish('crm')}>
						Sync now from Salesforce
					</Button>
					<Button kind="danger" icon="unplug" busy={act.busy} why={denied} onClick={() => void unlink()}>
						Unlink Patient
					</Button>
				</>
			}
		>
			<div class="stack">
				<p>
					<Pill>Linked</Pill> with {recordName[other(side)]}{' '}
					<a href={storyPath(sync, other(side), partner)}>
						<code>{partner}</code>
					</a>
					. “Sync now” reads both records and merges them field by field, by the policy; the side only says which record is read first.
				</p>
				<ErrorNote error={act.error} />
			</div>
		</Card>
	);
}

function Search({ sync, side, known, onDone }: { sync: string; side: Side; known: Known; onDone: (wished: Wished) => void }) {
	const denied = useDenied('work');
	const [hit, setHit] = useState<Hit>();
	const [create, setCreate] = useState(false);
	const there = other(side);
	const name = [known.first_name, known.last_name].filter(Boolean).join(' ');
	const start = there === 'emr' && known.birth_date ? `${name} ${known.birth_date}` : name;
	const relinks = Boolean(known.linked_to) || Boolean(hit?.linked_to);
	const wish: Wish | undefined = create
		? { wish: 'create', side, record: known.id }
		: hit
			? { wish: relinks ? 'relink' : 'link', side, record: known.id, partner: hit.id }
			: undefined;
	const choose = (next: Hit) => {
		setHit(next);
		setCreate(false);
	};
	return (
		<>
			<Card
				title={known.linked_to ? `Link to another ${recordName[there]}` : `Which ${recordName[there]} is it?`}
				actions={
					<Button icon="plus" why={denied ?? (known.linked_to ? 'It is linked: unlink it first' : undefined)} onClick={() => setCreate(true)}>
						Create New {title(recordName[there])}
					</Button>
				}
			>
				<PeoplePicker sync={sync} side={there} start={start} chosen={hit} onChoose={choose} />
			</Card>
			{wish && relinks && !create && (
				<Notice tone="warn">
					{known.linked_to ? `This ${recordName[side]} is linked to ${known.linked_to}: that link goes.` : ''}{' '}
					{hit?.linked_to ? `The chosen ${recordName[there]} is linked to ${hit.linked_to}: that link goes.` : ''} Nobody’s values are deleted by it.
				</Notice>
			)}
			{wish && <PreviewCard key={JSON.stringify(wish)} sync={sync} wish={wish} why={denied} onDone={onDone} />}
		</>
	);
}

function OneRecord({ sync, side, record }: { sync: string; side: Side; record: string }) {
	const denied = useDenied('values');
	const path = `/syncs/${encodeURIComponent(sync)}/records/${side}/${encodeURIComponent(record)}/name`;
	const [turn, setTurn] = useState(0);
	const known = useApi<Known>(denied ? null : path, { body: { turn } });
	const again = () => setTurn((old) => old + 1);
	return (
		<>
			<PageHeader
				title={`Link ${recordName[side]} ${record}`}
				trail={[{ href: '/links', label: 'Links' }]}
				facts={`${title(recordName[side])} of ${sideName[side]}. Whoever opens this page looks at a person: the audit trail says so.`}
				actions={
					<ButtonLink href={storyPath(sync, side, record)} icon="clock">
						Story of the record
					</ButtonLink>
				}
			/>
			{denied ? (
				<Notice tone="warn">{denied}</Notice>
			) : (
				<Await of={known}>
					{(one) =>
						one.there ? (
							<>
								<Card title="Who it is">
									<p>
										<strong>{[one.first_name, one.last_name].filter(Boolean).join(' ') || 'No name'}</strong> {one.birth_date ?? 'no birth date'}{' '}
										<code>{one.id}</code>
									</p>
								</Card>
								{one.linked_to && <Linked sync={sync} side={side} known={one} onDone={again} />}
								<Search key={`${turn}`} sync={sync} side={side} known={one} onDone={again} />
							</>
						) : (
							<Notice tone="bad">{sideName[side]} has no such record: it was deleted, or the id is wrong.</Notice>
						)
					}
				</Await>
			)}
		</>
	);
}

function BothSides({ sync }: { sync: string }) {
	const denied = useDenied('values');
	const work = useDenied('work');
	const [hits, setHits] = useState<{ emr?: Hit; crm?: Hit }>({});
	const [from, setFrom] = useState<Side>('crm');
	const { emr, crm } = hits;
	const own = from === 'crm' ? crm : emr;
	const partner = from === 'crm' ? emr : crm;
	const together = Boolean(emr && crm && emr.linked_to === crm.id);
	const relinks = Boolean(emr?.linked_to ?? crm?.linked_to);
	const wish: Wish | undefined =
		own && partner && !together ? { wish: relinks ? 'relink' : 'link', side: from, record: own.id, partner: partner.id } : undefined;
	useEffect(() => setHits({}), [sync]);
	return (
		<>
			<PageHeader
				title="Link two records"
				trail={[{ href: '/links', label: 'Links' }]}
				facts="Search both sides, choose one of each, look at what would change."
			/>
			{denied ? (
				<Notice tone="warn">{denied}</Notice>
			) : (
				<>
					<div class="grid">
						<Card title="Salesforce">
							<PeoplePicker sync={sync} side="crm" chosen={crm} onChoose={(hit) => setHits((old) => ({ ...old, crm: hit }))} />
						</Card>
						<Card title="EMR">
							<PeoplePicker sync={sync} side="emr" chosen={emr} onChoose={(hit) => setHits((old) => ({ ...old, emr: hit }))} />
						</Card>
					</div>
					{together && <Notice>These two are linked already.</Notice>}
					{wish && (
						<>
							<Card title="Whose values win">
								<Radios
									label="Whose values win"
									hideLabel
									value={from}
									onValue={setFrom}
									options={[
										{ value: 'crm', label: 'The contact’s, as when syncing from Salesforce' },
										{ value: 'emr', label: 'The patient’s, as when a new patient arrives' },
									]}
								/>
							</Card>
							{relinks && (
								<Notice tone="warn">
									{[emr?.linked_to && `The patient is linked to ${emr.linked_to}`, crm?.linked_to && `The contact is linked to ${crm.linked_to}`]
										.filter(Boolean)
										.join('. ')}
									. The old link goes.
								</Notice>
							)}
							<PreviewCard
								key={JSON.stringify(wish)}
								sync={sync}
								wish={wish}
								why={work}
								onDone={() => void navigate(storyPath(sync, wish.side, wish.record))}
							/>
						</>
					)}
				</>
			)}
		</>
	);
}

export default function LinkScreen({ params }: ScreenProps) {
	const { sync = '', record } = params;
	const side: Side = params.side === 'emr' ? 'emr' : 'crm';
	return record ? <OneRecord key={`${side} ${record}`} sync={sync} side={side} record={record} /> : <BothSides sync={sync} />;
}

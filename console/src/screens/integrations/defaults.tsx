// Which EMR and which org are kept the same, and the account that new contacts belong to.
import { useState } from 'preact/hooks';
import { api, useAction, useApi } from '../../api';
import { useDenied } from '../../session';
import { Await, Button, ButtonLink, Card, EmptyState, ErrorNote, Select, TextField, toast } from '../../ui';
import type { Connection, Kind } from '../connections/kinds';
import type { Integration } from './model';

interface Lists {
	emrs: Connection[];
	crms: Connection[];
}

function bySide(connections: Connection[], kinds: Kind[]): Lists {
	const side = (it: Connection) => kinds.find(({ name }) => name === it.kind)?.side;
	return { emrs: connections.filter((it) => side(it) === 'emr'), crms: connections.filter((it) => side(it) === 'crm') };
}

const options = (list: Connection[]) => list.map(({ name, title }) => ({ value: name, label: title ? `${name} (${title})` : name }));

function Form({ stored, lists, onSaved }: { stored: Integration | null; lists: Lists; onSaved: (integration: Integration) => void }) {
	const [emr, setEmr] = useState(stored?.emr ?? lists.emrs[0]?.name ?? '');
	const [crm, setCrm] = useState(stored?.crm ?? lists.crms[0]?.name ?? '');
	const [account, setAccount] = useState(stored?.default_account ?? '');
	const denied = useDenied('setup');
	const same = stored && emr === stored.emr && crm === stored.crm && account === (stored.default_account ?? '');
	const save = useAction(async () => {
		const body = { name: stored?.name ?? `${emr}-${crm}`, emr, crm, default_account: account.trim() || null };
		const { integration } = await api<{ integration: Integration }>('/integration', { method: 'PUT', body });
		toast('Saved as a new version');
		onSaved(integration);
	});
	return (
		<form
			class="stack"
			onSubmit={(event) => {
				event.preventDefault();
				void save.run();
			}}
		>
			<div class="grid is-form-row">
				<Select label="EMR" value={emr} onValue={setEmr} options={options(lists.emrs)} />
				<Select label="Salesforce org" value={crm} onValue={setCrm} options={options(lists.crms)} />
				<TextField
					label="Default Account"
					value={account}
					onValue={setAccount}
					autoComplete="off"
					hint="New contacts that have no account of their own belong to it. It is looked up by its name, and created if it is not there."
				/>
			</div>
			<ErrorNote error={save.error} />
			<div class="row">
				<Button kind={stored ? 'normal' : 'primary'} type="submit" busy={save.busy} why={denied ?? (same ? 'Nothing was changed' : undefined)}>
					{stored ? 'Save' : 'Integrate these two'}
				</Button>
			</div>
		</form>
	);
}

export function Defaults({ stored, onSaved }: { stored: Integration | null; onSaved: (integration: Integration) => void }) {
	const connections = useApi<{ items: Connection[] }>('/connections');
	const kinds = useApi<{ items: Kind[] }>('/kinds');
	return (
		<Card title={stored ? 'Systems and defaults' : 'Which two systems?'}>
			<Await of={connections}>
				{({ items }) => (
					<Await of={kinds}>
						{(all) => {
							const lists = bySide(items, all.items);
							if (stored || (lists.emrs.length > 0 && lists.crms.length > 0))
								return <Form key={JSON.stringify(stored)} stored={stored} lists={lists} onSaved={onSaved} />;
							const side = lists.crms.length === 0 ? 'crm' : 'emr';
							return (
								<EmptyState
									title={side === 'crm' ? 'Connect your Salesforce org first' : 'Connect your EMR first'}
									icon="plug"
									action={
										<ButtonLink kind="primary" href={`/connections/new?side=${side}`}>
											{side === 'crm' ? 'Connect Salesforce' : 'Connect the EMR'}
										</ButtonLink>
									}
								>
									An integration keeps one EMR and one Salesforce org the same.
								</EmptyState>
							);
						}}
					</Await>
				)}
			</Await>
		</Card>
	);
}

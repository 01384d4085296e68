// A new connection: which system, then its settings; from there to its own page, where it is signed in and tested.
import { useApi } from '../../api';
import { navigate, useQuery } from '../../router';
import { Await, Button, Card, Notice, PageHeader } from '../../ui';
import { ConnectionForm } from './form';
import { shown, type Connection, type Kind } from './kinds';

function Choose({ kinds, choose }: { kinds: Kind[]; choose: (name: string) => void }) {
	const [side] = useQuery('side');
	const wanted = kinds.filter((kind) => !side || kind.side === side);
	return (
		<Card title="Which system?">
			<ul class="kind-choices">
				{wanted.map((kind) => (
					<li key={kind.name}>
						<Button icon="plug" onClick={() => choose(kind.name)}>
							{kind.title}
						</Button>
						<span class="muted">{kind.side === 'crm' ? 'The CRM' : 'An EMR'}</span>
					</li>
				))}
			</ul>
			<p class="muted">Another EMR with a REST API is described by a file in the folder “descriptors”: docs/CONNECTORS.md says how.</p>
		</Card>
	);
}

export default function FreshConnection() {
	const kinds = useApi<{ items: Kind[] }>('/kinds');
	const [chosen, choose] = useQuery('kind');
	const saved = (connection: Connection) => {
		const waits = shown(connection.settings.auth) === 'refresh_token' && connection.settings.refresh_token === undefined;
		void navigate(`/connections/${encodeURIComponent(connection.name)}${waits ? '' : '?result='}`);
	};
	return (
		<>
			<PageHeader title="Connect a system" trail={[{ href: '/connections', label: 'Connections' }]} />
			<Await of={kinds}>
				{({ items }) => {
					const kind = items.find(({ name }) => name === chosen);
					if (!kind) return <Choose kinds={items} choose={choose} />;
					return (
						<>
							{kind.takes_codes && <Notice>Leave the token empty if you have an authorisation code: you paste it on the next page.</Notice>}
							<ConnectionForm kind={kind} onSaved={saved} />
						</>
					);
				}}
			</Await>
		</>
	);
}

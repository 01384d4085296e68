// Help: where things are, how to take Suture out again on both sides and in which order, keys, licences, version.
import type { ComponentChildren } from 'preact';
import { useApi } from '../api';
import { useSession } from '../session';
import { ButtonLink, Card, Facts, Icon, Notice, PageHeader, Pill } from '../ui';

interface Sync {
	name: string;
	state: { paused: boolean; waiting: number; to_read: number; owed: number; run: string | null } | null;
}

interface Hook {
	connection: string;
	told_address: string | null;
}

interface Connection {
	name: string;
	title: string | null;
	side: 'emr' | 'crm' | null;
}

interface Removal {
	key: string;
	title: string;
	text: ComponentChildren;
	/** undefined: Suture cannot see it; a person does it by hand. */
	done?: boolean;
	link?: { href: string; text: string };
}

const places: [string, string, string][] = [
	['/', 'Overview', 'How everything is, and what comes next in the set-up'],
	['/integrations', 'Active Integrations', 'Which two systems, the Default Account, the object syncs'],
	['/mapping/new', 'New Data Sync', 'Which records are which, and field by field what goes where'],
	['/runs', 'Runs', 'Every import and batch, live and past, with what became of each record'],
	['/staged', 'Staged payloads', 'What arrived, exactly as it came; what failed and why; retry'],
	['/review', 'Review', 'Records of which a person has to say who is who'],
	['/conflicts', 'Conflicts', 'Fields that both sides changed'],
	['/policy', 'Policy', 'Which side is right, field by field'],
	['/realtime', 'RealTime Settings', 'Events, addresses, what a removal does, pause'],
	['/alerts', 'Health', 'Alerts, API calls, fields that changed shape'],
	['/log', 'Log', 'What happened, without patient data'],
	['/audit', 'Audit', 'Who did what, in a chain that shows tampering'],
];

/** In the order in which they are safe: first nothing new begins, then nothing is left under way, then the doors are closed. */
function removals(syncs: Sync[], hooks: Hook[], connections: Connection[]): Removal[] {
	const resting = syncs.every(({ state }) => !state || (state.waiting + state.to_read + state.owed === 0 && !state.run));
	const told = hooks.filter((hook) => hook.told_address);
	return [
		{
			key: 'finish',
			title: 'Let what is under way finish',
			text: 'Nothing waits, no write is owed, no run is at work.',
			done: resting,
			link: { href: '/', text: 'Overview' },
		},
		{
			key: 'pause',
			title: 'Pause every sync',
			text: 'From then on nothing is written on either side.',
			done: syncs.every(({ state }) => !state || state.paused),
			link: { href: '/realtime', text: 'RealTime Settings' },
		},
		{
			key: 'hooks',
			title: 'Take the webhook addresses back',
			text: 'So that the EMR no longer sends events to an address where nobody is.',
			done: told.length === 0,
			link: { href: '/realtime', text: 'RealTime Settings' },
		},
		{
			key: 'layout',
			title: 'In Salesforce: take our parts off the Contact page',
			text: 'From the page layouts and Lightning pages of Contact: the panel, the section with the fields of the EMR, and the actions Sync to EMR and Unlink Patient. An uninstall is refused while they are in use.',
		},
		{
			key: 'package',
			title: 'In Salesforce: uninstall the package',
			text: 'Setup, Installed Packages, Uninstall. Its fields go with it; Salesforce offers an export of their data and keeps it for 48 hours.',
		},
		{
			key: 'app',
			title: 'In Salesforce: revoke the app',
			text: 'Setup, Connected Apps OAuth Usage, Revoke; delete the connected app or external client app, and the named credential of the package.',
		},
		{
			key: 'emr',
			title: 'In the EMR: cancel the integration',
			text: `Where it was approved: in the integrations page of ${connections.find(({ side }) => side === 'emr')?.title ?? 'the EMR'}. Its token stops working at once.`,
		},
		{
			key: 'server',
			title: 'On the machine: stop and remove Suture',
			text: 'Stop the service, keep a copy of its folder if the audit trail has to be kept, then delete the folder and the key. Without the key nobody reads what is in the folder.',
		},
	];
}

function Removals() {
	const syncs = useApi<{ items: Sync[] }>('/syncs', { topics: ['syncs'] });
	const hooks = useApi<{ items: Hook[] }>('/hooks', { topics: ['realtime'] });
	const connections = useApi<{ items: Connection[] }>('/connections');
	return (
		<ol class="setup-steps">
			{removals(syncs.data?.items ?? [], hooks.data?.items ?? [], connections.data?.items ?? []).map((it) => (
				<li key={it.key}>
					<span class="setup-mark">
						<Icon name={it.done ? 'circle-check' : 'circle'} />
					</span>
					<span class="setup-text">
						<strong>{it.title}</strong>
						<span class="muted">{it.text}</span>
					</span>
					<span class="row">
						{it.done === undefined ? <Pill>By hand</Pill> : <Pill tone={it.done ? 'good' : 'warn'}>{it.done ? 'Done' : 'Not yet'}</Pill>}
						{it.link && <ButtonLink href={it.link.href}>{it.link.text}</ButtonLink>}
					</span>
				</li>
			))}
		</ol>
	);
}

export default function Help() {
	const who = useSession();
	return (
		<>
			<PageHeader title="Help" facts="Where things are, and how to take Suture out again" />
			<Card title="Where things are">
				<dl class="pairs">
					{places.map(([href, name, what]) => (
						<div key={href}>
							<dt>
								<a href={href}>{name}</a>
							</dt>
							<dd>{what}</dd>
						</div>
					))}
				</dl>
			</Card>
			<Card title="Keys">
				<p>
					Press <kbd>?</kbd> for all keys, <kbd>/</kbd> or <kbd>Ctrl</kbd>+<kbd>K</kbd> to find a screen or an id, <kbd>g</kbd> and a letter to go to a screen,{' '}
					<kbd>j</kbd> and <kbd>k</kbd> to walk through a list. Single letters never fire while you type, and can be switched off.
				</p>
			</Card>
			<Card title="Uninstall" facts="In this order">
				<div class="stack">
					<Notice>
						Contacts that were made in Salesforce stay there, and patients that were made in the EMR stay there. So do the values that were written. What goes
						is what keeps them the same: links, schedules, the fields of the package and what is kept on this machine.
					</Notice>
					<Removals />
				</div>
			</Card>
			<Card title="About">
				<Facts
					items={[
						['Version', who?.version ?? 'Not known'],
						[
							'Programs',
							<a key="api" href="/api/v1/openapi.json">
								Description of the API (OpenAPI)
							</a>,
						],
						['Licence', 'Apache 2.0'],
						[
							'Font, icons, library',
							<a key="licences" href="/assets/licences.txt">
								Texts of their licences
							</a>,
						],
						[
							'Manual',
							<span key="manual">
								In the folder <code>docs</code> of the program: CONSOLE, MAPPING, CONFIGURATION, OPERATIONS, API
							</span>,
						],
					]}
				/>
			</Card>
		</>
	);
}

// The one table of screens: what stands in the navigation, what quick find finds, which key leads there, which code is loaded. To add a screen: a row, and a file
// in screens/. Rows are read from the top; the first path that fits is taken.
import type { ComponentType } from 'preact';
import type { Right } from './session';
import type { IconName } from './ui/icons';

export interface ScreenProps {
	/** The parts of the path: { id: '7' } for '/runs/:id'. */
	params: Record<string, string>;
}

export interface Screen {
	/** '/runs/:id'. One without ':' and with an icon stands in the navigation. */
	path: string;
	title: string;
	/** Under which heading of the navigation. */
	group?: 'Work' | 'Set-up' | 'Watch';
	icon?: IconName;
	/** `g` and this letter lead there. */
	key?: string;
	/** Needed to read anything there; without it the screen says so. */
	right?: Right;
	/** The topic of the event stream whose `count`, or number of `items`, stands in the navigation. */
	count?: string;
	/** Other words that quick find knows it by. */
	words?: string;
	load: () => Promise<{ default: ComponentType<ScreenProps> }>;
}

export const screens: readonly Screen[] = [
	{ path: '/', title: 'Overview', icon: 'layout-dashboard', key: 'o', words: 'home dashboard health', load: () => import('./screens/overview') },
	{
		path: '/staged',
		title: 'Staged payloads',
		group: 'Work',
		icon: 'inbox',
		key: 's',
		count: 'payloads_failed',
		words: 'payload error failed retry bytes',
		load: () => import('./screens/staging'),
	},
	{ path: '/staged/:id', title: 'Payload', load: () => import('./screens/staging/payload') },
	{
		path: '/review',
		title: 'Review',
		group: 'Work',
		icon: 'users',
		key: 'r',
		count: 'review',
		words: 'ambiguous duplicate near match queue',
		load: () => import('./screens/review'),
	},
	{ path: '/review/:sync/:kind/:id', title: 'Case', load: () => import('./screens/review/case') },
	{ path: '/links', title: 'Links', group: 'Work', icon: 'link', key: 'k', words: 'pairs unlink relink search people', load: () => import('./screens/links') },
	{ path: '/links/:sync', title: 'Link two records', load: () => import('./screens/links/link') },
	{ path: '/links/:sync/:side/:record', title: 'Link a record', load: () => import('./screens/links/link') },
	{ path: '/records/:sync/:side/:record', title: 'Story of a record', load: () => import('./screens/timeline') },
	{
		path: '/integrations',
		title: 'Active Integrations',
		group: 'Set-up',
		icon: 'arrow-left-right',
		key: 'i',
		words: 'object sync default account',
		load: () => import('./screens/integrations'),
	},
	{
		path: '/connections',
		title: 'Connections',
		group: 'Set-up',
		icon: 'plug',
		key: 'c',
		words: 'salesforce org emr oauth token sign in',
		load: () => import('./screens/connections'),
	},
	{ path: '/connections/new', title: 'Connect a system', right: 'setup', load: () => import('./screens/connections/fresh') },
	{ path: '/connections/:name', title: 'Connection', load: () => import('./screens/connections/connection') },
	{
		path: '/accounts',
		title: 'Users and keys',
		group: 'Set-up',
		icon: 'users',
		key: 'u',
		right: 'accounts',
		words: 'people accounts roles invite api tokens keys',
		load: () => import('./screens/accounts'),
	},
	{ path: '/you', title: 'Your account', words: 'password my own api tokens', load: () => import('./screens/you') },
	{
		path: '/conflicts',
		title: 'Conflicts',
		group: 'Work',
		icon: 'git-compare',
		key: 'x',
		count: 'conflicts_waiting',
		words: 'both changed decide resolve',
		load: () => import('./screens/conflicts'),
	},
	{
		path: '/policy',
		title: 'Policy',
		group: 'Set-up',
		icon: 'shield',
		key: 'p',
		words: 'source of truth winner who is right',
		load: () => import('./screens/policy'),
	},
	{
		path: '/alerts',
		title: 'Health',
		group: 'Watch',
		icon: 'activity',
		key: 'h',
		words: 'alerts budget api calls drift',
		load: () => import('./screens/health'),
	},
	{ path: '/log', title: 'Log', group: 'Watch', icon: 'scroll-text', key: 'l', words: 'debug error exception', load: () => import('./screens/log') },
	{
		path: '/audit',
		title: 'Audit',
		group: 'Watch',
		icon: 'file-text',
		key: 'a',
		right: 'audit',
		words: 'trail who did what',
		load: () => import('./screens/audit'),
	},
	{ path: '/mapping/new', title: 'New Data Sync', words: 'wizard object field mapping', load: () => import('./screens/mapping') },
	{ path: '/mapping/:sync', title: 'Field mapping', load: () => import('./screens/mapping') },
	{ path: '/mapping/:sync/versions', title: 'Versions of a mapping', load: () => import('./screens/mapping/versions') },
	{
		path: '/runs',
		title: 'Runs',
		group: 'Work',
		icon: 'play',
		key: 'b',
		count: 'runs',
		words: 'jobs batches imports reports',
		load: () => import('./screens/runs'),
	},
	{ path: '/runs/new', title: 'Sync Records', words: 'sync data import csv batch contacts to patients dry run', load: () => import('./screens/runs/fresh') },
	{ path: '/runs/:run', title: 'Run', load: () => import('./screens/runs/run') },
	{
		path: '/schedules',
		title: 'Schedules',
		group: 'Work',
		icon: 'clock',
		key: 'd',
		words: 'schedule data sync recurrence',
		load: () => import('./screens/schedules'),
	},
	{
		path: '/realtime',
		title: 'RealTime Settings',
		group: 'Set-up',
		icon: 'zap',
		key: 't',
		words: 'webhooks events pause resume latency deliveries',
		load: () => import('./screens/realtime'),
	},
	{ path: '/realtime/:sync', title: 'Real time', load: () => import('./screens/realtime/one') },
	{
		path: '/help',
		title: 'Help',
		group: 'Watch',
		icon: 'circle-help',
		words: 'uninstall remove licences version manual keys',
		load: () => import('./screens/help'),
	},
];

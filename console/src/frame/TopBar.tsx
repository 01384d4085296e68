import { api, useApi } from '../api';
import { count } from '../lib/format';
import { useStore } from '../lib/store';
import { setTheme, theme, type Theme } from '../lib/theme';
import { live, type LiveState } from '../live';
import { session, type Session } from '../session';
import { Button } from '../ui/Button';
import { Icon } from '../ui/Icon';
import { Menu } from '../ui/Menu';
import { Pill } from '../ui/Pill';
import { toastError } from '../ui/Toasts';
import type { IconName } from '../ui/icons';
import { words } from '../words';
import { keyHelpOpen } from './KeyHelp';
import { quickFindOpen } from './QuickFind';
import { navOpen } from './SideNav';

interface Connection {
	name: string;
	title: string | null;
	side: 'emr' | 'crm' | null;
	settings: { login_url?: unknown };
}

/** An org for trying things out has its own addresses; undefined: not to be told from them. */
function isSandbox(settings: Connection['settings']): boolean | undefined {
	if (typeof settings.login_url !== 'string' || !URL.canParse(settings.login_url)) return undefined;
	const { hostname } = new URL(settings.login_url);
	return /^test\.|--|\.sandbox\.|^localhost$|^127\.|^\[::1\]$/.test(hostname);
}

const named = (all: readonly Connection[]): string => (all.length > 2 ? count(all.length, 'connection') : all.map(({ name }) => name).join(', '));

/** Which EMR and which org, and whether mistakes would be real ones. */
function Systems() {
	const { data } = useApi<{ items: Connection[] }>('/connections');
	const of = (side: 'emr' | 'crm') => data?.items.filter((connection) => connection.side === side) ?? [];
	const [emrs, orgs] = [of('emr'), of('crm')];
	const first = orgs[0];
	if (!first || emrs.length === 0) return null;
	const sandbox = isSandbox(first.settings);
	return (
		<span class="systems">
			<span class="systems-names">
				{named(emrs)} <Icon name="arrow-left-right" label="and" /> {named(orgs)}
			</span>
			{sandbox !== undefined && <Pill tone={sandbox ? 'warn' : 'good'}>{sandbox ? 'Sandbox' : 'Production'}</Pill>}
		</span>
	);
}

const liveWords: Record<LiveState, string> = { on: words.live.on, off: words.live.off, connecting: 'Connecting', lost: 'Connection lost' };

function LiveSign() {
	const state = useStore(live);
	return (
		<span class={`live is-${state}`}>
			<span class="dot" aria-hidden="true" />
			<span class="live-word">{liveWords[state]}</span>
		</span>
	);
}

const themeIcons: Record<Theme, IconName> = { light: 'sun', dark: 'moon', system: 'sun' };

function ThemeMenu() {
	const now = useStore(theme);
	const rows: Theme[] = ['light', 'dark', 'system'];
	return (
		<Menu
			label={words.theme.label}
			icon={themeIcons[now]}
			items={rows.map((value) => ({ label: words.theme[value], checked: value === now, run: () => setTheme(value) }))}
		/>
	);
}

export async function signOut(): Promise<void> {
	try {
		await api('/session', { method: 'DELETE', stayOut: true });
	} catch (error) {
		toastError(error);
		return;
	}
	session.set(null);
}

export function TopBar({ who }: { who: Session }) {
	const open = useStore(navOpen);
	return (
		<header class="top">
			<Button
				kind="quiet"
				icon="menu"
				label="Menu of screens"
				class="nav-switch"
				aria-expanded={open}
				aria-controls={open ? 'navigation' : undefined}
				onClick={() => navOpen.set(!open)}
			/>
			<a class="brand" href="/">
				<img src="/assets/icon.svg" alt="" width="22" height="22" />
				{words.product}
			</a>
			<Systems />
			<span class="top-end row">
				<LiveSign />
				<button type="button" class="find-button" onClick={() => quickFindOpen.set(true)}>
					<Icon name="search" />
					<span>{words.find.title}</span>
					<kbd>Ctrl K</kbd>
				</button>
				<ThemeMenu />
				<Menu
					label={`${who.display || who.name}, ${who.role}`}
					icon="user"
					button={who.display || who.name}
					class="user-menu"
					items={[
						{ label: words.account.you, icon: 'user', href: '/you' },
						{ label: words.account.keys, icon: 'list', run: () => keyHelpOpen.set(true) },
						{ label: words.account.licences, icon: 'file-text', run: () => void window.open('/assets/licences.txt', '_blank', 'noopener') },
						{ label: words.account.signOut, icon: 'unplug', run: () => void signOut() },
					]}
				/>
			</span>
		</header>
	);
}

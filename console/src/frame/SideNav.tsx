import { useEffect, useState } from 'preact/hooks';
import { createStore, useStore } from '../lib/store';
import { number } from '../lib/format';
import { useTopic } from '../lib/hooks';
import { screens, type Screen } from '../screens';
import { Icon } from '../ui/Icon';
import { words } from '../words';

/** Open on a narrow screen; a wide one always shows it. */
export const navOpen = createStore(false);

const groups = [undefined, 'Work', 'Set-up', 'Watch'] as const;
const inNav = screens.filter((screen) => screen.icon && !screen.path.includes(':'));

function isHere(screen: Screen, path: string): boolean {
	return screen.path === '/' ? path === '/' : path === screen.path || path.startsWith(`${screen.path}/`);
}

function Count({ topic }: { topic: string }) {
	const said = useTopic<{ count?: number; items?: unknown[] }>(topic);
	const count = said?.count ?? said?.items?.length;
	return count ? <span class="count">{number(count)}</span> : null;
}

function Entry({ screen, path }: { screen: Screen; path: string }) {
	return (
		<li>
			<a href={screen.path} aria-current={isHere(screen, path) ? 'page' : undefined} onClick={() => navOpen.set(false)}>
				{screen.icon && <Icon name={screen.icon} />}
				<span>{screen.title}</span>
				{screen.count && <Count topic={screen.count} />}
			</a>
		</li>
	);
}

export function SideNav({ path }: { path: string }) {
	const open = useStore(navOpen);
	const [narrow, setNarrow] = useState(false);
	useEffect(() => {
		const query = matchMedia('(max-width: 900px)');
		const look = () => setNarrow(query.matches);
		look();
		query.addEventListener('change', look);
		return () => query.removeEventListener('change', look);
	}, []);
	if (narrow && !open) return null;
	return (
		<nav class="side" aria-label={words.navigation} id="navigation">
			{groups.map((group) => {
				const rows = inNav.filter((screen) => screen.group === group);
				if (rows.length === 0) return null;
				return (
					<div key={group ?? 'top'}>
						{group && <h2 class="side-group">{group}</h2>}
						<ul>
							{rows.map((screen) => (
								<Entry key={screen.path} screen={screen} path={path} />
							))}
						</ul>
					</div>
				);
			})}
		</nav>
	);
}

import { createStore, useStore } from '../lib/store';
import { keysNow, setSingleKeys, singleKeys } from '../lib/keys';
import { Dialog } from '../ui/Dialog';
import { Switch } from '../ui/Switch';
import { words } from '../words';

export const keyHelpOpen = createStore(false);

const spoken: Record<string, string> = { Enter: 'Enter', Escape: 'Esc' };
/** Not in the table of keys, because components have them by themselves. */
const always = [
	{ keys: 'Enter', does: 'Open the row', group: 'Lists' },
	{ keys: 'Escape', does: 'Close one layer', group: 'Everywhere' },
];

function Keys({ keys }: { keys: string }) {
	return (
		<span class="row is-tight">
			{keys.split(/[ +]/).map((key) => (
				<kbd key={key}>{spoken[key] ?? key}</kbd>
			))}
		</span>
	);
}

export function KeyHelp() {
	const open = useStore(keyHelpOpen);
	const single = useStore(singleKeys);
	if (!open) return null;
	const all = [...keysNow(), ...always];
	// The longest group last: the columns are then about even.
	const groups = [...new Set(all.map((key) => key.group ?? 'This screen'))].sort((a, b) => Number(a === 'Go to') - Number(b === 'Go to'));
	return (
		<Dialog title={words.keys.title} open wide onClose={() => keyHelpOpen.set(false)}>
			<div class="key-groups">
				{groups.map((group) => (
					<section key={group}>
						<h3>{group}</h3>
						<dl class="keys">
							{[...new Map(all.filter((key) => (key.group ?? 'This screen') === group).map((key) => [key.keys, key])).values()].map((key) => (
								<div key={key.keys}>
									<dt>
										<Keys keys={key.keys} />
									</dt>
									<dd>{key.does}</dd>
								</div>
							))}
						</dl>
					</section>
				))}
			</div>
			<Switch label={words.keys.off} hint={words.keys.hint} on={single} onChange={setSingleKeys} />
		</Dialog>
	);
}

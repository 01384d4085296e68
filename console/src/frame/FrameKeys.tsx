import { useKeys } from '../lib/keys';
import { navigate } from '../router';
import { screens } from '../screens';
import { KeyHelp, keyHelpOpen } from './KeyHelp';
import { QuickFind, quickFindOpen } from './QuickFind';

const group = 'Everywhere';
const goTo = screens.flatMap((screen) =>
	screen.key ? [{ keys: `g ${screen.key}`, does: screen.title, group: 'Go to', run: () => void navigate(screen.path) }] : [],
);

/** The keys that work on every screen, and what they open. */
export function FrameKeys() {
	useKeys([
		{ keys: 'Ctrl+k', does: 'Quick find', group, run: () => quickFindOpen.set(true) },
		{ keys: '/', does: 'Quick find', group, run: () => quickFindOpen.set(true) },
		{ keys: '?', does: 'These keys', group, run: () => keyHelpOpen.set(true) },
		...goTo,
	]);
	return (
		<>
			<QuickFind />
			<KeyHelp />
		</>
	);
}

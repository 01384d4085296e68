// How signing in at the other system's page ended.
import { navigate, useQuery, withQuery } from '../../router';
import { Button, Notice } from '../../ui';

const outcomes: Record<string, { tone: 'good' | 'bad'; text: string; link?: { href: string; label: string } }> = {
	connected: { tone: 'good', text: 'Connected. The tests below say as whom.' },
	refused: { tone: 'bad', text: 'Not connected: the other system was not allowed to let us in.' },
	failed: {
		tone: 'bad',
		text: 'Not connected: the other system gave no lasting token.',
		link: { href: '/log?text=connect_failed', label: 'The log says why' },
	},
	unknown: { tone: 'bad', text: 'Not connected: this sign-in was not begun here, or took longer than ten minutes. Begin again.' },
};

/** What the callback has to say: one of a few words in the address. */
export function Outcome() {
	const [result] = useQuery('result');
	const outcome = outcomes[result];
	if (!outcome) return null;
	return (
		<Notice
			tone={outcome.tone}
			action={
				<Button small kind="quiet" onClick={() => void navigate(withQuery({ result: null }), { replace: true })}>
					Close
				</Button>
			}
		>
			{outcome.text} {outcome.link && <a href={outcome.link.href}>{outcome.link.label}</a>}
		</Notice>
	);
}

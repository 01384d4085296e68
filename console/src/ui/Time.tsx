import { duration, fullTime } from '../lib/format';
import { useRelativeTime } from '../lib/hooks';

/** "2 min ago", with the full time and zone as its title. */
export function Time({ at, never = 'Never' }: { at: string | number | null | undefined; never?: string }) {
	const text = useRelativeTime(at);
	if (!at) return <span class="muted">{never}</span>;
	return (
		<time dateTime={new Date(at).toISOString()} title={fullTime(at)}>
			{text}
		</time>
	);
}

/** "1 m 12 s" */
export function Span({ ms }: { ms: number }) {
	return <span class="num">{duration(ms)}</span>;
}

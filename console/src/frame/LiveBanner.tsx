import { useEffect, useRef, useState } from 'preact/hooks';
import { useStore } from '../lib/store';
import { live, retryLive } from '../live';
import { Button } from '../ui/Button';
import { Icon } from '../ui/Icon';
import { words } from '../words';

/** Says once that the stream of events is lost, and once that it is back. */
export function LiveBanner() {
	const state = useStore(live);
	const [back, setBack] = useState(false);
	const was = useRef(state);
	useEffect(() => {
		const returned = was.current === 'lost' && state === 'on';
		was.current = state;
		if (!returned) return undefined;
		setBack(true);
		const timer = setTimeout(() => setBack(false), 4000);
		return () => clearTimeout(timer);
	}, [state]);
	return (
		<div role="status">
			{state === 'lost' && (
				<div class="banner is-warn">
					<Icon name="unplug" />
					<span>{words.live.lost}</span>
					<Button small onClick={retryLive}>
						{words.live.retry}
					</Button>
				</div>
			)}
			{back && state === 'on' && (
				<div class="banner is-good">
					<Icon name="check" />
					<span>{words.live.back}</span>
				</div>
			)}
		</div>
	);
}

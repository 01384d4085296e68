// Signs out whoever has gone: a minute before the session's idle time is over a dialog asks; any answer or key keeps the session.
import { useEffect, useRef, useState } from 'preact/hooks';
import { api } from '../api';
import { signedOut, signInAgain, type Session } from '../session';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { words } from '../words';

const warnS = 60;
const keepAliveMs = 60_000;

export function IdleWatch({ who }: { who: Session }) {
	const lastMs = useRef(Date.now());
	const toldMs = useRef(Date.now());
	const [left, setLeft] = useState<number | null>(null);
	const idle = who.idle_s ?? 0;

	useEffect(() => {
		if (!idle) return undefined;
		const alive = () => {
			lastMs.current = Date.now();
			// Typing alone asks the server nothing: it is told now and then that somebody works here.
			if (lastMs.current - toldMs.current < keepAliveMs || signedOut.get()) return;
			toldMs.current = lastMs.current;
			api('/session', { stayOut: true }).catch(() => undefined);
		};
		const look = () => {
			const seconds = Math.ceil(idle - (Date.now() - lastMs.current) / 1000);
			if (seconds <= 0 && !signedOut.get()) {
				setLeft(null);
				void api('/session', { method: 'DELETE', stayOut: true }).catch(() => undefined);
				void signInAgain('idle');
			} else setLeft(seconds <= Math.min(warnS, idle / 2) && seconds > 0 ? seconds : null);
		};
		const timer = setInterval(look, 1000);
		const events = ['pointerdown', 'keydown', 'wheel'] as const;
		for (const name of events) addEventListener(name, alive, { passive: true });
		return () => {
			clearInterval(timer);
			for (const name of events) removeEventListener(name, alive);
		};
	}, [idle, who]);

	const stay = () => {
		lastMs.current = Date.now();
		setLeft(null);
		void api('/session').catch(() => undefined);
	};
	return (
		<Dialog
			title={words.idle.title}
			open={left !== null}
			onClose={stay}
			footer={
				<Button kind="primary" onClick={stay}>
					{words.idle.stay}
				</Button>
			}
		>
			<p aria-live="off">{words.idle.text(left ?? 0)}</p>
		</Dialog>
	);
}

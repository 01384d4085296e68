// Lines of a log, the newest last: follows the end until somebody scrolls up or pauses, and then says how many came meanwhile.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { count, fullTime } from '../lib/format';
import { Button } from './Button';
import { Pill, type Tone } from './Pill';

export interface LogLine {
	id: string | number;
	at: string;
	level: string;
	text: ComponentChildren;
	/** Where it comes from: a component, a batch. */
	from?: string;
}

export interface LogViewProps {
	label: string;
	/** Oldest first. */
	lines: readonly LogLine[];
	onOpen?: (line: LogLine) => void;
	/** Lines come by themselves: shows the pause button. */
	live?: boolean;
	empty?: ComponentChildren;
}

const tones: Record<string, Tone> = { debug: 'idle', info: 'info', warning: 'warn', error: 'bad', exception: 'bad' };
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });

export function LogView({ label, lines, onOpen, live, empty }: LogViewProps) {
	const box = useRef<HTMLDivElement>(null);
	/** Paused: up to here. */
	const [held, setHeld] = useState<string | number | null>(null);
	const heldAt = held === null ? -1 : lines.findIndex((line) => line.id === held);
	const shown = heldAt < 0 ? lines : lines.slice(0, heldAt + 1);
	const fresh = lines.length - shown.length;
	const last = shown.at(-1)?.id;

	useEffect(() => {
		if (held === null && live && box.current) box.current.scrollTop = box.current.scrollHeight;
	}, [held, last, live]);
	const pause = () => setHeld(lines.at(-1)?.id ?? null);
	const was = useRef({ top: 0, height: 0 });
	/** Up means reading; a box that changed its size means nothing. */
	const onScroll = () => {
		const element = box.current;
		if (!element) return;
		const now = { top: element.scrollTop, height: element.clientHeight };
		if (live && held === null && now.height === was.current.height && now.top < was.current.top - 4) pause();
		was.current = now;
	};
	if (lines.length === 0 && empty !== undefined) return <>{empty}</>;
	return (
		<div class="log">
			{live && (
				<div class="log-bar row">
					<Button small icon={held === null ? 'pause' : 'play'} onClick={held === null ? pause : () => setHeld(null)}>
						{held === null ? 'Pause updates' : 'Follow'}
					</Button>
					<span class="muted" role="status">
						{held === null ? '' : `${count(fresh, 'new line')}`}
					</span>
				</div>
			)}
			<div class="log-lines" ref={box} role="log" aria-label={label} aria-live="off" tabIndex={0} onScroll={onScroll}>
				{shown.map((line) => (
					<div key={line.id} class="log-line">
						<time dateTime={line.at} title={fullTime(line.at)}>
							{clock.format(new Date(line.at))}
						</time>
						<Pill tone={tones[line.level.toLowerCase()] ?? 'idle'}>{line.level}</Pill>
						{line.from && <span class="muted">{line.from}</span>}
						{onOpen ? (
							<button type="button" class="plain-link" onClick={() => onOpen(line)}>
								{line.text}
							</button>
						) : (
							<span>{line.text}</span>
						)}
					</div>
				))}
			</div>
		</div>
	);
}

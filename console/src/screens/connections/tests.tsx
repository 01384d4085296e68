// A list of small checks, each fine or with its cure.
import { useEffect, useState } from 'preact/hooks';
import { api, useAction } from '../../api';
import { useDenied } from '../../session';
import { Button, Card, ErrorNote, Pill, Skeleton } from '../../ui';
import type { Check } from './kinds';

const titles: Record<string, string> = { settings: 'Settings', sign_in: 'Sign-in', calls: 'API calls', webhook: 'Webhook address', objects: 'Objects' };
const words = { ok: 'Passed', warning: 'Warning', error: 'Failed' } as const;
const title = (name: string): string => titles[name] ?? (name.startsWith('object ') ? `Object ${name.slice(7)}` : name);

export function ConnectionTests({ name, begin, onDone }: { name: string; begin: boolean; onDone?: (fine: boolean) => void }) {
	const [checks, setChecks] = useState<Check[]>();
	const denied = useDenied('work');
	const test = useAction(async () => {
		const { items } = await api<{ items: Check[] }>(`/connections/${encodeURIComponent(name)}/test`, { method: 'POST', body: {} });
		setChecks(items);
		onDone?.(items.every(({ level }) => level !== 'error'));
	});
	const { run } = test;
	useEffect(() => {
		if (begin && !denied) void run();
	}, [begin, denied, run]);
	return (
		<Card
			title="Tests"
			actions={
				<Button icon="activity" busy={test.busy} why={denied} onClick={() => void run()}>
					Test the connection
				</Button>
			}
		>
			<ErrorNote error={test.error} />
			{test.busy && !checks && <Skeleton label="Testing the connection" />}
			{!checks && !test.busy && <p class="muted">Signs in, looks at the objects of its syncs, the API calls that are left, and whether events find us.</p>}
			{checks && (
				<ul class="checks" aria-live="polite">
					{checks.map((check) => (
						<li key={check.name}>
							<Pill tone={check.level === 'ok' ? 'good' : check.level === 'error' ? 'bad' : 'warn'}>{words[check.level]}</Pill>
							<strong>{title(check.name)}</strong>
							<span>{check.text}</span>
						</li>
					))}
				</ul>
			)}
		</Card>
	);
}

import { api } from '../../api';
import { navigate } from '../../router';
import type { RunFigures, RunKind } from './model';

/** Starts a run, and goes to where it can be followed. */
export async function start(sync: string, kind: RunKind, more: Record<string, unknown> = {}): Promise<void> {
	const run = await api<RunFigures>(`/syncs/${encodeURIComponent(sync)}/runs`, { method: 'POST', body: { kind, ...more } });
	await navigate(`/runs/${run.batch_id}`);
}

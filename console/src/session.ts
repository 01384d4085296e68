// Who is signed in, and what that person may do.
import { createStore, useStore } from './lib/store';
import { words } from './words';

export type Right = 'see' | 'values' | 'work' | 'setup' | 'audit' | 'accounts';

export type Role = 'admin' | 'operator' | 'viewer' | 'auditor';

/** What GET /api/v1/session answers. */
export interface Session {
	account: number;
	name: string;
	/** How people call them. */
	display: string;
	role: Role;
	rights: Right[];
	csrf: string | null;
	/** Seconds without a request after which the session ends; how many of them are left. */
	idle_s?: number;
	idle_left_s?: number;
	/** When it ends in any case. */
	ends: string | null;
	version: string | null;
}

/** What GET /api/v1/welcome answers: what a page has to know before anybody is signed in. */
export interface Welcome {
	signed_in: boolean;
	/** There is no account yet. */
	setup: boolean;
	provider?: { name: string; start: string } | null;
	version?: string | null;
}
export const welcome = createStore<Welcome | undefined>(undefined);

/** undefined: not known yet; null: nobody. */
export const session = createStore<Session | null | undefined>(undefined);
/** The dialog that asks somebody back in is open, over what was typed. */
export const signedOut = createStore<{ why: 'expired' | 'idle' } | null>(null);

let waiting: (() => void)[] = [];

/** Resolves once somebody has signed in again. */
export function signInAgain(why: 'expired' | 'idle' = 'expired'): Promise<void> {
	if (session.get() === null) return new Promise((done) => waiting.push(done));
	if (!signedOut.get()) signedOut.set({ why });
	return new Promise((done) => waiting.push(done));
}

export function signedIn(who: Session): void {
	session.set(who);
	signedOut.set(null);
	const all = waiting;
	waiting = [];
	for (const done of all) done();
}

export const useSession = (): Session | null | undefined => useStore(session);

export const may = (who: Session | null | undefined, right: Right): boolean => who?.rights.includes(right) ?? false;

/** Why the signed-in person may not; undefined: they may. For `why` of buttons: what a role may not do is shown and says the reason. */
export function useDenied(right: Right): string | undefined {
	const who = useSession();
	return may(who, right) ? undefined : words.denied[right];
}

// Light, dark, or what the system says; kept for this browser. src/theme.ts applies it before the first paint.
import { createStore } from './store';

export type Theme = 'light' | 'dark' | 'system';
const stored = 'suture.theme';

const read = (): Theme => {
	const now = document.documentElement.dataset['theme'];
	return now === 'light' || now === 'dark' ? now : 'system';
};

export const theme = createStore<Theme>(read());

export function setTheme(next: Theme): void {
	theme.set(next);
	if (next === 'system') delete document.documentElement.dataset['theme'];
	else document.documentElement.dataset['theme'] = next;
	try {
		localStorage.setItem(stored, next);
	} catch {
		// Not kept, then.
	}
}

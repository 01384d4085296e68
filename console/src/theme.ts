// Runs before the first paint, so that nobody who chose a theme sees the other one flash. Everything else of the theme is in frame/theme.ts.
try {
	const choice = localStorage.getItem('suture.theme');
	if (choice === 'light' || choice === 'dark') document.documentElement.dataset['theme'] = choice;
} catch {
	// No storage: the system's theme it is.
}
export {};

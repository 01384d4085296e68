// What the routes of health answer with, for the pages that show it.
export interface Alert {
	level: 'error' | 'warning';
	code: string;
	sync: string | null;
	subject: string | null;
	text: string | null;
	cure: string;
	since: string | null;
}

export interface Budget {
	connection: string;
	ours: number;
	used: number;
	allowance: number | null;
	told: boolean;
	reserve: number;
	left: number | null;
	resets: string | null;
	need: number;
	silent: string | null;
	by_use: Record<string, number>;
}

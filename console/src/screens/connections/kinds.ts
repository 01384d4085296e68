// What the API says of kinds and connections, and which of a kind's settings belong in front of a person.
export interface Option {
	name: string;
	help: string | null;
	required: boolean;
	fallback: string | null;
	secret: boolean;
}

export interface Kind {
	name: string;
	title: string;
	side: 'emr' | 'crm';
	/** A pasted authorisation code becomes a token. */
	takes_codes: boolean;
	/** A person signs in at its own page. */
	signs_in: boolean;
	webhooks: boolean;
	registers_webhooks: boolean;
	options: Option[];
}

/** A secret shows where it comes from, never what it is. */
type Stored = string | number | boolean | { sealed?: true; env?: string; file?: string };

export interface Connection {
	name: string;
	kind: string;
	title: string | null;
	side: 'emr' | 'crm' | null;
	settings: Record<string, Stored>;
}

export interface Check {
	name: string;
	level: 'ok' | 'warning' | 'error';
	text: string | null;
}

/** Ways of signing in to Salesforce, and the settings that each needs beside those of all. */
export const ways = [
	{
		value: 'refresh_token',
		label: 'Sign in as a person',
		hint: 'You sign in at Salesforce and allow Suture in. Nothing to copy but the app’s key and secret.',
		needs: ['client_id', 'client_secret'],
	},
	{
		value: 'client_credentials',
		label: 'Client credentials',
		hint: 'The app acts as its run-as user; nobody signs in.',
		needs: ['client_id', 'client_secret'],
	},
	{ value: 'jwt', label: 'JWT bearer', hint: 'The app holds a certificate, Suture its key; a user is named.', needs: ['client_id', 'username', 'private_key'] },
] as const;

export type Way = (typeof ways)[number]['value'];

/** Settings that only some way of signing in needs. */
const ofWays = new Set(['auth', 'refresh_token', ...ways.flatMap(({ needs }) => needs as readonly string[])]);

/** What stands in front: what is needed, and what opens the door; the rest is under "More settings". */
export function split(kind: Kind, way: Way): { front: Option[]; more: Option[] } {
	const wanted = new Set<string>(ways.find(({ value }) => value === way)?.needs ?? []);
	const visible = kind.options.filter(({ name }) => !kind.signs_in || !ofWays.has(name) || wanted.has(name));
	const isFront = ({ name, required, secret }: Option) => required || wanted.has(name) || (secret && !kind.signs_in);
	return { front: visible.filter(isFront), more: visible.filter((option) => !isFront(option)) };
}

const acronyms: Record<string, string> = { url: 'URL', api: 'API', id: 'ID', jwt: 'JWT' };

/** "login_url" as people write it: "Login URL". */
export function label(name: string): string {
	const words = name.split('_').map((word) => acronyms[word] ?? word);
	const [first = ''] = words;
	return [first.charAt(0).toUpperCase() + first.slice(1), ...words.slice(1)].join(' ');
}

/** How a stored setting is shown in its field; a secret shows nothing. */
export function shown(value: Stored | undefined): string {
	return value === undefined || typeof value === 'object' ? '' : String(value);
}

/** Where a secret comes from, said in words. */
export function origin(value: Stored | undefined): string | undefined {
	if (value === undefined || typeof value !== 'object') return undefined;
	if (value.env) return `From the environment variable ${value.env}. Type to replace it.`;
	if (value.file) return `From the file ${value.file}. Type to replace it.`;
	return 'Kept sealed. Type to replace it.';
}

/** The help of a setting begins small, as it stands in tables of the manual. */
export const sentence = (help: string | null): string | undefined => (help ? help.charAt(0).toUpperCase() + help.slice(1) : undefined);

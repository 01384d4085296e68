// Starts suture-sandbox for a test file and stops it afterwards. The program comes from SUTURE_SANDBOX, else from the
// build folder (SUTURE_BUILD, default build/ of this repository).
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
export const program = process.env.SUTURE_SANDBOX ?? join(process.env.SUTURE_BUILD ?? join(root, 'build'), 'sandbox/suture-sandbox');

export const client = { id: 'suture-client', secret: 'suture-secret' };
export const API = '/services/data/v62.0';

export async function startSandbox(...args) {
	const child = spawn(program, ['--hint-port', '-1', '--with-parent', ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
	const ended = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
	const lines = createInterface({ input: child.stdout });
	const line = await Promise.race([
		new Promise((resolve) => lines.once('line', resolve)),
		ended.then((code) => { throw new Error(`suture-sandbox ended with ${code}`); }),
	]);
	return {
		url: JSON.parse(line).salesforce,
		kill: async () => {
			child.kill('SIGKILL');
			return ended;
		},
		stop: async () => {
			child.stdin.end();
			return ended;
		},
	};
}

export async function requestToken(url, form) {
	const answer = await fetch(`${url}/services/oauth2/token`, { method: 'POST', body: new URLSearchParams(form) });
	return { status: answer.status, body: await answer.json() };
}

export async function clientToken(url) {
	const { body } = await requestToken(url, {
		grant_type: 'client_credentials', client_id: client.id, client_secret: client.secret,
	});
	return body.access_token;
}

// One plain REST call: what no client library hides.
export function caller(url, token) {
	return async (method, path, body, headers = {}) => {
		const answer = await fetch(url + path, {
			method,
			redirect: 'manual',
			headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
			body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
		});
		const text = await answer.text();
		let parsed = text;
		try { parsed = text ? JSON.parse(text) : null; } catch { /* CSV and HTML stay text */ }
		return { status: answer.status, headers: answer.headers, body: parsed };
	};
}

export async function admin(url, path, body) {
	const answer = await fetch(`${url}/__admin/${path}`, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) });
	const parsed = await answer.json();
	if (!answer.ok) throw new Error(`${path}: ${answer.status} ${parsed.error}`);
	return parsed;
}

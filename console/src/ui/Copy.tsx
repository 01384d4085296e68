import { useState } from 'preact/hooks';
import { Button } from './Button';

/** Copies `text`; says that it did. `what` is for its name: "Copy batch id". */
export function Copy({ text, what = '' }: { text: string; what?: string }) {
	const [done, setDone] = useState(false);
	const copy = () => {
		void navigator.clipboard.writeText(text).then(() => {
			setDone(true);
			setTimeout(() => setDone(false), 2000);
		});
	};
	return (
		<>
			<Button small kind="quiet" icon={done ? 'check' : 'copy'} label={`Copy ${what}`.trim()} onClick={copy} />
			<span class="only-read" role="status">
				{done ? 'Copied' : ''}
			</span>
		</>
	);
}

/** An id: in even letters, with its copy button. */
export function Id({ children, what = 'id', href }: { children: string; what?: string; href?: string }) {
	return (
		<span class="id">
			{href ? (
				<a href={href}>
					<code>{children}</code>
				</a>
			) : (
				<code>{children}</code>
			)}
			<Copy text={children} what={what} />
		</span>
	);
}

/** The call behind a screen as a command line, with a placeholder where the token goes. `body` must hold no patient data. */
export function CopyCurl({ path, method = 'GET', body }: { path: string; method?: string; body?: object }) {
	const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
	const parts = [
		`curl -X ${method}`,
		`-H 'Authorization: Bearer <token>'`,
		...(body ? [`-H 'Content-Type: application/json' -d ${quoted(JSON.stringify(body))}`] : []),
		quoted(`${location.origin}/api/v1${path}`),
	];
	return <Copy text={parts.join(' ')} what="as curl" />;
}

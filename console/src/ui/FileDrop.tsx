// A file by dropping it or by choosing it: the box is a button as well, and a file that does not fit is told why.
import { useId, useRef, useState } from 'preact/hooks';
import { cx } from '../lib/cx';
import { bytes } from '../lib/format';
import { Button } from './Button';
import { Icon } from './Icon';

export interface FileDropProps {
	label: string;
	/** What it takes: ".csv". */
	accept: string;
	maxBytes: number;
	file: File | null;
	onFile: (file: File | null) => void;
	hint?: string;
	error?: string | undefined;
	why?: string | undefined;
}

export function FileDrop({ label, accept, maxBytes, file, onFile, hint, error, why }: FileDropProps) {
	const id = useId();
	const input = useRef<HTMLInputElement>(null);
	const [over, setOver] = useState(false);
	const [refused, setRefused] = useState<string | undefined>();
	const take = (next: File | undefined) => {
		if (!next || why) return;
		const ends = accept.split(',').map((end) => end.trim().toLowerCase());
		const fits = ends.some((end) => next.name.toLowerCase().endsWith(end));
		const told = !fits
			? `A file that ends with ${ends.join(' or ')} is needed here`
			: next.size > maxBytes
				? `This file has ${bytes(next.size)}; at most ${bytes(maxBytes)} are taken`
				: next.size === 0
					? 'This file is empty'
					: undefined;
		setRefused(told);
		if (!told) onFile(next);
	};
	const wrong = refused ?? error;
	return (
		<div class="field">
			<span id={`${id}-label`} class="field-name">
				{label}
			</span>
			<div
				class={cx('drop', over && 'is-over', wrong && 'has-error')}
				onDragOver={(event) => {
					event.preventDefault();
					setOver(true);
				}}
				onDragLeave={() => setOver(false)}
				onDrop={(event) => {
					event.preventDefault();
					setOver(false);
					take(event.dataTransfer?.files[0]);
				}}
			>
				<Icon name={file ? 'file-text' : 'upload'} />
				{file ? (
					<span>
						<strong>{file.name}</strong> <span class="muted">{bytes(file.size)}</span>
					</span>
				) : (
					<span>Drop a file here, or</span>
				)}
				<Button
					small
					why={why}
					aria-labelledby={`${id}-choose ${id}-label`}
					aria-describedby={cx(hint && `${id}-hint`, wrong && `${id}-error`) || undefined}
					onClick={() => input.current?.click()}
				>
					<span id={`${id}-choose`}>{file ? 'Choose another' : 'Choose a file'}</span>
				</Button>
				{file && <Button small kind="quiet" icon="x" label="Remove the file" onClick={() => onFile(null)} />}
				<input
					ref={input}
					type="file"
					accept={accept}
					hidden
					onChange={(event) => {
						take(event.currentTarget.files?.[0]);
						event.currentTarget.value = '';
					}}
				/>
			</div>
			{hint && (
				<div class="hint" id={`${id}-hint`}>
					{hint}
				</div>
			)}
			{wrong && (
				<div class="error" id={`${id}-error`} role="alert">
					<Icon name="circle-alert" />
					{wrong}
				</div>
			)}
		</div>
	);
}

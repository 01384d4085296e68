// The browser's own <dialog>: the focus stays in it and goes back where it came from, Escape closes it, what is behind is inert.
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { cx } from '../lib/cx';
import { createStore, useStore } from '../lib/store';
import { Button } from './Button';
import { TextField } from './Field';

export interface DialogProps {
	title: string;
	open: boolean;
	/** Escape, the cross, or a click beside it. Leave it out where somebody has to answer. */
	onClose?: () => void;
	children: ComponentChildren;
	/** Buttons; the primary one last. */
	footer?: ComponentChildren;
	wide?: boolean;
	/** Stays near the top while what is in it grows and shrinks. */
	high?: boolean;
	/** Slides in from the right: Drawer. */
	side?: boolean;
	/** Enter anywhere in it. */
	onSubmit?: () => void;
}

export function Dialog({ title, open, onClose, children, footer, wide, high, side, onSubmit }: DialogProps) {
	const box = useRef<HTMLDialogElement>(null);
	const from = useRef<Element | null>(null);
	const id = useId();
	useEffect(() => {
		const dialog = box.current;
		if (!dialog || !open) return undefined;
		from.current = document.activeElement;
		if (!dialog.open) dialog.showModal();
		return () => {
			dialog.close();
			if (from.current instanceof HTMLElement && from.current.isConnected) from.current.focus();
		};
	}, [open]);
	if (!open) return null;
	const body = (
		<>
			<div class="dialog-head">
				<h2 id={id}>{title}</h2>
				{onClose && <Button kind="quiet" icon="x" label="Close" onClick={onClose} />}
			</div>
			<div class="dialog-body">{children}</div>
			{footer && <div class="dialog-foot row">{footer}</div>}
		</>
	);
	return (
		<dialog
			ref={box}
			class={cx('dialog', wide && 'is-wide', high && 'is-high', side && 'is-side')}
			aria-labelledby={id}
			onCancel={(event) => {
				event.preventDefault();
				onClose?.();
			}}
			onClose={(event) => {
				// A browser may close it without asking, when Escape is pressed again and again.
				if (!event.currentTarget.isConnected || event.currentTarget.open) return;
				if (onClose) onClose();
				else event.currentTarget.showModal();
			}}
			onMouseDown={(event) => event.target === box.current && onClose?.()}
		>
			{onSubmit ? (
				<form
					class="dialog-inside"
					noValidate
					onSubmit={(event) => {
						event.preventDefault();
						onSubmit();
					}}
				>
					{body}
				</form>
			) : (
				<div class="dialog-inside">{body}</div>
			)}
		</dialog>
	);
}

/** Details of a row, from the right, over the list that it belongs to. */
export function Drawer(props: Omit<DialogProps, 'side' | 'wide'>) {
	return <Dialog {...props} side />;
}

// ---- "Do you want to?" ----

export interface Question {
	title: string;
	/** What will happen and what will not, with real numbers. */
	text: ComponentChildren;
	/** The word on the button that does it: what it does, never "OK". */
	action: string;
	danger?: boolean;
	cancel?: string;
	/** Asks for a reason, which goes into the audit trail: true, or that it has to be given. */
	reason?: boolean | 'required';
}

interface Asked extends Question {
	answer: (reason: string | null) => void;
}

const asked = createStore<Asked | null>(null);

/** Asks; resolves to the reason ("" where none was asked for), or null: no. Only for what cannot be undone. */
export function ask(question: Question): Promise<string | null> {
	asked.get()?.answer(null);
	return new Promise((answer) => asked.set({ ...question, answer }));
}

/** Asks; resolves to yes or no. */
export const confirm = async (question: Question): Promise<boolean> => (await ask(question)) !== null;

/** Where questions are asked; the frame has one. */
export function Questions() {
	const question = useStore(asked);
	const [reason, setReason] = useState('');
	const [missing, setMissing] = useState(false);
	useEffect(() => {
		setReason('');
		setMissing(false);
	}, [question]);
	if (!question) return null;
	const answer = (said: string | null) => {
		asked.set(null);
		question.answer(said);
	};
	const submit = () => {
		if (question.reason === 'required' && !reason.trim()) setMissing(true);
		else answer(reason.trim());
	};
	return (
		<Dialog
			title={question.title}
			open
			onClose={() => answer(null)}
			onSubmit={submit}
			footer={
				<>
					<Button onClick={() => answer(null)}>{question.cancel ?? 'Cancel'}</Button>
					<Button kind={question.danger ? 'danger' : 'primary'} type="submit">
						{question.action}
					</Button>
				</>
			}
		>
			<div class="stack">
				<div>{question.text}</div>
				{question.reason && (
					<TextField
						label="Reason"
						hint="Kept in the audit trail. No patient data, please."
						required={question.reason === 'required'}
						error={missing ? 'Say why, so that others can follow it later' : undefined}
						value={reason}
						onValue={setReason}
					/>
				)}
			</div>
		</Dialog>
	);
}

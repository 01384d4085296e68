// Everything of one row: paths, transform with its arguments and live results, type, match key, direction, source of truth, blanks.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button, Select, TextArea, TextField } from '../../ui';
import { isConstant, pathsOf } from './model/rows';
import { argumentOf, isPlain, kindOf, transformArguments, transformOfKind, withArgument, type Argument } from './model/transforms';
import type { Json, Row, RowSpec } from './model/types';
import type { Tried } from './useSamples';
import { blanks, directions, roles, winners } from './words';

export interface TransformInfo {
	name: string;
	summary: string;
	two_way: boolean;
}
export interface Words {
	transforms: TransformInfo[];
	types: string[];
}

type Edit = (edit: Partial<RowSpec>, about?: string) => void;

const typingMs = 200;

/** What is typed shows at once and goes into the set-up when the typing pauses: a change of the set-up looks at all rows. */
function useTyped(value: string, set: (text: string) => void): [string, (text: string) => void, () => void] {
	const [text, setText] = useState<string | null>(null);
	const waiting = useRef<{ text: string | null; timer: number; set: (text: string) => void }>({ text: null, timer: 0, set });
	waiting.current.set = set;
	const flush = () => {
		clearTimeout(waiting.current.timer);
		if (waiting.current.text !== null) waiting.current.set(waiting.current.text);
		waiting.current.text = null;
	};
	useEffect(() => flush, []);
	// Undo and the like: what stands in the set-up is what is shown, unless somebody types.
	useEffect(() => {
		if (waiting.current.text === null) setText(null);
	}, [value]);
	const type = (next: string) => {
		setText(next);
		waiting.current.text = next;
		clearTimeout(waiting.current.timer);
		waiting.current.timer = window.setTimeout(flush, typingMs);
	};
	return [text ?? value, type, flush];
}

function Typed({ value, set, ...field }: { label: string; hint?: string; error?: string | undefined; value: string; set: (text: string) => void }) {
	const [text, type, flush] = useTyped(value, set);
	return <TextField {...field} spellcheck={false} value={text} onValue={type} onBlur={flush} />;
}

/** Lines of text; what can be read of them goes into the row. */
function TypedLines({ value, set, rows, ...field }: { label: string; hint?: string; value: string; set: (text: string) => void; rows: number }) {
	const [text, type] = useTyped(value, set);
	return <TextArea {...field} rows={rows} spellcheck={false} value={text} onValue={type} />;
}

function ArgumentField({ argument, transform, edit }: { argument: Argument; transform: Json | undefined; edit: Edit }) {
	const value = argumentOf(transform, argument);
	const set = (text: string) => edit({ transform: withArgument(transform, argument, text) }, `argument ${argument.key}`);
	const field = { label: argument.label, ...(argument.hint ? { hint: argument.hint } : {}) };
	if (argument.options)
		return <Select {...field} value={value} onValue={set} options={argument.options.map((option) => ({ value: option, label: option || 'As usual' }))} />;
	if (argument.pairs) return <TypedLines {...field} rows={4} value={value} set={set} />;
	return <Typed {...field} value={value} set={set} />;
}

function AsText({ transform, edit }: { transform: Json | undefined; edit: Edit }) {
	const [wrong, setWrong] = useState<string | undefined>();
	const set = (text: string) => {
		try {
			edit({ transform: JSON.parse(text) as Json }, 'transform');
			setWrong(undefined);
		} catch {
			setWrong('This is no JSON yet');
		}
	};
	return <Typed label="Transform as in a file (JSON)" value={JSON.stringify(transform)} error={wrong} set={set} />;
}

function Transform({ spec, words, edit }: { spec: RowSpec; words: Words | undefined; edit: Edit }) {
	const kind = kindOf(spec.transform);
	const info = words?.transforms.find(({ name }) => name === kind);
	const plain = isPlain(spec.transform);
	const options = [
		...(words?.transforms ?? [{ name: 'none', summary: '', two_way: true }]).map(({ name }) => ({ value: name, label: name === 'none' ? 'As it is' : name })),
		...(plain ? [] : [{ value: '', label: 'A chain' }]),
	];
	const oneWay = info && !info.two_way && spec.direction !== 'emr_to_crm';
	const choose = (next: string) => {
		const twoWay = words?.transforms.find(({ name }) => name === next)?.two_way ?? true;
		edit({ transform: transformOfKind(next), ...(twoWay ? {} : { direction: 'emr_to_crm' }) });
	};
	return (
		<>
			<Select
				label="Transform"
				value={plain ? kind : ''}
				onValue={choose}
				options={options}
				hint={info?.summary ?? 'How the EMR’s form becomes Salesforce’s'}
				error={oneWay ? 'This one has no way back: set the direction to EMR to Salesforce' : undefined}
			/>
			{plain ? (
				transformArguments[kind]?.map((argument) => (
					<ArgumentField key={`${kind} ${argument.key}`} argument={argument} transform={spec.transform} edit={edit} />
				))
			) : (
				<AsText transform={spec.transform} edit={edit} />
			)}
		</>
	);
}

function Results({ tried }: { tried: Tried | undefined }) {
	if (!tried) return null;
	return (
		<div class="map-results" role="status" aria-label="What it makes of the sample records">
			<strong>Result</strong>
			{tried.error ? (
				<span class="error">{tried.error}</span>
			) : (
				<ol>
					{tried.results.map((result, index) => (
						<li key={index}>{result.error ? <span class="error">{result.error}</span> : (result.value ?? <span class="muted">empty</span>)}</li>
					))}
				</ol>
			)}
		</div>
	);
}

export function RowPanel({
	row,
	words,
	tried,
	edit,
	remove,
	close,
	live,
	denied,
}: {
	row: Row;
	words: Words | undefined;
	tried: Tried | undefined;
	edit: Edit;
	remove: () => void;
	close: () => void;
	live: boolean;
	denied: string | undefined;
}) {
	const { spec } = row;
	const oneWay = spec.direction === 'emr_to_crm' || spec.direction === 'crm_to_emr';
	return (
		<div class="map-panel" role="group" aria-label={`Settings of ${spec.name ?? spec.crm ?? 'the row'}`}>
			<div class="map-fields">
				<Typed label="Name" hint="For people" value={spec.name ?? ''} set={(name) => edit({ name }, 'name')} />
				{!isConstant(spec) && (
					<TypedLines
						label="Paths in the EMR’s record"
						hint="One a line; several for lines and join"
						rows={Math.max(1, pathsOf(spec).length)}
						value={pathsOf(spec).join('\n')}
						set={(text) => {
							const paths = text.split('\n').filter(Boolean);
							edit({ emr: paths.length > 1 ? paths : (paths[0] ?? '') }, 'emr');
						}}
					/>
				)}
				<Transform spec={spec} words={words} edit={edit} />
				<Select
					label="Compared as"
					value={spec.type ?? ''}
					onValue={(type) => edit({ type })}
					options={[{ value: '', label: 'By itself' }, ...(words?.types ?? []).map((type) => ({ value: type, label: type }))]}
				/>
				<Select label="Direction" value={spec.direction ?? 'both'} onValue={(direction) => edit({ direction })} options={directions} />
				<Select
					label="Source of truth"
					hint={oneWay ? 'One way: the side it comes from' : 'Who wins when both sides changed'}
					disabled={oneWay}
					value={spec.winner ?? 'emr'}
					onValue={(winner) => edit({ winner })}
					options={winners}
				/>
				<Select label="When a value is cleared" value={spec.blank ?? 'keep'} onValue={(blank) => edit({ blank })} options={blanks} />
				{!live && (
					<Select label="Match key" hint="Read to see who is the same person" value={spec.role ?? 'none'} onValue={(role) => edit({ role })} options={roles} />
				)}
			</div>
			<Results tried={tried} />
			<div class="row">
				<Button small icon="x" why={denied} onClick={remove}>
					Remove this row
				</Button>
				<Button small kind="quiet" onClick={close}>
					Close
				</Button>
			</div>
		</div>
	);
}

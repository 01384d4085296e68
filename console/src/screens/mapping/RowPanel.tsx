// Everything of one row: paths, transform with its arguments and live results, type, match key, direction, source of truth, blanks.
import { useState } from 'preact/hooks';
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

function ArgumentField({ argument, transform, edit }: { argument: Argument; transform: Json | undefined; edit: Edit }) {
	const value = argumentOf(transform, argument);
	const set = (text: string) => edit({ transform: withArgument(transform, argument, text) }, `argument ${argument.key}`);
	const field = { label: argument.label, ...(argument.hint ? { hint: argument.hint } : {}) };
	if (argument.options)
		return <Select {...field} value={value} onValue={set} options={argument.options.map((option) => ({ value: option, label: option || 'As usual' }))} />;
	if (argument.pairs) return <Pairs field={field} value={value} set={set} />;
	return <TextField {...field} value={value} onValue={set} />;
}

/** What is typed stays as it is typed; what can be read of it goes into the row. */
function Pairs({ field, value, set }: { field: { label: string }; value: string; set: (text: string) => void }) {
	const [text, setText] = useState(value);
	return (
		<TextArea
			{...field}
			rows={4}
			value={text}
			onValue={(next) => {
				setText(next);
				set(next);
			}}
		/>
	);
}

function AsText({ transform, edit }: { transform: Json | undefined; edit: Edit }) {
	const [text, setText] = useState(() => JSON.stringify(transform));
	const [wrong, setWrong] = useState<string | undefined>();
	return (
		<TextField
			label="Transform as in a file (JSON)"
			spellcheck={false}
			value={text}
			error={wrong}
			onValue={(next) => {
				setText(next);
				try {
					edit({ transform: JSON.parse(next) as Json }, 'transform');
					setWrong(undefined);
				} catch {
					setWrong('This is no JSON yet');
				}
			}}
		/>
	);
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
				<TextField label="Name" hint="For people" value={spec.name ?? ''} onValue={(name) => edit({ name }, 'name')} />
				{!isConstant(spec) && (
					<TextArea
						label="Paths in the EMR’s record"
						hint="One a line; several for lines and join"
						rows={Math.max(1, pathsOf(spec).length)}
						spellcheck={false}
						value={pathsOf(spec).join('\n')}
						onValue={(text) => {
							const paths = text.split('\n');
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

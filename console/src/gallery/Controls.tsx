import { useState } from 'preact/hooks';
import {
	Button,
	ButtonLink,
	Card,
	Checkbox,
	Combobox,
	FileDrop,
	FilterBar,
	FilterSegments,
	FilterSelect,
	FilterText,
	Problems,
	Progress,
	Radios,
	SchedulePicker,
	Segments,
	Select,
	Steps,
	Switch,
	Tabs,
	TextArea,
	TextField,
	toast,
	type Choice,
	type Schedule,
} from '../ui';

const fields: Choice[] = Array.from({ length: 500 }, (_, index) => ({
	value: `Field_${index}__c`,
	label: `Field ${index}`,
	details: [`Field_${index}__c`, index % 3 ? 'text' : 'external id'],
	group: index < 10 ? 'Standard' : 'Custom',
	why: index === 3 ? 'Read-only in Salesforce' : undefined,
}));

function Buttons() {
	const [busy, setBusy] = useState(false);
	const [pressed, setPressed] = useState(0);
	return (
		<Card title="Buttons">
			<div class="row">
				<Button kind="primary" icon="play" onClick={() => setPressed(pressed + 1)}>
					Primary
				</Button>
				<Button icon="refresh-cw" busy={busy} onClick={() => setBusy(true)}>
					Normal
				</Button>
				<Button kind="danger">Danger</Button>
				<Button kind="quiet">Quiet</Button>
				<Button small>Small</Button>
				<Button icon="x" label="Icon alone" />
				<Button why="Only an administrator can do this" onClick={() => setPressed(pressed + 100)}>
					Not allowed
				</Button>
				<ButtonLink href="/somewhere">Link</ButtonLink>
				<span role="status" data-test="pressed">
					Pressed {pressed}
				</span>
			</div>
		</Card>
	);
}

function Fields() {
	const [text, setText] = useState('');
	const [state, setState] = useState('a');
	const [field, setField] = useState('Field_7__c');
	const [on, setOn] = useState(false);
	const [file, setFile] = useState<File | null>(null);
	const [tried, setTried] = useState(false);
	const missing = tried && !text;
	return (
		<Card title="Fields" actions={<Button onClick={() => setTried(true)}>Validate</Button>}>
			<div class="stack">
				<Problems items={missing ? [{ id: 'gallery-name', text: 'Name is missing' }] : []} />
				<div class="grid">
					<TextField
						id="gallery-name"
						label="Name"
						required
						hint="As in the EMR"
						error={missing ? 'Name is missing' : undefined}
						value={text}
						onValue={setText}
					/>
					<Select
						label="State"
						value={state}
						onValue={setState}
						options={[
							{ value: 'a', label: 'Queued' },
							{ value: 'b', label: 'Completed with errors' },
						]}
					/>
					<Combobox label="Salesforce field" placeholder="Not mapped" clearable value={field} onValue={setField} choices={fields} />
					<TextArea label="Note" value={text} onValue={setText} />
					<FileDrop label="Report" accept=".csv" maxBytes={1000} file={file} onFile={setFile} hint="At most 1,000 bytes" />
					<div class="stack">
						<Checkbox label="Create new contacts" hint="For patients without a match" checked={on} onChange={setOn} />
						<Checkbox label="Not allowed" why="Your role does not change this" checked={false} onChange={() => setText('changed')} />
						<Switch label="Real-time sync" hint="Events are taken at once" on={on} onChange={setOn} />
						<Switch label="Not allowed switch" why="Your role does not change this" on={false} onChange={setOn} />
						<Radios
							label="Winner"
							value={state}
							onValue={setState}
							options={[
								{ value: 'a', label: 'EMR', hint: 'The patient’s values win' },
								{ value: 'b', label: 'Salesforce' },
							]}
						/>
					</div>
				</div>
			</div>
		</Card>
	);
}

function Places() {
	const [step, setStep] = useState('preview');
	const [segment, setSegment] = useState('all');
	const [schedule, setSchedule] = useState<Schedule>({ rule: 'weekdays at 02:00', zone: 'UTC' });
	return (
		<Card title="Steps, tabs, filters, schedules">
			<div class="stack">
				<Steps
					label="New data sync"
					current={step}
					onStep={setStep}
					steps={[
						{ key: 'objects', label: 'Objects', done: true },
						{ key: 'fields', label: 'Fields', done: true, trouble: true },
						{ key: 'preview', label: 'Preview' },
						{ key: 'validate', label: 'Validate' },
						{ key: 'import', label: 'Import' },
					]}
				/>
				<Progress label="Import" done={1069} of={5000} />
				<Segments
					label="Which fields"
					value={segment}
					onValue={setSegment}
					options={[
						{ value: 'all', label: 'All', count: 26 },
						{ value: 'mapped', label: 'Mapped', count: 20 },
					]}
				/>
				<FilterBar names={['state', 'q', 'level']} count="12 runs">
					<FilterText name="q" label="Batch id" />
					<FilterSelect
						name="state"
						label="State"
						options={[
							{ value: '', label: 'All' },
							{ value: 'failed', label: 'Failed' },
						]}
					/>
					<FilterSegments
						name="level"
						label="Level"
						options={[
							{ value: '', label: 'All' },
							{ value: 'error', label: 'Errors', count: 3 },
						]}
					/>
				</FilterBar>
				<Tabs
					label="Results"
					tabs={[
						{ key: 'all', label: 'All', content: () => <p>All results</p> },
						{ key: 'failed', label: 'Failed', count: 3, content: () => <p>Failed results</p> },
						{ key: 'skipped', label: 'Skipped', content: () => <p>Skipped results</p> },
					]}
				/>
				<SchedulePicker value={schedule} onValue={setSchedule} preview={`Rule: ${schedule.rule}, ${schedule.zone}`} />
				<Button onClick={() => toast({ text: 'Ten fields mapped by name', undo: () => setSegment('undone') })}>Say something</Button>
			</div>
		</Card>
	);
}

export function Controls() {
	return (
		<>
			<Buttons />
			<Fields />
			<Places />
		</>
	);
}

// A batch over the ids of a file that was exported from Salesforce: checked as soon as it is there, started when somebody says so.
import { useState } from 'preact/hooks';
import { api, useAction } from '../../api';
import { count, number } from '../../lib/format';
import { useDenied } from '../../session';
import { Button, Card, ErrorNote, FileDrop, Notice, Table, type Column } from '../../ui';
import { DryRun } from './dry';
import { whoWins } from './model';
import { start } from './start';

interface Refused {
	row: number;
	id: string | null;
	why: string;
}
interface Check {
	accepted: number;
	repeated: number;
	ignored: number;
	refused: Refused[];
}

const maxBytes = 60 << 20;

const columns: Column<Refused>[] = [
	{ key: 'row', title: 'Line', num: true, cell: (row) => number(row.row) },
	{ key: 'why', title: 'Why it is left out', cell: (row) => row.why, grow: true },
	{ key: 'id', title: 'Id', cell: (row) => row.id && <code>{row.id}</code> },
];

function Found({ check }: { check: Check }) {
	return (
		<div class="stack">
			<div class="tiles" role="group" aria-label="What the file holds">
				<div class="tile is-good">
					<strong>{number(check.accepted)}</strong> Accepted
				</div>
				<div class="tile is-idle">
					<strong>{number(check.repeated)}</strong> Doubled
				</div>
				<div class="tile is-warn">
					<strong>{number(check.ignored)}</strong> Left out
				</div>
			</div>
			{check.accepted === 0 && (
				<Notice tone="bad">No line begins with a Salesforce id. Put the record Id into the first column of the report and export it again.</Notice>
			)}
			{check.refused.length > 0 && (
				<details>
					<summary>
						{count(check.refused.length, 'line')} that {check.refused.length === 1 ? 'does' : 'do'} not count, and why
					</summary>
					<Table label="Lines that do not count" columns={columns} rows={check.refused} rowKey={(row) => String(row.row)} />
				</details>
			)}
		</div>
	);
}

export function CsvBatch({ sync, crmObject }: { sync: string; crmObject: string }) {
	const [file, setFile] = useState<File | null>(null);
	const [csv, setCsv] = useState<string>();
	const [check, setCheck] = useState<Check>();
	const denied = useDenied('work');
	const look = useAction(async (next: File) => {
		const text = await next.text();
		setCheck(await api<Check>(`/syncs/${encodeURIComponent(sync)}/csv-check`, { method: 'POST', body: { csv: text } }));
		setCsv(text);
	});
	const work = useAction(() => start(sync, 'csv', { csv, file_name: 'contacts.csv' }));
	const take = (next: File | null) => {
		setFile(next);
		setCheck(undefined);
		setCsv(undefined);
		look.clear();
		if (next) void look.run(next);
	};
	const missing = !csv ? 'Choose a file first' : check?.accepted === 0 ? 'No line of the file counts' : undefined;
	return (
		<Card title="Contacts to patients, from a file">
			<div class="stack">
				<p>
					Export a report of {crmObject} records from Salesforce with the record Id in its first column. {whoWins.csv}
				</p>
				<FileDrop
					label="CSV file"
					accept=".csv,.txt"
					maxBytes={maxBytes}
					file={file}
					onFile={take}
					why={denied}
					hint="A header, quotes, ids of 15 or 18 characters and the paragraph under an exported report are all fine. It is checked here before anything starts."
				/>
				<ErrorNote error={look.error} />
				{check && <Found check={check} />}
				{csv && check && check.accepted > 0 && <DryRun sync={sync} csv={csv} />}
				<ErrorNote error={work.error} />
				<div class="row">
					<Button kind="primary" icon="play" busy={work.busy} why={denied ?? missing} onClick={() => void work.run()}>
						Start Batch Sync Contacts to Patients
					</Button>
				</div>
			</div>
		</Card>
	);
}

import { useState } from 'preact/hooks';
import { Button, Card, Dialog, Drawer, Menu, TextField, ask, toast } from '../ui';

export function Layers() {
	const [dialog, setDialog] = useState(false);
	const [drawer, setDrawer] = useState(false);
	const [said, setSaid] = useState('');
	return (
		<Card title="Layers">
			<div class="row">
				<Button onClick={() => setDialog(true)}>Open dialog</Button>
				<Button onClick={() => setDrawer(true)}>Open drawer</Button>
				<Button
					onClick={() =>
						void ask({
							title: 'Abort the batch?',
							text: '1,069 of 5,000 records are written and stay. The rest is left as it is.',
							action: 'Abort Batch',
							danger: true,
							reason: 'required',
						}).then((reason) => setSaid(reason ?? 'no'))
					}
				>
					Ask
				</Button>
				<Menu
					label="More"
					icon="ellipsis"
					items={[
						{ label: 'Resume', icon: 'play', run: () => setSaid('resumed') },
						{ label: 'Not allowed', why: 'The run has ended', run: () => setSaid('not allowed') },
						{ label: 'Remove', danger: true, run: () => setSaid('removed') },
					]}
				/>
				<Button onClick={() => toast({ text: 'Email was refused by Salesforce: invalid address', tone: 'bad' })}>Fail</Button>
				<span role="status" data-test="said">
					{said}
				</span>
			</div>
			<Dialog title="A dialog" open={dialog} onClose={() => setDialog(false)} footer={<Button onClick={() => setDialog(false)}>Done</Button>}>
				<TextField label="Inside" value="" onValue={() => {}} />
			</Dialog>
			<Drawer title="A drawer" open={drawer} onClose={() => setDrawer(false)}>
				<p>Details of a row.</p>
			</Drawer>
		</Card>
	);
}

// Where a system sends its events: address, secret, whether it was told, and a test of the way.
import { useState } from 'preact/hooks';
import { api, useAction, useApi } from '../../api';
import { useDenied } from '../../session';
import { Await, Button, Card, confirm, Copy, ErrorNote, Facts, Notice, Pill, TextField, Time, toast } from '../../ui';
import type { Hook } from './model';

interface Outcome {
	acknowledged: boolean;
	status: number;
	took_us: number;
	received: number;
}

const at = (hook: Hook, what: string): string => `/hooks/${encodeURIComponent(hook.connection)}/${what}`;

/** A secret may stand behind the address: shown when somebody asks, and the look is in the audit trail. */
function Address({ hook }: { hook: Hook }) {
	const [whole, setWhole] = useState<string>();
	const denied = useDenied('setup');
	const show = useAction(async () => setWhole((await api<{ address: string }>(at(hook, 'address'), { method: 'POST' })).address));
	return (
		<>
			<span class="id">
				<code>{whole ?? hook.address}</code>
				{whole && <Copy text={whole} what="webhook address" />}
			</span>
			{whole ? (
				<Button small icon="lock" onClick={() => setWhole(undefined)}>
					Hide
				</Button>
			) : (
				<Button small icon="eye" busy={show.busy} why={denied} onClick={() => void show.run()}>
					Show
				</Button>
			)}
			<ErrorNote error={show.error} />
		</>
	);
}

function SecretForm({ hook, onDone }: { hook: Hook; onDone: (hook: Hook | undefined) => void }) {
	const [secret, setSecret] = useState('');
	const save = useAction(async () => onDone(await api<Hook>(at(hook, 'secret'), { method: 'PUT', body: { secret } })));
	return (
		<form
			class="stack"
			onSubmit={(event) => {
				event.preventDefault();
				void save.run();
			}}
		>
			<TextField
				label="New secret"
				type="password"
				autoComplete="off"
				required
				value={secret}
				onValue={setSecret}
				hint={`${hook.secret_help ?? 'What deliveries are signed with'}. Enter the same one at ${hook.title}; deliveries with the old one are refused from then on, and sent again later.`}
			/>
			<ErrorNote error={save.error} />
			<div class="row">
				<Button onClick={() => onDone(undefined)}>Cancel</Button>
				<Button kind="primary" type="submit" busy={save.busy} why={secret ? undefined : 'Enter the secret first'}>
					Keep secret
				</Button>
			</div>
		</form>
	);
}

function Tested({ tested }: { tested: Outcome }) {
	if (tested.acknowledged)
		return (
			<Notice tone="good">
				The test event was signed, received and acknowledged with 200 in {(tested.took_us / 1000).toFixed(1)} ms. It is marked as a test: nothing was staged.
			</Notice>
		);
	return (
		<Notice tone="bad">
			Our own address answered {tested.status}
			{tested.status === 401
				? ': the signature does not fit. A new secret takes a second to be known; try again.'
				: '. Check that the public address leads to this service.'}
		</Notice>
	);
}

function useHookActions(hook: Hook, onChange: (hook: Hook) => void) {
	const [tested, setTested] = useState<Outcome>();
	const test = useAction(async () => {
		setTested(undefined);
		setTested(await api<Outcome>(at(hook, 'test'), { method: 'POST' }));
	});
	const register = useAction(async (renew: boolean) => {
		onChange(await api<Hook>(at(hook, 'register'), { method: 'POST', body: { renew } }));
		toast(renew ? `${hook.title} was told the new secret` : `${hook.title} was told where to send`);
	});
	const takeBack = useAction(async () => {
		const sure = await confirm({
			title: 'Take the registration back?',
			danger: true,
			action: 'Unregister',
			text: <p>{hook.title} sends nothing any more. Changes still arrive by the delta, every 15 minutes by default; nothing is lost.</p>,
		});
		if (sure) onChange(await api<Hook>(at(hook, 'unregister'), { method: 'POST' }));
	});
	return { tested, test, register, takeBack };
}

function Buttons({ hook, acts, onSecret }: { hook: Hook; acts: ReturnType<typeof useHookActions>; onSecret: () => void }) {
	const denied = useDenied('setup');
	const mayTest = useDenied('work');
	const byHand = hook.registers ? undefined : `${hook.title} cannot be told by us: paste the address there by hand`;
	return (
		<div class="row">
			<Button
				icon="zap"
				busy={acts.test.busy}
				why={mayTest ?? (hook.can_test ? undefined : 'This system cannot be played by us')}
				onClick={() => void acts.test.run()}
			>
				Send test event
			</Button>
			<Button icon="plug" busy={acts.register.busy} why={denied ?? byHand} onClick={() => void acts.register.run(false)}>
				{hook.told_address ? 'Register again' : 'Register'}
			</Button>
			{hook.told_address && (
				<Button icon="unplug" busy={acts.takeBack.busy} why={denied} onClick={() => void acts.takeBack.run()}>
					Unregister
				</Button>
			)}
			{hook.renews ? (
				<Button icon="key-round" why={denied} onClick={() => void acts.register.run(true)}>
					Rotate secret
				</Button>
			) : (
				hook.secret_setting && (
					<Button icon="key-round" why={denied} onClick={onSecret}>
						Change secret
					</Button>
				)
			)}
		</div>
	);
}

function One({ hook, onChange }: { hook: Hook; onChange: (hook: Hook) => void }) {
	const [secret, setSecret] = useState(false);
	const acts = useHookActions(hook, onChange);
	const done = (changed: Hook | undefined) => {
		setSecret(false);
		if (!changed) return;
		onChange(changed);
		toast('The secret is kept, sealed');
	};
	return (
		<div class="stack">
			<Facts
				items={[
					['Webhook address', <Address key="address" hook={hook} />],
					[
						'Secret',
						hook.secret_setting ? (
							<Pill key="secret" tone={hook.secret_is_set ? 'good' : 'warn'}>
								{hook.secret_is_set ? 'Set' : 'Not set'}
							</Pill>
						) : (
							'None: this system signs nothing'
						),
					],
					['Told', hook.told_address ? <Time key="told" at={hook.told} /> : hook.registers ? 'Not yet' : 'By hand'],
				]}
			/>
			{hook.told_elsewhere && (
				<Notice tone="warn">
					{hook.title} was told another address, {hook.told_address}. Register again so that it sends here.
				</Notice>
			)}
			{acts.tested && <Tested tested={acts.tested} />}
			<ErrorNote error={acts.test.error ?? acts.register.error ?? acts.takeBack.error} />
			{secret ? <SecretForm hook={hook} onDone={done} /> : <Buttons hook={hook} acts={acts} onSecret={() => setSecret(true)} />}
		</div>
	);
}

export function Hooks({ connections }: { connections: (string | null)[] }) {
	const hooks = useApi<{ items: Hook[] }>('/hooks');
	return (
		<Await of={hooks}>
			{({ items }) => (
				<>
					{items
						.filter(({ connection }) => connections.includes(connection))
						.map((hook) => (
							<Card key={hook.connection} title={`Webhook of ${hook.title}`} facts={hook.connection}>
								<One hook={hook} onChange={(changed) => hooks.replace({ items: items.map((it) => (it.connection === changed.connection ? changed : it)) })} />
							</Card>
						))}
				</>
			)}
		</Await>
	);
}

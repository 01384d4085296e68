// The screen of a path: loaded when it is first needed, in an error boundary of its own, so that a screen that stumbles takes nothing else down.
import { Component, type ComponentChildren, type ComponentType } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { match } from '../router';
import { screens, type Screen, type ScreenProps } from '../screens';
import { may, session, useDenied } from '../session';
import { Button, ButtonLink } from '../ui/Button';
import { PageHeader } from '../ui/Card';
import { EmptyState, Notice, Skeleton } from '../ui/States';
import { words } from '../words';

const loaded = new Map<Screen, ComponentType<ScreenProps>>();

export function findScreen(path: string): { screen: Screen; params: Record<string, string> } | undefined {
	for (const screen of screens) {
		const params = match(screen.path, path);
		if (params) return { screen, params };
	}
	return undefined;
}

class Boundary extends Component<{ children: ComponentChildren }, { broken: boolean }> {
	override state = { broken: false };
	override componentDidCatch() {
		this.setState({ broken: true });
	}
	override render() {
		if (!this.state.broken) return this.props.children;
		return (
			<>
				<PageHeader title={words.broken.title} />
				<div class="card">
					<EmptyState
						icon="triangle-alert"
						title={words.broken.title}
						action={
							<Button kind="primary" onClick={() => location.reload()}>
								{words.broken.action}
							</Button>
						}
					>
						{words.broken.text}
					</EmptyState>
				</div>
			</>
		);
	}
}

function NotFound() {
	return (
		<>
			<PageHeader title={words.notFound.title} />
			<div class="card">
				<EmptyState icon="search" title={words.notFound.title} action={<ButtonLink href="/">{words.notFound.action}</ButtonLink>}>
					{words.notFound.text}
				</EmptyState>
			</div>
		</>
	);
}

function useScreen(screen: Screen): { View: ComponentType<ScreenProps> | undefined; failed: boolean; retry: () => void } {
	const [state, setState] = useState<{ screen?: Screen; failed: boolean; turn: number }>({ failed: false, turn: 0 });
	useEffect(() => {
		if (loaded.has(screen)) return;
		let gone = false;
		screen
			.load()
			.then((module) => {
				loaded.set(screen, module.default);
				if (!gone) setState((old) => ({ ...old, screen, failed: false }));
			})
			.catch(() => {
				if (!gone) setState((old) => ({ ...old, screen, failed: true }));
			});
		return () => {
			gone = true;
		};
	}, [screen, state.turn]);
	return { View: loaded.get(screen), failed: state.failed && state.screen === screen, retry: () => setState((old) => ({ failed: false, turn: old.turn + 1 })) };
}

function Loaded({ screen, params }: { screen: Screen; params: Record<string, string> }) {
	const { View, failed, retry } = useScreen(screen);
	const denied = useDenied(screen.right ?? 'see');
	useEffect(() => {
		document.title = `${screen.title} · ${words.product}`;
	}, [screen]);
	if (!may(session.get(), screen.right ?? 'see'))
		return (
			<>
				<PageHeader title={screen.title} />
				<Notice tone="warn">{denied}.</Notice>
			</>
		);
	if (failed)
		return (
			<div class="card">
				<EmptyState icon="unplug" title="This screen could not be loaded" action={<Button onClick={retry}>Try again</Button>}>
					The connection may be gone, or Suture was updated meanwhile; then reading the page again helps.
				</EmptyState>
			</div>
		);
	if (!View)
		return (
			<div class="card">
				<Skeleton lines={5} />
			</div>
		);
	return <View params={params} />;
}

/** Who goes to another screen is at its beginning, with the eyes as with a screen reader; who comes by the address is where the browser puts them. */
function useFocusOnArrival(path: string): void {
	const first = useRef(true);
	useEffect(() => {
		if (first.current) {
			first.current = false;
			return;
		}
		const main = document.getElementById('main');
		if (main?.contains(document.activeElement)) return;
		(main?.querySelector('h1') ?? main)?.focus({ preventScroll: true });
	}, [path]);
}

export function ScreenBox({ path }: { path: string }) {
	useFocusOnArrival(path);
	const found = findScreen(path);
	return <Boundary key={path}>{found ? <Loaded screen={found.screen} params={found.params} /> : <NotFound />}</Boundary>;
}

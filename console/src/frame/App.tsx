// The frame: who is signed in decides between the sign-in page and the console; the path decides which screen.
import { useEffect } from 'preact/hooks';
import { live, startLive, stopLive } from '../live';
import { usePlace } from '../router';
import { Door, isDoor } from '../screens/signin';
import { useSession } from '../session';
import { words } from '../words';
import { Questions } from '../ui/Dialog';
import { Skeleton } from '../ui/States';
import { Toasts } from '../ui/Toasts';
import { Tips } from '../ui/Tips';
import { FrameKeys } from './FrameKeys';
import { IdleWatch } from './IdleWatch';
import { LiveBanner } from './LiveBanner';
import { ScreenBox } from './ScreenBox';
import { SideNav } from './SideNav';
import { SignInAgain } from './SignIn';
import { TopBar } from './TopBar';
import { Unreachable, useFirstSession } from './firstSession';

export function App() {
	const { error, retry } = useFirstSession();
	const who = useSession();
	const { path } = usePlace();
	const signedIn = Boolean(who);
	useEffect(() => {
		if (!signedIn) return undefined;
		if (live.get() === 'off') startLive();
		return stopLive;
	}, [signedIn]);

	if (error) return <Unreachable error={error} retry={retry} />;
	if (who === undefined)
		return (
			<main class="alone">
				<Skeleton lines={4} />
			</main>
		);
	if (who === null || isDoor(path))
		return (
			<>
				<Door path={path} />
				<Toasts />
				<Tips />
			</>
		);
	return (
		<>
			<a class="skip" href="#main">
				{words.skip}
			</a>
			<TopBar who={who} />
			<LiveBanner />
			<div class="columns">
				<SideNav path={path} />
				<main id="main" tabIndex={-1}>
					<ScreenBox path={path} />
				</main>
			</div>
			<FrameKeys />
			<IdleWatch who={who} />
			<SignInAgain />
			<Questions />
			<Toasts />
			<Tips />
		</>
	);
}

// Every component on one page, with made-up data: for the tests of the components and for looking at. Not part of the product.
import { render } from 'preact';
import { startKeys } from '../lib/keys';
import { startRouter } from '../router';
import { session } from '../session';
import { PageHeader, Questions, Toasts } from '../ui';
import { Tips } from '../ui/Tips';
import { Controls } from './Controls';
import { Data } from './Data';
import { Layers } from './Layers';

function Gallery() {
	return (
		<main>
			<PageHeader title="Components" facts="All of them, with made-up data" />
			<Controls />
			<Layers />
			<Data />
			<Questions />
			<Toasts />
			<Tips />
		</main>
	);
}

session.set({ account: 1, name: 'ann', display: 'Ann', role: 'viewer', rights: ['see'], csrf: null, ends: null, version: null });
startRouter();
startKeys();
const root = document.getElementById('app');
if (root) render(<Gallery />, root);

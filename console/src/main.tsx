import { render } from 'preact';
import { App } from './frame/App';
import { startKeys } from './lib/keys';
import { startRouter } from './router';

startRouter();
startKeys();
const root = document.getElementById('app');
if (root) render(<App />, root);

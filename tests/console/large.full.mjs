import { largeImport } from './lib/large.mjs';

largeImport(50_000);

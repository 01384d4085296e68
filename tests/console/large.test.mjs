// 5,000 records; 50,000 with ./run test --full (large.full.mjs).
import { largeImport } from './lib/large.mjs';

largeImport(5000);

// The small world in which the older program worked: the same seed makes the same records with the same ids.
import { must, withWorld } from '../road/world.mjs';

export { must };
export const world = (use) => withWorld({ patients: 12, seed: 11 }, use);

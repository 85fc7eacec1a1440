import { buildPackages, say } from './set-up.mjs';

/** Vitest runs this before the scenarios: they start the built command, which must be that of the sources. */
export async function setup() {
  await buildPackages(say);
}

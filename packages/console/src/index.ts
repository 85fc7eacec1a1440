import { fileURLToPath } from 'node:url';

/** The pages that there are: the agent's status page and the tenant's dashboard. */
export type Pages = 'status' | 'dashboard';

/** Absolute path of the folder with a built page: `index.html`, and what it asks for below `assets/`. */
export function pagesFolder(pages: Pages): string {
  // The same folder from the source and from what is built of it.
  return fileURLToPath(new URL(`../dist/${pages}`, import.meta.url));
}

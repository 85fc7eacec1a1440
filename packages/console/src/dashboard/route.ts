import { type ReadonlySignal, signal } from '@preact/signals';

/** Where in the dashboard we are: the segments of `#/applications/ID/apis`. */
const segments = signal<readonly string[]>(segmentsIn(location.hash));
addEventListener('hashchange', () => {
  segments.value = segmentsIn(location.hash);
});

/** The segments of the place, decoded. */
export const place: ReadonlySignal<readonly string[]> = segments;

/** The address of a place. */
export function hrefOf(...to: readonly string[]): string {
  return `#/${to.map(encodeURIComponent).join('/')}`;
}

/** Goes there. */
export function goTo(...to: readonly string[]): void {
  location.hash = hrefOf(...to);
}

function segmentsIn(hash: string): string[] {
  return hash
    .replace(/^#\/?/, '')
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment) => {
      try {
        return decodeURIComponent(segment);
      } catch {
        return segment;
      }
    });
}

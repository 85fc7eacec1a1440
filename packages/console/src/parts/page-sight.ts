import { type ReadonlySignal, signal } from '@preact/signals';

/** Whether a person may see the page: not while its tab is behind another one. */
export function watchPageSight(): ReadonlySignal<boolean> {
  const isSeen = signal(!document.hidden);
  document.addEventListener('visibilitychange', () => {
    isSeen.value = !document.hidden;
  });
  return isSeen;
}

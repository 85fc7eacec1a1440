import { signal } from '@preact/signals';
import { browserClock } from './page-clock.ts';

/** What the clock of the process is ahead of this machine's, ms. */
let ahead = 0;

/** The moment it is, by the clock of the process; a new one each second. */
export const now = signal(browserClock.now());

/** Goes by the clock of the process from now on. */
export function setClock(processNow: number): void {
  ahead = processNow - browserClock.now();
  look();
}

/** Lets `now` go on. */
export function startTicking(): void {
  const tick = () => {
    look();
    browserClock.setTimer(tick, 1_000);
  };
  tick();
  // A tab in the background is woken rarely.
  document.addEventListener('visibilitychange', look);
}

function look(): void {
  now.value = browserClock.now() + ahead;
}

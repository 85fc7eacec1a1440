/** A timer that is set. */
export interface Timer {
  /** Does nothing once the timer has fired. */
  cancel(): void;
}

/** Calls `wake` once after `delayMs`, unless the timer is cancelled before. */
export type SetTimer = (wake: () => void, delayMs: number) => Timer;

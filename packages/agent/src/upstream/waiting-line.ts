import type { Clock } from '@evertoken/client';
import { UpstreamError } from './upstream.ts';

/** Requests that wait for a connection: first come, first served, and none for ever. */
export class WaitingLine {
  readonly #clock: Pick<Clock, 'setTimer'>;
  /** In the order in which they came. */
  readonly #waiting = new Set<() => void>();

  constructor(clock: Pick<Clock, 'setTimer'>) {
    this.#clock = clock;
  }

  /**
   * Waits for its turn. `onWait` is given what ends the wait early.
   * @throws {UpstreamError} `timeout` after `patienceMs`, `abandoned`
   */
  wait(patienceMs: number, onWait: (leave: () => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (error: UpstreamError): void => {
        timer.cancel();
        if (this.#waiting.delete(go)) reject(error);
      };
      const timer = this.#clock.setTimer(
        () => leave(new UpstreamError('timeout', 'No connection to the API became free in time.')),
        patienceMs,
      );
      const go = (): void => {
        timer.cancel();
        resolve();
      };
      this.#waiting.add(go);
      onWait(() => leave(nobodyWaits()));
    });
  }

  /** Lets the request go on that has waited longest. */
  next(): void {
    const [go] = this.#waiting;
    if (go === undefined) return;
    this.#waiting.delete(go);
    go();
  }

  /** Lets all requests go on. */
  all(): void {
    while (this.#waiting.size > 0) this.next();
  }
}

/** The error of a request whose program has gone. */
export function nobodyWaits(): UpstreamError {
  return new UpstreamError('abandoned', 'Nobody waits for the answer any more.');
}

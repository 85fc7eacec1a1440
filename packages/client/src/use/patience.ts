import { type Clock, systemClock } from '../clock.ts';

/** Options of an adapter that waits for a token no longer than the program's request may take. */
export interface PatientOptions {
  /** What the request's own timeout is measured with while its token is waited for. Default: the machine's. */
  readonly clock?: Pick<Clock, 'setTimer'>;
}

/** How long the program that sends a request waits for the token of it. */
export interface Patience {
  /** Calls `end` with the reason when the program gives the request up, also where it has; the answer ends the listening. */
  readonly listen: (end: (reason: unknown) => void) => () => void;
  /** How long at most, ms; undefined or 0 for as long as the giver waits. */
  readonly timeoutMs: number | undefined;
}

/**
 * Does `wait` for as long as the program is patient. When its time is up, the answer is that of `whenLate`.
 * @throws the reason with which the program gave up, and what either of the two throws.
 */
export async function waitPatiently<T>(
  { listen, timeoutMs = 0 }: Patience,
  wait: (signal: AbortSignal) => Promise<T>,
  whenLate: () => T | Promise<T>,
  clock: Pick<Clock, 'setTimer'> = systemClock,
): Promise<T> {
  const ending = new AbortController();
  let isLate = false;
  const forget = listen((reason) => ending.abort(reason));
  const timer =
    timeoutMs > 0
      ? clock.setTimer(() => {
          isLate = true;
          ending.abort();
        }, timeoutMs)
      : undefined;
  try {
    return await wait(ending.signal);
  } catch (error) {
    if (isLate) return await whenLate();
    throw error;
  } finally {
    timer?.cancel();
    forget();
  }
}

/** Listens to an AbortSignal, or to what has the same events in the manner of Node's emitters. */
export function listenTo(signal: unknown, end: (reason: unknown) => void): () => void {
  if (typeof signal !== 'object' || signal === null) return () => undefined;
  const source = signal as Partial<AbortSignal> & {
    on?: (event: 'abort', listener: () => void) => unknown;
    removeListener?: (event: 'abort', listener: () => void) => unknown;
  };
  const listener = () => end(source.reason ?? new DOMException('The request was given up.', 'AbortError'));
  if (source.aborted) {
    listener();
  } else if (source.addEventListener !== undefined) {
    source.addEventListener('abort', listener);
    return () => source.removeEventListener?.('abort', listener);
  } else if (source.on !== undefined) {
    source.on('abort', listener);
    return () => source.removeListener?.('abort', listener);
  }
  return () => undefined;
}

import { setImmediate } from 'node:timers';

let waiting: (() => void)[] = [];

/**
 * Runs `write` at the end of this turn of the event loop, when everything that has arrived is read, together with all other writes of the turn. If each
 * message went out by itself, the kernel would wake the reader each time, which costs more than the writing. A single write is not delayed by others.
 * `write` must not throw.
 */
export function atTurnEnd(write: () => void): void {
  if (waiting.push(write) === 1) setImmediate(runAll);
}

function runAll(): void {
  const writes = waiting;
  waiting = [];
  for (const write of writes) write();
}

import { setImmediate } from 'node:timers';

let waiting: (() => void)[] = [];

/**
 * Runs `write` at the end of this turn of the event loop, when all that has come is read, together with those of others. Where each message went out
 * on its own, the kernel would wake its reader each time, which costs more than the writing; a lone one waits for nothing. `write` must not throw.
 */
export function atTurnEnd(write: () => void): void {
  if (waiting.push(write) === 1) setImmediate(runAll);
}

function runAll(): void {
  const writes = waiting;
  waiting = [];
  for (const write of writes) write();
}

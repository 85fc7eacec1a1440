import { atTurnEnd } from './turn-end.ts';

/**
 * Gathers lines and gives those of one turn of the event loop to `write` at its end, as one text, before the answers of that turn go out: who has an answer finds
 * its line, and a busy process makes one system call where it would make dozens. What a process leaves that ends in the middle of a turn is written at its exit.
 */
export function linesOfTurn(write: (text: string) => void): { write(line: string): void } {
  let held = '';
  const flush = (): void => {
    const text = held;
    held = '';
    process.off('exit', flush);
    if (text !== '') write(text);
  };
  return {
    write(line) {
      if (held === '') {
        atTurnEnd(flush);
        process.once('exit', flush);
      }
      held += line;
    },
  };
}

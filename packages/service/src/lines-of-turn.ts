import { atTurnEnd } from './turn-end.ts';

/**
 * Gathers lines, and gives all lines of one turn of the event loop to `write` as one text at the end of that turn. A busy process so makes one system call
 * in place of dozens. The lines are written before the answers of that turn go out: whoever has an answer finds its line in the log. Where the process
 * ends in the middle of a turn, the lines are written at its exit.
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

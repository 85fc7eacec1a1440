import { clearInterval, setInterval } from 'node:timers';
import { printable } from './printable.ts';
import type { Terminal } from './terminal.ts';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 120;
/** How many frames pass before anything is shown: an action of less than about a second needs no spinner. */
const quietFrames = 8;

/** Runs `action`. At a terminal, a spinner on standard error shows `what` after about a second; `tell` changes that text. In a pipe nothing is shown. */
export async function withProgress<T>(what: string, terminal: Terminal, action: (tell: (what: string) => void) => Promise<T>): Promise<T> {
  let text = what;
  const tell = (next: string): void => {
    text = next;
  };
  if (!terminal.isErrorTerminal) return await action(tell);
  let count = 0;
  const timer = setInterval(() => {
    count += 1;
    if (count <= quietFrames) return;
    terminal.stderr.write(`\r\u001b[K${frames[count % frames.length] ?? ''} ${printable(text)} …`);
  }, frameMs);
  try {
    return await action(tell);
  } finally {
    clearInterval(timer);
    if (count > quietFrames) terminal.stderr.write('\r\u001b[K');
  }
}

import { clearInterval, setInterval } from 'node:timers';
import { printable } from './printable.ts';
import type { Terminal } from './terminal.ts';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 120;
/** Frames before anything shows: what is done within a second needs no spinner. */
const quietFrames = 8;

/** Runs `action` and, at a terminal, shows on standard error what it does once that takes about a second; `tell` changes the text. Nothing in a pipe. */
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

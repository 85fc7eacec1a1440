import { Readable, Writable } from 'node:stream';
import type { Terminal } from '../src/terminal.ts';

/** A terminal whose output can be read back. */
export interface ScriptedTerminal extends Terminal {
  readonly printed: { out: string; err: string };
}

/** Builds one: a pipe, not a person's terminal, unless said. */
export function aTerminal(facts: {
  cwd: string;
  env?: Record<string, string>;
  isTerminal?: boolean;
  input?: string;
  columns?: number;
}): ScriptedTerminal {
  const printed = { out: '', err: '' };
  const collect = (name: 'out' | 'err'): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        printed[name] += chunk.toString();
        done();
      },
    });
  return {
    printed,
    env: facts.env ?? {},
    cwd: facts.cwd,
    script: '/opt/evertoken/dist/bin.js',
    stdin: Readable.from([Buffer.from(facts.input ?? '')]),
    stdout: collect('out'),
    stderr: collect('err'),
    isInputTerminal: false,
    columns: facts.columns,
    isOutputTerminal: facts.isTerminal ?? false,
    isErrorTerminal: facts.isTerminal ?? false,
    hasOutputColor: false,
    hasErrorColor: false,
  };
}

import { Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { aTerminal } from '../test/scripted-terminal.ts';
import { outliveLostOutput } from './lost-output.ts';
import { openRunLog } from './run-log.ts';

const failure = (code: string): Error => Object.assign(new Error(code), { code });

const exit = (code?: number | string | null): never => {
  throw new Error(`ended with ${code}`);
};

/** A stream that fails as standard error does: the write is told, and the stream stays open. */
function failing(code: () => string | undefined): Writable & { readonly lines: string[] } {
  const lines: string[] = [];
  const stream = new Writable({
    autoDestroy: false,
    write(chunk: Buffer, _encoding, done) {
      const why = code();
      if (why === undefined) lines.push(chunk.toString());
      done(null);
      if (why !== undefined) this.emit('error', failure(why));
    },
  });
  return Object.assign(stream, { lines });
}

it.each(['ENOSPC', 'EPIPE', 'EIO'])('goes on while the log cannot be written (%s), and logs again when it can', async (code) => {
  let isLost = true;
  const stderr = failing(() => (isLost ? code : undefined));
  outliveLostOutput({ stdout: failing(() => undefined), stderr, exit });
  const log = openRunLog({ format: 'json' }, { ...aTerminal({ cwd: '/' }), stderr }).logOf('agent');
  log.info('lost');
  await nextTurn();
  isLost = false;
  log.info('back');
  await nextTurn();
  expect(stderr.lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['back']);
});

it('goes on while the audit cannot be written to standard output, and writes it again when it can', () => {
  let isLost = true;
  const stdout = failing(() => (isLost ? 'ENOSPC' : undefined));
  outliveLostOutput({ stdout, stderr: failing(() => undefined), exit });
  const audit = openRunLog({ format: 'json' }, { ...aTerminal({ cwd: '/' }), stdout }).outputLogOf('agent');
  audit.info('lost');
  isLost = false;
  audit.info('back');
  expect(stdout.lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['back']);
});

it('forgives standard output a closed pipe, and tells of any other failure in a few words and ends with code 1', () => {
  let code = 'EPIPE';
  const [stdout, stderr] = [failing(() => code), failing(() => undefined)];
  outliveLostOutput({ stdout, stderr, exit });
  stdout.write('x');
  expect(stderr.lines).toEqual([]);
  code = 'ENOSPC';
  expect(() => stdout.write('x')).toThrow('ended with 1');
  expect(stderr.lines.join('')).toMatch(/^✖ The output cannot be written \(ENOSPC\)\n {2}to mend: [^\n]+\n$/);
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attributeOf, type CommandSpec, flagsOf, type Invocation } from '../src/command-line/command.ts';
import { commandTree } from '../src/command-line/command-tree.ts';
import { commanderProgram } from '../src/command-line/commander-program.ts';
import { globalOptions } from '../src/command-line/global-options.ts';
import { readPlainly } from '../src/command-line/plain-reading.ts';
import { referencePage } from '../src/command-line/reference-page.ts';
import { run } from './run-command.ts';
import { aTerminal } from './scripted-terminal.ts';

it('docs/cli.md tells of every command as it is (npx vitest run packages/cli/test/reference.test.ts --update writes it)', async () => {
  await expect(referencePage(commandTree)).toMatchFileSnapshot('../../../docs/cli.md');
  for (const { name } of commandTree) expect(referencePage(commandTree)).toContain(`## evertoken ${name}\n`);
});

describe('evertoken help', { timeout: 60_000 }, () => {
  it('shows the help of a command, of the exit codes, of the environment, and of all', async () => {
    const helpOn = async (...words: string[]) => (await run(['help', ...words])).terminal.printed.out;
    expect(await helpOn('key', 'new')).toBe((await run(['key', 'new', '--help'])).terminal.printed.out);
    expect(await helpOn()).toBe((await run(['--help'])).terminal.printed.out);
    expect(await helpOn('exit-codes')).toMatch(/ {2}3 {4}no agent is running[\s\S]*exec\n[\s\S]* {2}127/);
    expect(await helpOn('environment')).toContain('EVERTOKEN_APP_KEY');
  });

  it('names the nearest for a topic that there is none of', async () => {
    const { code, terminal } = await run(['help', 'exit-code']);
    expect([code, terminal.printed.err.includes('Did you mean exit-codes?')]).toEqual([2, true]);
  });
});

/** What commander makes of a line; undefined where it refuses it or only helps. */
async function readWithCommander(
  line: readonly string[],
): Promise<{ command: CommandSpec; call: Pick<Invocation, 'args' | 'options'> } | undefined> {
  let read: { command: CommandSpec; call: Pick<Invocation, 'args' | 'options'> } | undefined;
  const program = commanderProgram(commandTree, aTerminal({ cwd: '/' }), (command, call) => {
    read = { command, call };
    return Promise.resolve();
  });
  await program.parseAsync(line, { from: 'user' }).catch(() => undefined);
  return read;
}

describe('a line that is read without commander', { timeout: 120_000 }, () => {
  const words = fc.constantFrom('x', 'management', '8400', '70000', '0', 'json', 'header', 'value', '', '-', 'a=b', 'new', 'list');
  const options = commandTree.flatMap((command) => [...(command.options ?? []), ...globalOptions]).map((option) => flagsOf(option));
  const flags = fc.constantFrom(
    ...options.flatMap(({ long, short }) => [`--${long}`, ...(short === undefined ? [] : [`-${short}`])]),
    '--help',
    '--no',
    '--',
  );
  const part = fc.oneof(
    words,
    flags,
    fc.tuple(flags, words).map(([flag, word]) => `${flag}=${word}`),
  );

  it('means the same as with it', async () => {
    const line = fc
      .tuple(fc.constantFrom(...commandTree.map(({ name }) => name.split(' '))), fc.array(part, { maxLength: 5 }))
      .map(([name, parts]) => [...name, ...parts]);
    let plain = 0;
    await fc.assert(
      fc.asyncProperty(line, async (args) => {
        const read = readPlainly(args);
        if (read === undefined) return;
        plain += 1;
        const other = await readWithCommander(args);
        expect([args, other?.command.name, other?.call.options]).toEqual([args, read.command.name, read.call.options]);
        expect(other?.call.args.filter((arg) => arg !== undefined)).toEqual(read.call.args.filter((arg) => arg !== undefined));
      }),
      { numRuns: 2_000 },
    );
    expect(plain).toBeGreaterThan(50);
  });

  it.each([
    [['token', 'management', '--format', 'header', '--min-ttl=60', '--home', 'x'], 'token', { format: 'header', minTtl: 60, home: 'x' }],
    [['key', 'new', 'report', '--json'], 'key new', { json: true }],
    [['status'], 'status', {}],
  ])('is %j', (args, name, options) => {
    expect(readPlainly(args)).toMatchObject({ command: { name }, call: { options } });
  });

  it.each([
    [['token', '--frmat', 'x']],
    [['token', '--format', 'xml']],
    [['token', 'a', 'b']],
    [['--home', 'x', 'token']],
    [['token', '--help']],
    [['key']],
  ])('is not %j: commander reads it, or says what is wrong', (args) => {
    expect(readPlainly(args)).toBeUndefined();
  });

  it('names attributes as commander does', () => {
    expect(attributeOf('app-key-file')).toBe('appKeyFile');
  });
});

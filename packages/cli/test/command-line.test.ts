import { describe, expect, it } from 'vitest';
import { run } from './run-command.ts';

describe('the command line', () => {
  it.each([
    'dev',
    'init',
    'check',
    'start',
    'reload',
    'token',
    'exec',
    'call',
    'env',
    'key new',
    'key list',
    'status',
    'completion',
    'help',
  ])('helps with `%s`, with an example', async (command) => {
    const { code, terminal } = await run([...command.split(' '), '--help']);
    expect(code).toBe(0);
    expect(terminal.printed.out).toMatch(new RegExp(`Usage: evertoken ${command}`));
    expect(terminal.printed.out).toMatch(/Examples?:\n {2}\S/);
    expect(terminal.printed.out).toContain('--home <folder>');
  });

  it('tells its exit codes and its version', async () => {
    expect((await run(['--help'])).terminal.printed.out).toContain('3 no agent is running');
    const { code, terminal } = await run(['--version']);
    expect(code).toBe(0);
    expect(terminal.printed.out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    ['an unknown command', ['tokens'], "unknown command 'tokens'"],
    ['an unknown option', ['token', '--frmat', 'json'], "unknown option '--frmat'"],
    ['an unknown format', ['token', '--format', 'xml'], 'Allowed choices are value, json, header, kubernetes-exec'],
    ['a port that is none', ['dev', '--agent-port', '70000'], 'from 0 to 65535'],
    ['a lifetime of nothing', ['dev', '--token-lifetime', '0'], 'at least 1'],
    ['options that exclude each other', ['start', '--listen', 'http://127.0.0.1:1', '--agent-port', '1'], 'cannot be used with'],
    ['a missing argument', ['call', 'GET'], "missing required argument 'PATH'"],
    ['an argument too much', ['status', 'now'], 'too many arguments'],
    ['a program with no -- before it', ['exec', '-t', 'orders=T', 'ls'], 'What is to run stands after --, as in: npx evertoken exec'],
    ['options of a program with no -- before it', ['exec', '-t', 'orders=T', 'ls', '-l'], 'What is to run stands after --'],
    ['a program whose name is empty', ['exec', '-t', 'orders=T', '--', ''], 'The name of the program is empty'],
  ])('refuses %s with code 2', async (_case, args, message) => {
    const { code, terminal } = await run(args);
    expect(code).toBe(2);
    expect(terminal.printed.err).toMatch(/^✖ /);
    expect(terminal.printed.err).toContain(message);
    expect(terminal.printed.out).toBe('');
  });

  it('shows what there is when it is called with nothing', async () => {
    const { code, terminal } = await run([]);
    expect(code).toBe(2);
    expect(terminal.printed.err).toContain('Commands:');
  });
});

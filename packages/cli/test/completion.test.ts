import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freshFolder } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { run } from './run-command.ts';

const has = (shell: string): boolean => spawnSync(shell, ['-c', 'exit 0']).status === 0;

async function scriptFor(shell: string): Promise<{ path: string; folder: string }> {
  const { code, terminal } = await run(['completion', shell]);
  expect(code).toBe(0);
  const folder = await freshFolder();
  const path = join(folder, 'completion');
  await writeFile(path, terminal.printed.out);
  return { path, folder };
}

describe.skipIf(!has('bash'))('the completion for bash (needs bash)', { timeout: 60_000 }, () => {
  async function completions(words: string[]): Promise<string[]> {
    const { path, folder } = await scriptFor('bash');
    await writeFile(join(folder, 'some-file'), '');
    await mkdir(join(folder, 'some-folder'));
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell that fills it in.
    const script = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _evertoken; printf "%s\\n" "${COMPREPLY[@]}"';
    const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script, 'bash', path, 'evertoken', ...words], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    return stdout.split('\n').filter(Boolean);
  }

  it.each<[string[], string[]]>([
    [['st'], ['start', 'store-key', 'status']],
    [['k'], ['key']],
    [
      ['key', ''],
      ['new', 'list'],
    ],
    [['key', 'list', '--c'], ['--config']],
    [['token', '--format', 'k'], ['kubernetes-exec']],
    [['token', '--min-ttl', ''], []],
    [['start', '--config', 'some-fi'], ['some-file']],
    [
      ['call', 'P'],
      ['POST', 'PUT', 'PATCH'],
    ],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish', '--home', '--help'],
    ],
    [['help', 'exit'], ['exit-codes']],
    [['exec', '-t', 'a=B', '--', 'some-fi'], ['some-file']],
    [['--home', 'some'], ['some-folder']],
    [['--home', '=', 'some'], ['some-folder']],
    [
      ['--home', 'x', 'st'],
      ['start', 'store-key', 'status'],
    ],
    [
      ['--home', '=', 'x', 'key', ''],
      ['new', 'list'],
    ],
    [['--home', 'x', 'exec', '-t', 'a=B', '--', 'some-fi'], ['some-file']],
  ])('completes %j', async (words, expected) => {
    expect(await completions(words)).toEqual(expected);
  });
});

describe.each([
  ['zsh', '-n'],
  ['fish', '--no-execute'],
] as const)('the completion for %s', (shell, readOnly) => {
  it.skipIf(!has(shell))(`is understood by ${shell} (needs ${shell})`, async () => {
    const { path } = await scriptFor(shell);
    const { status, stderr } = spawnSync(shell, [readOnly, path], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });
});

it('completions for zsh and fish name every command and quote what is in descriptions', async () => {
  for (const shell of ['zsh', 'fish']) {
    const { out } = (await run(['completion', shell])).terminal.printed;
    for (const word of ['exec', 'kubernetes-exec', 'restart-on-mint', 'min-ttl']) expect(out).toContain(word);
    expect((out.match(/(?<!\\)'/g) ?? []).length % 2).toBe(0);
  }
});

it('the completion for another shell is refused', async () => {
  const { code, terminal } = await run(['completion', 'tcsh']);
  expect([code, terminal.printed.err.includes('bash, zsh, fish')]).toEqual([2, true]);
});

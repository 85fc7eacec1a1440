import { chmod, lchown, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freshFolder } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { run } from './run-command.ts';

const isRoot = process.getuid?.() === 0;
const stranger = 65_534;

/** A folder with a config, and what `evertoken check` says in it. */
async function aFolder() {
  const cwd = await freshFolder();
  const file = join(cwd, 'evertoken.yaml');
  const command = `touch ${join(cwd, 'ran')}`.split(' ');
  await writeFile(
    file,
    `tokens:
  orders: { issuer: "http://127.0.0.1:1", client_id: m2m, client_secret: { command: ${JSON.stringify(command)} } }
apps:
  local: { key_sha256: "${'0'.repeat(64)}", tokens: [orders] }
listen: ["http://127.0.0.1:0"]
`,
    { mode: 0o644 },
  );
  return { cwd, file, check: (...args: string[]) => run(['check', '--offline', ...args], { cwd }) };
}

describe('a config file that nobody named', { timeout: 60_000 }, () => {
  it('is taken where it is ours and no one else may write it', async () => {
    const { file, check } = await aFolder();
    await chmod(file, 0o644);
    const { code, terminal } = await check();
    expect([code, terminal.printed.out.includes('note:')]).toEqual([0, false]);
    // A group of the user's own is nobody else.
    if (process.getgid?.() === process.getuid?.()) {
      await chmod(file, 0o664);
      expect((await check()).code).toBe(0);
    }
  });

  it.each([...(isRoot ? [0o664] : []), 0o646])(
    'is refused where others may write it, mode %i; by its name it is taken, with a warning',
    async (mode) => {
      const { cwd, file, check } = await aFolder();
      if (mode === 0o664) await lchown(file, 0, stranger);
      await chmod(file, mode);
      for (const command of [['check'], ['start'], ['key', 'list'], ['exec', '-t', 'orders=X', '--', 'true']]) {
        const { code, terminal } = await run(command, { cwd });
        expect([command, code, terminal.printed.err]).toEqual([
          command,
          1,
          expect.stringMatching(new RegExp(`may be written by others \\(mode 0${mode.toString(8)}\\)[\\s\\S]*chmod go-w`)) as string,
        ]);
      }
      const named = await check('--config', 'evertoken.yaml');
      expect([named.code, named.terminal.printed.out]).toEqual([0, expect.stringMatching(/note: .*may be written by others/) as string]);
    },
  );

  it.skipIf(!isRoot)("is refused where it is another user's, or a link that another user laid (needs root)", async () => {
    const { cwd, file, check } = await aFolder();
    await lchown(file, stranger, stranger);
    expect((await check()).terminal.printed.err).toContain(`belongs to another user (uid ${stranger})`);
    expect((await check('--config', file)).terminal.printed.out).toMatch(/note: .*belongs to another user/);
    await lchown(file, 0, 0);
    expect((await check()).code).toBe(0);
    await rename(file, join(cwd, 'real.yaml'));
    await symlink('real.yaml', file);
    expect((await check()).code).toBe(0);
    await lchown(file, stranger, stranger);
    expect((await check()).terminal.printed.err).toContain(`belongs to another user (uid ${stranger})`);
  });
});

describe('a config that is wrong, or is not there', () => {
  const commands = [['start'], ['exec', '-t', 'orders=X', '--', 'true'], ['store-key', 'rotate'], ['key', 'list'], ['check', '--offline']];

  it.each(commands.map((command) => [command]))('is wrong use for %j', async (command) => {
    const cwd = await freshFolder();
    await writeFile(join(cwd, 'wrong.yaml'), 'lisen: []\n');
    const at = command.indexOf('--');
    const withConfig = (name: string): string[] => [...command.toSpliced(at === -1 ? command.length : at, 0, '--config', name)];
    for (const name of ['wrong.yaml', 'none.yaml']) {
      const { code, terminal } = await run(withConfig(name), { cwd });
      expect([code, terminal.printed.out, terminal.printed.err]).toEqual([2, '', expect.stringMatching(/^✖ [\s\S]*to mend:/m) as string]);
    }
  });

  it('is wrong use also where an address cannot be read', async () => {
    const { cwd } = await aFolder();
    expect(await run(['start', '--listen', 'foo'], { cwd })).toMatchObject({ code: 2 });
  });
});

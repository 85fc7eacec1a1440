import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { evertoken } from './compiled-command.ts';
import { aHeldFolder } from './held-folder.ts';

describe('evertoken dev', { timeout: 120_000 }, () => {
  it('leaves the tokens alone of an agent that runs with its folder, whatever lifetime is asked for', async () => {
    const { home } = await aHeldFolder({});
    await mkdir(join(home, 'tokens'), { mode: 0o700 });
    const token = join(home, 'tokens', `${'a'.repeat(64)}.token`);
    await writeFile(token, 'sealed', { mode: 0o600 });
    const ports = ['--tenant-port', '0', '--agent-port', '0', '--agent-tls-port', '0'];
    const refused = await evertoken(['dev', '--token-lifetime', '60', ...ports], { cwd: home, env: { EVERTOKEN_HOME: home } });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/agent[\s\S]*to mend:/) as string });
    expect(await readFile(token, 'utf8')).toBe('sealed');
  });
});

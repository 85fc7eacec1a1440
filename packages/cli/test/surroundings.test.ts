import { type FinishedProcess, freshFolder, plainEnvironment, runProcess } from '@evertoken/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { commandPath, compileCommand } from './compiled-command.ts';
import { aToken } from './run-command.ts';
import { startScriptedAgent } from './scripted-agent.ts';

beforeAll(compileCommand, 130_000);

/** Runs `script` in a shell, where "$@" is the command. */
async function inShell(script: string, env: Record<string, string> = {}): Promise<FinishedProcess> {
  const cwd = await freshFolder();
  return await runProcess('/bin/sh', ['-c', script, 'sh', process.execPath, commandPath], { cwd, env: plainEnvironment(env) });
}

describe('the command', { timeout: 60_000 }, () => {
  it('says so in a few words where the current folder is gone, and still helps', async () => {
    const script = (words: string): string => `mkdir gone && cd gone && rmdir ../gone && exec "$@" ${words}`;
    for (const words of ['status', 'token orders', 'check', 'exec -t orders=T -- true']) {
      const { code, stderr } = await inShell(script(words));
      expect([code, stderr], words).toEqual([
        1,
        expect.stringMatching(/^✖ The current folder cannot be found \(ENOENT\)\n.*\n {2}to mend: .*\n$/),
      ]);
    }
    expect(await inShell(script('--version'))).toMatchObject({ code: 0, stderr: '' });
  });

  it.skipIf(process.platform !== 'linux')('says so in a few words where its output cannot be written, and ends with code 1', async () => {
    const agent = await startScriptedAgent({ '/v1/tokens/orders': [200, aToken], '/api/v2/clients': [200, []] });
    const env = { EVERTOKEN_URL: agent.url, EVERTOKEN_APP_KEY: 'evk_x' };
    for (const words of ['token orders', 'call GET /api/v2/clients', 'help', 'completion bash']) {
      const { code, stderr } = await inShell(`exec "$@" ${words} >/dev/full`, env);
      expect([code, stderr], words).toEqual([1, expect.stringMatching(/^✖ The output cannot be written \(ENOSPC\)\n {2}to mend: .*\n$/)]);
    }
  });
});

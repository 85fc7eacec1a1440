import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { secretFromCommand, secretFromEnv, secretFromFile } from '@evertoken/client/secrets';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TokenError, TokenRequest } from '../src/index.ts';
import { aStage } from './stage.ts';

const stage = aStage();
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evertoken-secrets-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a secret', () => {
  it('in a file is read anew at each mint', async () => {
    const path = join(folder, 'secret');
    await writeFile(path, 'first\n');
    const kept = stage.keeper().keep({ ...stage.request, clientSecret: secretFromFile(path) });
    await kept.get();
    await writeFile(path, 'second\r\n');
    stage.clock.suspend(90_000_000);
    await kept.get();
    expect(stage.endpoint.requests.map((request) => request.form.get('client_secret'))).toEqual(['first', 'second']);
  });

  it('in a file that begins with a byte order mark is what follows it', async () => {
    await writeFile(join(folder, 'secret'), '\ufeffs3cret\r\n');
    expect(await secretFromFile(join(folder, 'secret'))()).toBe('s3cret');
  });

  it.each([undefined, '', 5])('that is %j is missing, and is told as that', async (given) => {
    const kept = stage.keeper().keep({ ...stage.request, clientSecret: () => given as string });
    await expect(kept.get()).rejects.toMatchObject({
      code: 'secret_unavailable',
      message: 'The client secret of "worker" is missing: its source gave no text, or an empty one.',
    });
    expect(stage.endpoint.requests).toHaveLength(0);
  });

  it('in a file that is missing, empty or too long is none', async () => {
    await writeFile(join(folder, 'empty'), '\n');
    await writeFile(join(folder, 'long'), 'x'.repeat(65_537));
    await expect(secretFromFile(join(folder, 'missing'))()).rejects.toThrow('does not exist');
    await expect(secretFromFile(join(folder, 'empty'))()).rejects.toThrow('is empty');
    await expect(secretFromFile(join(folder, 'long'))()).rejects.toThrow('is larger than 65536 bytes');
    await writeFile(join(folder, 'long'), 'x'.repeat(65_536));
    expect(await secretFromFile(join(folder, 'long'))()).toHaveLength(65_536);
  });

  it('in what is no plain file is none, and nobody waits for it', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    const server = createServer().listen(join(folder, 'socket'));
    await once(server, 'listening');
    for (const path of [join(folder, 'pipe'), join(folder, 'socket'), folder, '/dev/zero']) {
      await expect(secretFromFile(path)()).rejects.toThrow(`the file ${path} is no plain file`);
    }
    server.close();
  });

  it('in the environment is what the variable holds at the time', () => {
    const env: Record<string, string> = {};
    const read = secretFromEnv('SECRET', env);
    expect(read).toThrow('SECRET is not set');
    env['SECRET'] = '';
    expect(read).toThrow('SECRET is empty');
    env['SECRET'] = 's3cret';
    expect(read()).toBe('s3cret');
  });

  it('of a program is what it prints, run without a shell', async () => {
    const print = (code: string) => secretFromCommand([process.execPath, '-e', code, '$(id)']);
    expect(await print('console.log(process.argv[1])')()).toBe('$(id)');
    await expect(print('')()).rejects.toThrow('printed nothing');
    await expect(print('console.error("leaked"); process.exit(3)')()).rejects.toThrow(/ ended with exit code 3; run it by hand/);
    await expect(print('console.log("x".repeat(100_000))')()).rejects.toThrow('printed more than 65536 bytes');
    await expect(print('process.kill(process.pid, "SIGTERM")')()).rejects.toThrow('was ended by SIGTERM');
    await expect(secretFromCommand(['/nowhere/at/all'])()).rejects.toThrow('there is no such program');
    await expect(secretFromCommand([folder])()).rejects.toThrow('cannot be run (EACCES)');
    await expect(secretFromCommand(['sh', '-c', 'echo s3cret\0'])()).rejects.toThrow(
      /^the command `sh` cannot be run \(ERR_INVALID_ARG_VALUE\);/,
    );
    expect(await secretFromCommand(['cat', 'here'], { folder: await folderWith('here', 'found') })()).toBe('found');
  });

  it('of a program that never ends is given up', async () => {
    const read = secretFromCommand([process.execPath, '-e', 'setInterval(() => {}, 1000)'], { timeoutMs: 50 });
    await expect(read()).rejects.toThrow('took longer than 0.05 s');
  });

  it('of a program that is given up leaves nothing of it behind', async () => {
    const pids = join(folder, 'pids');
    await expect(secretFromCommand(['sh', '-c', `sleep 1000 & echo $! $$ > ${pids}; yes`])()).rejects.toThrow('printed more than');
    for (const pid of (await readFile(pids, 'utf8')).trim().split(' ').map(Number)) while (await isRunning(pid)) await setImmediate();
  });

  it('of a program that is given up is not waited for where one that left it holds its output', async () => {
    const path = join(folder, 'pid');
    const leave = `setsid sh -c 'echo $$ > ${path}; exec sleep 1000' & until [ -s ${path} ]; do :; done; yes`;
    await expect(secretFromCommand(['sh', '-c', leave])()).rejects.toThrow('printed more than');
    process.kill(Number(await readFile(path, 'utf8')));
  });
});

describe('a secret that cannot be read', () => {
  const failureWith = async (request: Partial<TokenRequest>): Promise<string> =>
    String(
      await stage
        .keeper()
        .keep({ ...stage.request, ...request } as TokenRequest)
        .get()
        .catch((error: TokenError) => `${error.code} ${error.retryable} ${error.message}`),
    );

  it.each<[string, () => string | Promise<string>, string]>([
    ['variable', secretFromEnv('NOWHERE', {}), 'the environment variable NOWHERE is not set; set it before the start.'],
    ['file', secretFromFile('/nowhere/at/all'), 'the file /nowhere/at/all does not exist; create it with the value alone.'],
    [
      'program',
      secretFromCommand(['sh', '-c', 'echo leaked; echo leaked >&2; exit 3']),
      'the command `sh` ended with exit code 3; run it by hand as this user to see why.',
    ],
  ])('names its %s and why, and nothing that was read', async (_what, clientSecret, why) => {
    expect(await failureWith({ clientSecret })).toBe(`secret_unavailable true The client secret of "worker" could not be read: ${why}`);
  });

  it('is told of a private key too, which is no key that cannot sign', async () => {
    const clientSecret = undefined as never;
    expect(await failureWith({ clientSecret, privateKey: { key: secretFromFile('/nowhere') } })).toMatch(
      /^secret_unavailable true The private key of "worker" could not be read: the file \/nowhere does not exist/,
    );
  });

  it('of any other source is not told why: its error may quote what it read', async () => {
    const clientSecret = (): string => {
      throw Object.assign(new Error('leaked'), { code: 'ENOENT', name: 'SecretSourceError' });
    };
    expect(await failureWith({ clientSecret })).toBe(
      'secret_unavailable true The client secret of "worker" could not be read from its source (SecretSourceError, ENOENT).',
    );
  });
});

async function folderWith(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text);
  return folder;
}

/** Whether a process is there, and no zombie that nobody has asked after. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !/\) [ZX] /.test(stat);
}

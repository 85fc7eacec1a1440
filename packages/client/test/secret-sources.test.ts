import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { secretFromCommand, secretFromEnv, secretFromFile } from '@evertoken/client/secrets';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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

  it('in a file that is missing, empty or endless is none', async () => {
    await writeFile(join(folder, 'empty'), '\n');
    await expect(secretFromFile(join(folder, 'missing'))()).rejects.toThrow('ENOENT');
    await expect(secretFromFile(join(folder, 'empty'))()).rejects.toThrow('is empty');
    await expect(secretFromFile('/dev/zero')()).rejects.toThrow('longer than');
  });

  it('in the environment is what the variable holds at the time', () => {
    const env: Record<string, string> = {};
    const read = secretFromEnv('SECRET', env);
    expect(read).toThrow('SECRET is missing');
    env['SECRET'] = 's3cret';
    expect(read()).toBe('s3cret');
  });

  it('of a program is what it prints, run without a shell', async () => {
    const print = (code: string) => secretFromCommand([process.execPath, '-e', code, '$(id)']);
    expect(await print('console.log(process.argv[1])')()).toBe('$(id)');
    await expect(print('')()).rejects.toThrow('printed nothing');
    await expect(print('console.error("leaked"); process.exit(3)')()).rejects.toThrow(/failed \(3\)\.$/);
    await expect(print('console.log("x".repeat(100_000))')()).rejects.toThrow('failed');
    await expect(secretFromCommand(['/nowhere/at/all'])()).rejects.toThrow('ENOENT');
  });

  it('of a program that never ends is given up', async () => {
    const read = secretFromCommand([process.execPath, '-e', 'setInterval(() => {}, 1000)'], { timeoutMs: 50 });
    await expect(read()).rejects.toThrow('did not end within 50 ms');
  });
});

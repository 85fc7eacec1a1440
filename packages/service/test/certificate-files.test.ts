import { spawnSync } from 'node:child_process';
import { chmod, mkdir, rename, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freshFolder } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { openCertificateFiles, openLocalCa, openStateFolder } from '../src/index.ts';

/** Timers that fire when told to, and what came of them. */
class Looks {
  readonly changes: string[] = [];
  readonly errors: string[] = [];
  #wake: (() => void) | undefined;
  #set: (() => void) | undefined;

  readonly options = {
    setTimer: (wake: () => void): { cancel(): void } => {
      this.#wake = wake;
      this.#set?.();
      return { cancel: () => (this.#wake = undefined) };
    },
    onChange: (): void => void this.changes.push('changed'),
    onError: (error: unknown): void => void this.errors.push((error as Error).message),
  };

  get isWaiting(): boolean {
    return this.#wake !== undefined;
  }

  /** Lets ten seconds pass, and ends when the next ten begin. */
  async look(): Promise<void> {
    const wake = this.#wake;
    const done = new Promise<void>((resolve) => {
      this.#set = resolve;
    });
    wake?.();
    await done;
  }
}

async function pair(hosts = ['localhost']): Promise<{ key: string; cert: string }> {
  return (await openLocalCa(await openStateFolder(await freshFolder()))).serverCertificate(hosts);
}

async function written(folder: string, { key, cert }: { key: string; cert: string }): Promise<{ cert: string; key: string }> {
  const paths = { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
  await writeFile(paths.cert, cert);
  await writeFile(paths.key, key, { mode: 0o600 });
  return paths;
}

describe('certificate files', () => {
  it('are read as they stand, and told of when they have changed', async () => {
    const [first, second] = [await pair(), await pair()];
    const looks = new Looks();
    const folder = await freshFolder();
    const paths = await written(folder, first);
    const files = await openCertificateFiles(paths, looks.options);
    expect(await files.read()).toEqual(first);
    await looks.look();
    expect(looks.changes).toEqual([]);
    await written(folder, second);
    await looks.look();
    expect([looks.changes, await files.read()]).toEqual([['changed'], second]);
    await looks.look();
    expect(looks.changes).toHaveLength(1);
    files.close();
    expect(looks.isWaiting).toBe(false);
  });

  it('are followed through a link that is switched, as Kubernetes does', async () => {
    const [first, second] = [await pair(), await pair()];
    const looks = new Looks();
    const folder = await freshFolder();
    for (const [name, one] of Object.entries({ first, second })) {
      await mkdir(join(folder, name));
      await written(join(folder, name), one);
    }
    await symlink('first', join(folder, 'current'));
    const files = await openCertificateFiles(
      { cert: join(folder, 'current/tls.crt'), key: join(folder, 'current/tls.key') },
      looks.options,
    );
    await symlink('second', join(folder, 'next'));
    await rename(join(folder, 'next'), join(folder, 'current'));
    await looks.look();
    expect([looks.changes.length, await files.read()]).toEqual([1, second]);
    files.close();
  });

  it('that do not belong together change nothing until they do, and are told of once', async () => {
    const [first, second] = [await pair(), await pair()];
    const looks = new Looks();
    const folder = await freshFolder();
    const paths = await written(folder, first);
    const files = await openCertificateFiles(paths, looks.options);
    await writeFile(paths.cert, second.cert);
    await looks.look();
    await looks.look();
    expect([looks.changes, looks.errors]).toEqual([[], [expect.stringContaining('The private key is not the one of the certificate')]]);
    await writeFile(paths.key, second.key);
    await looks.look();
    expect(looks.changes).toHaveLength(1);
    await unlink(paths.key);
    await looks.look();
    expect(looks.errors[1]).toBe(
      `The file cannot be read (ENOENT): ${paths.key}. Let the user who runs this program read it, or name another file.`,
    );
    files.close();
  });

  it('that cannot be used are refused at first, and no key stands in the refusal', async () => {
    const { key, cert } = await pair();
    const folder = await freshFolder();
    const paths = await written(folder, { key, cert });
    const open = (): Promise<unknown> => openCertificateFiles(paths, new Looks().options);
    await chmod(paths.key, 0o602);
    await expect(open()).rejects.toMatchObject({ code: 'certificate_invalid', place: paths.key, step: 'Run `chmod o-w` on it.' });
    // Kubernetes mounts secrets so that all may read them, in a container where nobody else is.
    await chmod(paths.key, 0o644);
    await writeFile(paths.cert, 'no certificate');
    await expect(open()).rejects.toMatchObject({ code: 'certificate_invalid', place: paths.cert });
    await unlink(paths.cert);
    spawnSync('mkfifo', [paths.cert]);
    await expect(open()).rejects.toMatchObject({ problem: 'The file cannot be read (it is no regular file)', place: paths.cert });
    await unlink(paths.cert);
    await writeFile(paths.cert, cert);
    await writeFile(paths.key, 'a s3cret that is no key');
    const error = (await open().catch((reason: unknown) => reason)) as Error;
    expect(error).toMatchObject({ code: 'certificate_invalid', place: paths.key });
    expect(`${error.message} ${String(error.cause)}`).not.toContain('s3cret');
  });
});

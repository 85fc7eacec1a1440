import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { ManualClock } from '@evertoken/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { digestOf } from '../src/config/config-file.ts';
import { watchConfigFile } from '../src/control/config-watch.ts';

interface Watched {
  readonly folder: string;
  readonly path: string;
  /** How often it was told that the file has changed. */
  changes(): number;
  /** Lets time pass, and what it brings about happen. */
  pass(ms: number): Promise<void>;
}

async function watched(prepare: (folder: string) => Promise<string>, from = digestOf(Buffer.from('first'))): Promise<Watched> {
  const folder = await mkdtemp(join(tmpdir(), 'evertoken-watch-'));
  const path = await prepare(folder);
  const clock = new ManualClock();
  let changes = 0;
  const watch = await watchConfigFile(path, {
    clock,
    from,
    onChange: () => {
      changes += 1;
    },
  });
  onTestFinished(async () => {
    watch.close();
    expect(clock.timers).toBe(0);
    await rm(folder, { recursive: true });
  });
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    for (let turn = 0; turn < 5; turn += 1) {
      await setImmediate();
      // Comes back after what the watch reads meanwhile, however busy the disk is.
      if ((await stat(path).catch(() => undefined))?.isFile() === true) await readFile(path).catch(() => undefined);
    }
  };
  return { folder, path, changes: () => changes, pass };
}

async function plain(folder: string): Promise<string> {
  await writeFile(join(folder, 'evertoken.yaml'), 'first');
  return join(folder, 'evertoken.yaml');
}

/** As Kubernetes mounts a config map: the file is a link into `..data`, which is a link to a folder that is switched. */
async function configMap(folder: string): Promise<string> {
  await mkdir(join(folder, '..first'));
  await writeFile(join(folder, '..first', 'evertoken.yaml'), 'first');
  await symlink('..first', join(folder, '..data'));
  await symlink('..data/evertoken.yaml', join(folder, 'evertoken.yaml'));
  return join(folder, 'evertoken.yaml');
}

const ways: readonly [string, typeof plain, (watched: Watched) => Promise<void>][] = [
  ['written in place', plain, ({ path }) => writeFile(path, 'second')],
  [
    'renamed over',
    plain,
    async ({ path }) => {
      await writeFile(`${path}.new`, 'second');
      await rename(`${path}.new`, path);
    },
  ],
  [
    'behind a link that is switched',
    configMap,
    async ({ folder }) => {
      await mkdir(join(folder, '..second'));
      await writeFile(join(folder, '..second', 'evertoken.yaml'), 'second');
      await symlink('..second', join(folder, '..data_tmp'));
      await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    },
  ],
];

it.each(ways)('a file that is %s is told of once, soon', async (_how, prepare, change) => {
  const file = await watched(prepare);
  await change(file);
  // Less than it takes to look without having been told.
  for (let ms = 0; ms < 9_000 && file.changes() === 0; ms += 100) await file.pass(100);
  for (let look = 0; look < 3; look += 1) await file.pass(10_000);
  expect(file.changes()).toBe(1);
});

it('a file of the same content, or beside another that changes, is not told of', async () => {
  const file = await watched(plain);
  await writeFile(file.path, 'first');
  await writeFile(join(file.folder, 'other'), 'x');
  for (let look = 0; look < 3; look += 1) await file.pass(10_000);
  expect(file.changes()).toBe(0);
});

it('a file that has changed since it was read is told of before anything happens to it', async () => {
  const file = await watched(plain, digestOf(Buffer.from('what was read')));
  expect(file.changes()).toBe(1);
  for (let look = 0; look < 3; look += 1) await file.pass(10_000);
  expect(file.changes()).toBe(1);
});

it('a file that goes is not told of, until it comes back as another one', async () => {
  const file = await watched(plain);
  await rm(file.path);
  for (let look = 0; look < 3; look += 1) await file.pass(10_000);
  expect(file.changes()).toBe(0);
  await writeFile(file.path, 'second');
  while (file.changes() === 0) await file.pass(10_000);
  expect(file.changes()).toBe(1);
});

it('a change that no event tells of is seen all the same: the folder came later', async () => {
  const file = await watched(async (folder) => join(folder, 'later', 'evertoken.yaml'));
  await mkdir(join(file.folder, 'later'));
  await writeFile(file.path, 'second');
  while (file.changes() === 0) await file.pass(10_000);
  expect(file.changes()).toBe(1);
});

it('a pipe in the place of the file is not waited for, and the file that comes back is told of once', async () => {
  const file = await watched(plain);
  await rm(file.path);
  execFileSync('mkfifo', [file.path]);
  // Whoever waits for a writer all the same goes on.
  onTestFinished(
    () => void execFileSync('sh', ['-c', 'for pipe in "$1" "$1.gone"; do test ! -p "$pipe" || : <> "$pipe"; done', 'sh', file.path]),
  );
  // More changes in the folder than there are threads for file access.
  for (let change = 0; change < 8; change += 1) {
    await writeFile(join(file.folder, `other-${change}`), '');
    for (let turn = 0; turn < 5; turn += 1) await file.pass(100);
  }
  await rename(file.path, `${file.path}.gone`);
  await writeFile(file.path, 'second');
  while (file.changes() === 0) await file.pass(10_000);
  for (let look = 0; look < 3; look += 1) await file.pass(10_000);
  expect(file.changes()).toBe(1);
});

it('what was read from a pipe is not watched', async () => {
  const clock = new ManualClock();
  const told = (): never => {
    throw new Error('nothing can have changed');
  };
  const watch = await watchConfigFile('/nowhere/evertoken.yaml', { clock, from: undefined, onChange: told });
  expect(clock.timers).toBe(0);
  watch.close();
});

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { plainEnvironment, runProcess } from '@evertoken/testkit';
import { workspace } from './evertoken.ts';

/** The manifest of a packed package, as far as it is judged. */
export interface PackedManifest {
  readonly name: string;
  readonly version: string;
  readonly files: readonly string[];
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** A package as it is published. */
export interface PackedPackage {
  readonly name: string;
  readonly tarball: string;
  readonly manifest: PackedManifest;
  /** Paths in the tarball, and what they hold. */
  readonly files: ReadonlyMap<string, string>;
}

/** Runs a command that must succeed; what it printed. */
export async function succeed(
  program: string,
  args: readonly string[],
  options: { cwd: string; env?: Readonly<Record<string, string | undefined>> },
): Promise<string> {
  const { code, stdout, stderr } = await runProcess(program, args, { env: plainEnvironment(), deadlineMs: 240_000, ...options });
  if (code !== 0) throw new Error(`${[program, ...args].join(' ')} ended with ${code}:\n${stdout}${stderr}`);
  return stdout;
}

/** Packs every public package into `folder`, as it is published. */
export async function packPackages(folder: string): Promise<readonly PackedPackage[]> {
  const printed = await succeed(process.execPath, [join(workspace, 'scripts/pack.mjs'), folder], { cwd: workspace });
  const lines = printed.split('\n').filter((line) => line !== '');
  return await Promise.all(
    lines.map(async (line) => {
      const [name = '', tarball = ''] = line.split(' ');
      const unpacked = join(folder, `${basename(tarball, '.tgz')}-unpacked`);
      await mkdir(unpacked);
      await succeed('tar', ['-xzf', tarball, '-C', unpacked], { cwd: folder });
      const files = await filesBelow(join(unpacked, 'package'));
      return { name, tarball, manifest: JSON.parse(files.get('package.json') ?? '') as PackedManifest, files };
    }),
  );
}

/** Installs the tarballs together into `folder`, everything else from npm. Rejects where anything of it asks for a later Node than this one. */
export async function installPackages(folder: string, packages: readonly PackedPackage[]): Promise<void> {
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), '{"private":true,"type":"module"}\n');
  // What is in npm's cache already need not be asked for again.
  const options = ['--engine-strict', '--prefer-offline', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  // How a machine reaches its registry may stand in its environment: a proxy, a CA.
  await succeed('npm', ['install', ...options, ...packages.map(({ tarball }) => tarball)], { cwd: folder, env: process.env });
}

async function filesBelow(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => !entry.isDirectory()).map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  return new Map(await Promise.all(paths.sort().map(async (path) => [path, await readFile(join(folder, path), 'utf8')] as const)));
}

import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { workspace } from '../evertoken.ts';

/**
 * The packages that the lines with `npm install` name.
 * @throws {Error} where such a line has a comment: zsh, typed into, takes its words for more packages.
 */
export function packagesIn(code: string): string[] {
  const lines = code.split('\n').filter((line) => line.startsWith('npm install '));
  const commented = lines.find((line) => line.includes('#'));
  if (commented !== undefined) throw new Error(`zsh takes the comment for packages: ${commented}`);
  return lines.flatMap((line) => line.split(/\s+/).slice(2)).filter((word) => word !== '' && !word.startsWith('-'));
}

/**
 * Installs packages into `folder`, without a registry: links to those of the workspace, and in `.bin` their commands. What they depend on is found where they
 * are, and by them alone.
 */
export async function linkPackages(folder: string, names: readonly string[]): Promise<void> {
  const modules = join(folder, 'node_modules');
  await mkdir(join(modules, '.bin'), { recursive: true });
  for (const name of names) {
    const path = join(modules, name);
    if (existsSync(path)) continue;
    await mkdir(dirname(path), { recursive: true });
    await symlink(join(workspace, 'node_modules', name), path);
    const { bin = {} } = JSON.parse(await readFile(join(path, 'package.json'), 'utf8')) as { bin?: string | Record<string, string> };
    const commands = typeof bin === 'string' ? { [name.replace(/^.*\//, '')]: bin } : bin;
    for (const [command, file] of Object.entries(commands)) {
      await executable(join(path, file));
      await symlink(join('..', name, file), join(modules, '.bin', command));
    }
  }
}

/** npm makes the commands that it installs executable. */
async function executable(path: string): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & 0o111) !== 0o111) await chmod(path, mode | 0o111);
}

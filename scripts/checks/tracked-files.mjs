import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Paths, from `root`, of the files that git tracks or would add: what a clone has. Without git, or where this is no clone, all files that
 * `.gitignore` does not name.
 */
export function trackedFiles(root) {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const { status, stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) return filesNotIgnored(root);
  return stdout.split('\0').filter((path) => path !== '' && existsSync(join(root, path)));
}

/** The files below `root`, but for those whose name, or a folder's, is a line of `.gitignore`: `name/`, `name` or `*.ending`. */
export function filesNotIgnored(root) {
  const lines = readFileSync(join(root, '.gitignore'), 'utf8').split('\n');
  const ignored = ['.git', ...lines.map((line) => line.trim().replace(/\/$/, '')).filter((line) => line !== '' && !line.startsWith('#'))];
  const isIgnored = (name) => ignored.some((entry) => (entry.startsWith('*') ? name.endsWith(entry.slice(1)) : name === entry));
  const below = (folder) =>
    readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (isIgnored(entry.name)) return [];
      return entry.isDirectory() ? below(path) : [path];
    });
  return below('').sort();
}

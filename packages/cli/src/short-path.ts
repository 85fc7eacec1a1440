import { isAbsolute, relative, sep } from 'node:path';

/** `absolute` relative to `cwd` where it is below that; never in a form that a command would take for an option. */
export function shortPath(absolute: string, cwd: string): string {
  const path = relative(cwd, absolute);
  if (!isAbsolute(absolute) || path === '' || path.startsWith(`..${sep}`) || path === '..' || isAbsolute(path)) return absolute;
  return path.startsWith('-') ? `./${path}` : path;
}

/** `path` as `.` of a POSIX shell needs it, which looks a name without a slash up in PATH. */
export function sourcePath(path: string): string {
  return path.includes('/') ? path : `./${path}`;
}

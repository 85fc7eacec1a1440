import { readFile, realpath } from 'node:fs/promises';

/**
 * Whether the file at `path` is mounted by itself, as `docker run -v ./evertoken.yaml:/etc/evertoken/evertoken.yaml` and `subPath` of Kubernetes do. Where another
 * file is put in its place on the host, it still shows the former one. False where the system does not tell.
 */
export async function isMountedAlone(path: string): Promise<boolean> {
  try {
    return isMountPoint(await realpath(path), await readFile('/proc/self/mountinfo', 'utf8'));
  } catch {
    return false;
  }
}

/** Whether `path` is a mount point of its own, as proc_pid_mountinfo(5) has them: the fifth field, with some characters as `\040`. */
export function isMountPoint(path: string, mountinfo: string): boolean {
  return mountinfo.split('\n').some((line) => plain(line.split(' ')[4] ?? '') === path);
}

function plain(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/g, (_all, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

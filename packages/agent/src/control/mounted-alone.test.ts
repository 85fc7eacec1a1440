import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { isMountedAlone, isMountPoint } from './mounted-alone.ts';

const mountinfo = `22 28 0:21 / /proc rw,relatime shared:14 - proc proc rw
36 35 98:0 /conf /etc/evertoken ro,noatime master:1 - ext3 /dev/root rw
37 35 98:0 /data/my\\040files/evertoken.yaml /srv/my\\040files/evertoken.yaml ro - ext3 /dev/root rw
`;

it('a file that is mounted by itself is told from one in a mounted folder', () => {
  expect(isMountPoint('/srv/my files/evertoken.yaml', mountinfo)).toBe(true);
  for (const path of ['/etc/evertoken/evertoken.yaml', '/srv/my files', '/']) expect(isMountPoint(path, mountinfo)).toBe(false);
});

it('the system is asked, and a file that is not there is mounted nowhere', async () => {
  const points = (await readFile('/proc/self/mountinfo', 'utf8').catch(() => '')).split('\n').map((line) => line.split(' ')[4] ?? '');
  expect(await isMountedAlone('/proc')).toBe(points.includes('/proc'));
  expect(await isMountedAlone('/proc/version')).toBe(points.includes('/proc/version'));
  expect(await isMountedAlone('/nowhere/at/all')).toBe(false);
});

import { spawn } from 'node:child_process';
import { openStateFolder } from '@evertoken/service';
import type { Terminal } from './terminal.ts';

/** File of the state folder that leads a browser to a link. */
const file = 'open.html';

/**
 * Opens `url` in the browser of this desktop. It goes through a private file in the state folder `home`, because every user of the machine can read command
 * lines. False where there is no desktop, or nothing to open files with.
 */
export async function openInBrowser(url: string, home: string, terminal: Terminal): Promise<boolean> {
  const [program, ...args] = openerOf(process.platform, terminal.env);
  if (program === undefined) return false;
  const path = await writeLinkPage(url, home);
  return await new Promise((resolve) => {
    const opener = spawn(program, [...args, path], { stdio: 'ignore', detached: true });
    opener.once('error', () => resolve(false));
    opener.once('spawn', () => resolve(true));
    opener.unref();
  });
}

/** Writes the file that leads to `url`; its path. */
export async function writeLinkPage(url: string, home: string): Promise<string> {
  return await (await openStateFolder(home)).writePrivate(file, pageTo(url));
}

/** The command that opens a file with the program that the person chose for its kind; empty where there is no screen. */
export function openerOf(platform: NodeJS.Platform, env: Terminal['env']): readonly string[] {
  if (platform === 'darwin') return ['open'];
  return env['DISPLAY'] || env['WAYLAND_DISPLAY'] ? ['xdg-open'] : [];
}

function pageTo(url: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url=${url}">
<title>Evertoken</title>
<p><a href="${url}">Open the page</a>. The link works once, within a minute.</p>
</html>
`;
}

import { spawn } from 'node:child_process';
import type { Terminal } from './terminal.ts';

/** The program that opens a link in the browser of this desktop; undefined where there is no desktop to show one. */
export function browserProgram(platform: NodeJS.Platform, env: Terminal['env']): readonly string[] | undefined {
  if (platform === 'darwin') return ['open'];
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  // Over ssh, in a container and in CI there is none.
  return env['DISPLAY'] || env['WAYLAND_DISPLAY'] ? ['xdg-open'] : undefined;
}

/** Opens a link; answers whether a browser took it. */
export async function openInBrowser(url: string, { env }: Pick<Terminal, 'env'>): Promise<boolean> {
  const [program, ...args] = browserProgram(process.platform, env) ?? [];
  if (program === undefined) return false;
  return await new Promise((resolve) => {
    // It may be the browser itself, which stays.
    const started = spawn(program, [...args, url], { stdio: 'ignore', detached: true, env: { ...env } });
    started.once('error', () => resolve(false));
    started.once('spawn', () => {
      started.unref();
      resolve(true);
    });
  });
}

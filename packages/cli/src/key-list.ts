import { type App, readConfiguredApps } from '@evertoken/agent';
import { CliError } from './cli-error.ts';
import { configFileOf, defaultConfigFile } from './config-file.ts';
import { exitCode } from './exit-code.ts';
import { formatTable } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Lists the apps of the config file with the beginnings of the SHA-256 of their keys, which is all that is known of a key. */
export async function printKeys(options: { config?: string; json?: boolean }, terminal: Terminal): Promise<void> {
  const file = configFileOf(options, terminal);
  if (file === undefined) {
    const step =
      'Name one with --config, or make one with `evertoken init`. Without one the only app is `local`, its key in app.key of the state folder.';
    throw new CliError({ problem: `There is no ${defaultConfigFile} here`, place: terminal.cwd, step, exitCode: exitCode.usage });
  }
  const apps = await readConfiguredApps(file);
  terminal.stdout.write(options.json === true ? `${JSON.stringify(apps.map(jsonOf), undefined, 2)}\n` : screenOf(apps, terminal));
}

function jsonOf({ name, keys, tokens, proxy }: App): object {
  const told = keys.map(({ hash, notAfter }) => ({
    sha256_prefix: prefixOf(hash),
    ...(notAfter !== undefined && { not_after: new Date(notAfter).toISOString() }),
  }));
  return { app: name, keys: told, tokens, proxy: [...proxy.keys()] };
}

function screenOf(apps: readonly App[], terminal: Terminal): string {
  const now = Date.now();
  const rows = apps.flatMap((app) => {
    const may =
      [app.tokens.join(', '), app.proxy.size === 0 ? '' : `calls with ${[...app.proxy.keys()].join(', ')}`].filter(Boolean).join('; ') ||
      'nothing';
    const keys = app.keys.map(({ hash, notAfter }) => [app.name, `${prefixOf(hash)}…`, endText(notAfter, now), may]);
    return keys.length === 0 ? [[app.name, 'none: by its socket', '–', may]] : keys;
  });
  return `${formatTable(['app', 'key sha256', 'ends', 'may have'], rows, terminal.hasOutputColor)}\n`;
}

function endText(notAfter: number | undefined, now: number): string {
  if (notAfter === undefined) return 'never';
  const at = new Date(notAfter).toISOString().replace('.000Z', 'Z');
  return notAfter <= now ? `${at}, has ended` : at;
}

function prefixOf(hash: string): string {
  return hash.slice(0, 16);
}

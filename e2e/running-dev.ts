import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { SpawnedProcess } from '@evertoken/testkit';
import { sourced, spawnEvertoken } from './evertoken.ts';

/** `evertoken dev` on free ports, its banner printed. */
export interface RunningDev {
  readonly process: SpawnedProcess;
  /** All that it printed until it was ready. */
  readonly banner: string;
  /** Fingerprint of the live token, as the banner shows it. */
  readonly fingerprint: string;
  /** The three commands of the banner. */
  readonly commands: readonly string[];
  /** What its env file holds. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Starts `evertoken dev` with its state in `home` (where given: by EVERTOKEN_HOME) and waits for the banner. A tenant on another port is another
 * issuer, whose tokens are others: what must survive a restart needs a `tenantPort`.
 */
export async function startDev(setting: { cwd: string; home?: string; tenantPort?: number; tokenLifetime?: number }): Promise<RunningDev> {
  const { home, cwd, tenantPort = 0, tokenLifetime } = setting;
  const env = home === undefined ? {} : { EVERTOKEN_HOME: home };
  const lifetime = tokenLifetime === undefined ? [] : ['--token-lifetime', String(tokenLifetime)];
  const running = spawnEvertoken(['dev', '--tenant-port', String(tenantPort), '--agent-port', '0', ...lifetime], { cwd, env });
  try {
    await running.waitFor(/Ctrl-C/, 60_000);
    const banner = running.stdout;
    const [, fingerprint = ''] = banner.match(/fingerprint\s+([0-9a-f]{16})\b/) ?? [];
    const [, pasteable = ''] = banner.split('Paste into another terminal');
    const commands = pasteable
      .split('\n')
      .flatMap((line) => line.match(/^ {2}((?:curl|EVERTOKEN_HOME=|npx|node|evertoken) ?.*)$/)?.[1] ?? []);
    return { process: running, banner, fingerprint, commands, env: await sourced(join(home ?? join(cwd, '.evertoken'), 'env')) };
  } catch (error) {
    await running.stop();
    throw error;
  }
}

/** Ends it as Ctrl-C does; the exit code. */
export async function interrupt(running: RunningDev): Promise<number | null> {
  running.process.signal('SIGINT');
  return (await running.process.exit(10_000)).code;
}

/** Public name of a token. */
export function fingerprintOf(token: string): string {
  return createHash('sha256').update(token).digest('hex').slice(0, 16);
}

/** Successful mints of the agent since it started, from its metrics. */
export async function mintsOf(running: RunningDev): Promise<number> {
  const metrics = await (await fetch(`${running.env['EVERTOKEN_URL']}/metrics`)).text();
  const samples = [...metrics.matchAll(/^evertoken_mints_total\{[^}]*outcome="(?<outcome>\w+)"[^}]*\} (?<count>\d+)$/gm)];
  return samples.reduce((sum, { groups }) => sum + (groups?.['outcome'] === 'minted' ? Number(groups['count']) : 0), 0);
}

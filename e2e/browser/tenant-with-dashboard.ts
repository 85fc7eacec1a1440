import { join } from 'node:path';
import type { SpawnedProcess } from '@evertoken/testkit';
import { evertoken, sourced, spawnEvertoken, temporaryFolder } from '../evertoken.ts';

/** `evertoken tenant start` in a folder of its own. */
export interface TenantWithDashboard {
  /** Of its https address. */
  readonly origin: string;
  /** Of the application that a tenant begins with. */
  readonly clientId: string;
  readonly clientSecret: string;
  /** What `evertoken tenant open --print` prints. */
  link(): Promise<string>;
  close(): Promise<void>;
}

/** Starts one on `port`. */
export async function startTenantWithDashboard(port: number): Promise<TenantWithDashboard> {
  const { path: cwd, remove } = await temporaryFolder();
  const running: SpawnedProcess = spawnEvertoken(['tenant', 'start', '--listen', `https://localhost:${port}`, '--log', 'json'], { cwd });
  await running.waitFor(/Ctrl-C/);
  const env = await sourced(join(cwd, '.evertoken/tenant.env'));
  return {
    origin: `https://localhost:${port}`,
    clientId: env['AUTH0_CLIENT_ID'] ?? '',
    clientSecret: env['AUTH0_CLIENT_SECRET'] ?? '',
    async link() {
      const { code, stdout, stderr } = await evertoken(['tenant', 'open', '--print'], { cwd });
      if (code !== 0) throw new Error(stderr);
      return stdout.trim();
    },
    async close() {
      await running.stop();
      await remove();
    },
  };
}

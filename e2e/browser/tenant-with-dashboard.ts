import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SpawnedProcess } from '@evertoken/testkit';
import { evertoken, shell, sourced, spawnEvertoken, temporaryFolder } from '../evertoken.ts';

/** `evertoken tenant start` in a folder of its own. */
export interface TenantWithDashboard {
  /** Of its https address. */
  readonly origin: string;
  /** Of the application that a tenant begins with. */
  readonly clientId: string;
  readonly clientSecret: string;
  /** What `evertoken tenant open --print` prints. */
  link(): Promise<string>;
  /** Status of a token request of that application, with this secret. */
  askWith(secret: string): Promise<number>;
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Starts one on `port`, with what the document `seed` of auth0-deploy-cli says. */
export async function startTenantWithDashboard(port: number, seed?: string): Promise<TenantWithDashboard> {
  const { path: cwd, remove } = await temporaryFolder();
  const args = ['tenant', 'start', '--listen', `https://localhost:${port}`, '--log', 'json'];
  if (seed !== undefined) {
    await writeFile(join(cwd, 'tenant.yaml'), seed);
    args.push('--seed', 'tenant.yaml');
  }
  let running: SpawnedProcess | undefined;
  const start = async (): Promise<void> => {
    running = spawnEvertoken(args, { cwd });
    await running.waitFor(/Ctrl-C/);
  };
  await start();
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
    async askWith(secret) {
      const form =
        '-d grant_type=client_credentials -d client_id=$AUTH0_CLIENT_ID -d audience=$AUTH0_AUDIENCE --data-urlencode client_secret="$SECRET"';
      const ask = `curl -sS -o /dev/null -w '%{http_code}' --cacert .evertoken/ca.pem https://$AUTH0_DOMAIN/oauth/token ${form}`;
      const { stdout, stderr } = await shell(ask, { cwd, env: { ...env, SECRET: secret } });
      if (stderr !== '') throw new Error(stderr);
      return Number(stdout);
    },
    async stop() {
      running?.signal('SIGTERM');
      await running?.exit();
    },
    start,
    async close() {
      await running?.stop();
      await remove();
    },
  };
}

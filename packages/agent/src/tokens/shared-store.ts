import type { Clock } from '@evertoken/client';
import type { FleetTokenStore } from '@evertoken/client/shared-store';
import { AgentError } from '../agent-error.ts';
import type { PostgresStoreConfig, RedisStoreConfig, SharedStoreConfig } from '../config/agent-config.ts';
import { sealingKeyOf } from '../config/sealing-key.ts';

/** A store that a fleet shares. */
export type FleetStore = FleetTokenStore & { readonly kind: SharedStoreConfig['kind'] };

/**
 * Opens the store that a fleet shares, even while it cannot be reached. Its package is loaded only here, because most agents have no such store.
 * @throws {AgentError} `store_unusable`: the package is not installed, or it refuses what the config says.
 */
export async function openSharedStore(
  config: SharedStoreConfig,
  tools: { readonly clock?: Clock; readonly commandTimeoutMs?: number | undefined },
): Promise<FleetStore> {
  const { clock, commandTimeoutMs } = tools;
  const common = {
    keys: config.keys.map(sealingKeyOf),
    ...(clock !== undefined && { clock }),
    ...(commandTimeoutMs !== undefined && { commandTimeoutMs }),
  };
  const name = `@evertoken/${config.kind}`;
  try {
    if (config.kind === 'redis') {
      const { openRedisStore } = await import('@evertoken/redis');
      return Object.assign(await openRedisStore({ ...redisOptionsOf(config), ...common }), { kind: config.kind });
    }
    const { openPostgresStore } = await import('@evertoken/postgres');
    return Object.assign(await openPostgresStore({ ...postgresOptionsOf(config), ...common }), { kind: config.kind });
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';
    const problem = isMissing ? `The store \`${config.kind}\` needs the package ${name}` : `The shared store: ${(cause as Error).message}`;
    const step = isMissing ? `Install it beside the agent: npm install ${name}` : `Mend \`store.${config.kind}\` in the config file.`;
    throw new AgentError('store_unusable', { problem, step, cause });
  }
}

/** Where a store is, for people: no user, no password. */
export function placeOf(config: SharedStoreConfig): string {
  const { host, searchParams } = config.url === undefined ? { host: undefined } : new URL(config.url);
  // A URL names the folder of a unix socket by the parameter `host`.
  if (config.kind === 'postgres') return `postgres ${host || searchParams?.get('host') || 'localhost'}`;
  const nodes = (config.sentinel?.nodes ?? config.cluster ?? []).map(
    (node) => `${node.host}${node.port === undefined ? '' : `:${node.port}`}`,
  );
  if (host !== undefined) return `redis ${host}`;
  return config.sentinel === undefined ? `redis cluster ${nodes.join(', ')}` : `redis ${config.sentinel.name} of ${nodes.join(', ')}`;
}

function redisOptionsOf({ kind: _, keys: __, namespaceKey, ...options }: RedisStoreConfig): Omit<
  RedisStoreConfig,
  'kind' | 'keys' | 'namespaceKey'
> & {
  namespaceKey?: Uint8Array;
} {
  return { ...options, ...(namespaceKey !== undefined && { namespaceKey: sealingKeyOf(namespaceKey) }) };
}

function postgresOptionsOf({ url, ca, table }: PostgresStoreConfig): {
  connection: string | { connectionString: string; ssl: { ca: string } };
  table?: string;
} {
  return {
    connection: ca === undefined ? url : { connectionString: withoutTlsMode(url), ssl: { ca } },
    ...(table !== undefined && { table }),
  };
}

/** `url` without its parameters for TLS, which would override the CA of the config. */
function withoutTlsMode(url: string): string {
  const bare = new URL(url);
  for (const name of [...bare.searchParams.keys()]) if (name.startsWith('ssl')) bare.searchParams.delete(name);
  return bare.href;
}

import type { SharedStoreConfig } from '../config/agent-config.ts';
import { openSharedStore, placeOf } from '../tokens/shared-store.ts';
import { type CheckFinding, findingOf } from './check-finding.ts';

/** Longer than an agent waits: what is slow is to be told from what is away. */
const commandTimeoutMs = 5_000;

/** Whether the store that a fleet shares does all that it takes, and what mends it where it does not. */
export async function checkSharedStore(config: SharedStoreConfig): Promise<CheckFinding> {
  const subject = placeOf(config);
  try {
    const store = await openSharedStore(config, { commandTimeoutMs });
    try {
      await store.check();
    } finally {
      await store.close();
    }
    return { area: 'store', subject, level: 'ok', what: 'tokens can be shared' };
  } catch (error) {
    const meaning = 'Until that is mended each agent mints for itself.';
    return { step: storeStepOf(config.kind, error), meaning, ...findingOf('store', subject, error) };
  }
}

/** What mends a failure of the shared store. */
export function storeStepOf(kind: SharedStoreConfig['kind'], error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const known = steps[kind].find(([codes]) => codes.includes(String(code)));
  if (known !== undefined) return known[1];
  if (/certificate|self[- ]signed|altname/i.test(String(message)))
    return `Name the CA of the server as \`${kind === 'redis' ? 'store.redis.tls.ca' : 'store.postgres.ca'}\`.`;
  return steps[kind][0]?.[1] ?? '';
}

const steps: Readonly<Record<SharedStoreConfig['kind'], readonly (readonly [codes: readonly string[], step: string])[]>> = {
  redis: [
    [
      ['connection_failed', 'timeout'],
      'See that Redis runs where `store.redis` says and can be reached from here; TLS under a private CA needs `store.redis.tls.ca`.',
    ],
    [
      ['access_refused'],
      'Mend `username` and `password` of `store.redis`, and grant that user what docs/fleet.md lists, for the keys and the channel under its `prefix`.',
    ],
    [['wrong_topology'], 'Name nodes of the cluster as `store.redis.cluster` in place of `url`.'],
    [['read_only'], 'Name the primary in `store.redis.url`, or the Sentinels as `store.redis.sentinel`.'],
    [['out_of_memory'], 'Raise `maxmemory` of Redis.'],
    [['not_ready', 'command_failed'], 'See what Redis itself says: it answers, but cannot do what it was asked for.'],
  ],
  postgres: [
    [
      ['ECONNREFUSED', 'ENOTFOUND', 'ETIMEDOUT', 'EAI_AGAIN'],
      'See that PostgreSQL runs where `store.postgres.url` says and can be reached from here.',
    ],
    [['28P01', '28000'], 'Mend user and password in `store.postgres.url`, or let pg_hba.conf admit them.'],
    [['3D000'], 'Make the database that `store.postgres.url` names, or name another one.'],
    [
      ['42501'],
      'Let the user make the table once, or make it for him: `select, insert, update, delete` on the table and `usage, select` on its sequence.',
    ],
  ],
};

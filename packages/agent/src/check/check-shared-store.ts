import { isCertificateCode } from '@evertoken/client';
import type { SharedStoreConfig } from '../config/agent-config.ts';
import { openSharedStore, placeOf } from '../tokens/shared-store.ts';
import { type CheckFinding, findingOf } from './check-finding.ts';

/** Longer than an agent waits, so that a slow store is not reported as one that is away. */
const commandTimeoutMs = 5_000;

/** Whether the shared store can do everything that the agent asks of it, and what mends it if not. */
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
  const { code, message, cause } = error as { code?: unknown; message?: unknown; cause?: { code?: unknown } };
  // The code of the system or the server, which a store keeps as the cause, says more than that of the store.
  const found = [cause?.code, code].map(String);
  const known = steps[kind].find(([codes]) => codes.some((one) => found.includes(one)));
  const isCertificate =
    found.some(isCertificateCode) || (known === undefined && /certificate|self[- ]signed|altname/i.test(String(message)));
  if (isCertificate) return `Name the CA of the server as \`${kind === 'redis' ? 'store.redis.tls.ca' : 'store.postgres.ca'}\`.`;
  return (known ?? steps[kind][0])?.[1] ?? '';
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
    [['connection_failed', 'timeout'], 'See that PostgreSQL runs where `store.postgres.url` says and can be reached from here.'],
    [['login_refused'], 'Mend user and password in `store.postgres.url`, or let pg_hba.conf admit them.'],
    [['no_such_database'], 'Make the database that `store.postgres.url` names, or name another one.'],
    [
      ['access_refused'],
      'Let the user make the table once, or make it for him: `select, insert, update, delete` on the table and `usage, select` on its sequence.',
    ],
    [['tls_error'], 'Name the CA of the server as `store.postgres.ca`.'],
    [['read_only'], 'Name the primary in `store.postgres.url`.'],
    [['out_of_resources'], 'Give PostgreSQL more connections, memory or disk: it has none left.'],
    [['not_ready', 'command_failed'], 'See what PostgreSQL itself says: it answers, but cannot do what it was asked for.'],
  ],
};

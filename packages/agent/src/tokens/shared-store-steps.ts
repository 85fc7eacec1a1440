import type { SharedStoreConfig } from '../config/agent-config.ts';

/** What mends a failure of the shared store. */
export function storeStepOf(kind: SharedStoreConfig['kind'], error: unknown): string {
  const { code } = error as { code?: unknown };
  const known = steps[kind].find(([codes]) => codes.some((one) => one === code));
  return (known ?? steps[kind][0])?.[1] ?? '';
}

const steps: Readonly<Record<SharedStoreConfig['kind'], readonly (readonly [codes: readonly string[], step: string])[]>> = {
  redis: [
    [
      ['connection_failed', 'timeout'],
      'See that Redis runs where `store.redis` says and can be reached from here; TLS under a private CA needs `store.redis.tls.ca`.',
    ],
    [['tls_error'], 'Name the CA of the server as `store.redis.tls.ca`.'],
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

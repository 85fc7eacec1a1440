/** The statements of a store over `table`. Times are those of the server's clock, which all processes share. */
export interface Statements {
  /** Whether the table is there. */
  readonly exists: string;
  /** Makes the table, once though many ask. */
  readonly create: string;
  readonly load: string;
  readonly generation: string;
  /** Saves, removes what has ended, and tells the others. Answers a row where it saved. */
  readonly save: string;
  readonly remove: string;
  /** The next records after a key, in the order of their keys. */
  readonly records: string;
  /** Replaces what is sealed. Answers a row where it did. */
  readonly reseal: string;
}

export function statementsFor(table: string): Statements {
  const record = `version, generation::text, fingerprint, sealed, (extract(epoch from ends_at - clock_timestamp()) * 1000)::float8 as left_ms,
        (select last_value from ${table}_generation)::text as last`;
  return {
    exists: `select to_regclass('${table}') is not null and to_regclass('${table}_generation') is not null as is_there`,
    create: `begin;
      select pg_advisory_xact_lock(hashtextextended('${table}', 0));
      create sequence if not exists ${table}_generation;
      create table if not exists ${table} (
        key text primary key, version int not null, generation bigint not null, fingerprint text not null, sealed bytea not null, ends_at timestamptz not null);
      commit`,
    load: `select ${record} from ${table} where key = $1 and ends_at > clock_timestamp()`,
    generation: `select nextval('${table}_generation')::text as generation`,
    // Lives are compared with a second's grace: the same token saved twice has not quite the same end.
    save: `with saved as (
        insert into ${table} as held (key, version, generation, fingerprint, sealed, ends_at)
          values ($1, $2, $3, $4, $5, clock_timestamp() + $6::float8 * interval '1 millisecond')
        on conflict (key) do update set (version, generation, fingerprint, sealed, ends_at)
            = (excluded.version, excluded.generation, excluded.fingerprint, excluded.sealed, excluded.ends_at)
          where held.ends_at <= clock_timestamp()
            or held.generation > (select last_value from ${table}_generation)
            or held.generation::text = $8
            or (held.generation < excluded.generation and (held.fingerprint = $7 or held.ends_at <= excluded.ends_at + interval '1 second'))
        returning key),
      ended as (delete from ${table} where ends_at < clock_timestamp() - interval '1 day' and key <> $1)
      select pg_notify('${table}', $9) from saved`,
    remove: `delete from ${table} where key = $1`,
    records: `select key, ${record} from ${table} where key > $1 and ends_at > clock_timestamp() order by key limit $2`,
    reseal: `update ${table} set sealed = $3 where key = $1 and sealed = $2 returning key`,
  };
}

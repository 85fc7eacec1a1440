import { X509Certificate } from 'node:crypto';
import type { PostgresStoreConfig, RedisStoreConfig, SharedStoreConfig, StoreTls } from './agent-config.ts';
import { type ConfigLayers, problemAt } from './config-layers.ts';
import type { ConfigProblem } from './config-problem.ts';
import { type ReferenceContext, readReference } from './reference.ts';
import type { Reference } from './schema-parts.ts';
import { sealingKeyProblem } from './sealing-key.ts';
import type { PostgresEntry, RedisEntry, SealingEntry, StoreEntry, TlsEntry } from './store-schema.ts';
import type { UnreadReferences } from './unread-references.ts';

/** What the entry of a store is read with. What is found wrong is added to `problems`. */
interface Reading {
  readonly layers: ConfigLayers;
  readonly context: ReferenceContext;
  readonly problems: ConfigProblem[];
  readonly unread: UnreadReferences;
}

/** The shared store that `store` names, with its references read; undefined where there is none, or where the entry is wrong. */
export async function sharedStoreOf({ redis, postgres }: StoreEntry, reading: Reading): Promise<SharedStoreConfig | undefined> {
  const found = reading.problems.length;
  const reader = new EntryReader(reading);
  if (redis !== undefined && postgres !== undefined)
    reader.note(['store'], 'name one shared store: `redis` or `postgres`; tokens shared through two would be minted twice');
  const shared =
    redis !== undefined ? await redisOf(redis, reader) : postgres !== undefined ? await postgresOf(postgres, reader) : undefined;
  return reading.problems.length === found ? shared : undefined;
}

/** Reads what keys of the config refer to. */
class EntryReader {
  readonly #reading: Reading;

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  note(path: readonly PropertyKey[], message: string | undefined): void {
    if (message !== undefined) this.#reading.problems.push(problemAt(this.#reading.layers, path, message));
  }

  /** The value at `path`; undefined where there is none, where it cannot be read, or where `problemOf` finds something wrong with it. */
  async read(
    path: readonly PropertyKey[],
    reference: Reference | undefined,
    problemOf: (value: string) => string | undefined = () => undefined,
  ): Promise<string | undefined> {
    if (reference === undefined) return undefined;
    try {
      const value = await readReference(reference, this.#reading.context);
      const problem = problemOf(value);
      this.note(path, problem);
      return problem === undefined ? value : undefined;
    } catch (error) {
      const problem = problemAt(this.#reading.layers, path, (error as Error).message);
      this.#reading.problems.push(problem);
      this.#reading.unread.set(problem, 'store');
      return undefined;
    }
  }
}

async function redisOf(entry: RedisEntry, reader: EntryReader): Promise<RedisStoreConfig> {
  const at = ['store', 'redis'];
  const { sentinel, cluster, prefix } = entry;
  if ([entry.url, sentinel, cluster].filter((place) => place !== undefined).length !== 1)
    reader.note(at, 'say where Redis is by exactly one of `url`, `sentinel`, `cluster`');
  const url = await reader.read([...at, 'url'], entry.url, problemOfRedisUrl);
  const username = await reader.read([...at, 'username'], entry.username);
  const password = await reader.read([...at, 'password'], entry.password);
  if (entry.username !== undefined && entry.password === undefined && entry.url === undefined)
    reader.note([...at, 'username'], 'needs a `password` beside it; leave both out where Redis wants none');
  const tls = await tlsOf(entry.tls, [...at, 'tls'], reader);
  const namespaceKey = await reader.read([...at, 'namespace_key'], entry.namespace_key, sealingKeyProblem);
  return {
    kind: 'redis',
    keys: await keysOf(entry, at, reader),
    ...(url !== undefined && { url }),
    ...(sentinel !== undefined && { sentinel: await sentinelOf(sentinel, [...at, 'sentinel'], reader) }),
    ...(cluster !== undefined && { cluster: cluster.map(nodeOf) }),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls !== undefined && { tls }),
    ...(prefix !== undefined && { prefix }),
    ...(namespaceKey !== undefined && { namespaceKey }),
  };
}

async function sentinelOf(
  entry: NonNullable<RedisEntry['sentinel']>,
  at: readonly string[],
  reader: EntryReader,
): Promise<NonNullable<RedisStoreConfig['sentinel']>> {
  const username = await reader.read([...at, 'username'], entry.username);
  const password = await reader.read([...at, 'password'], entry.password);
  const tls = await tlsOf(entry.tls, [...at, 'tls'], reader);
  return {
    name: entry.name,
    nodes: entry.nodes.map(nodeOf),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls !== undefined && { tls }),
  };
}

async function postgresOf(entry: PostgresEntry, reader: EntryReader): Promise<PostgresStoreConfig> {
  const at = ['store', 'postgres'];
  const url = await reader.read([...at, 'url'], entry.url, (text) => problemOfPostgresUrl(text, { hasCa: entry.ca !== undefined }));
  const ca = await reader.read([...at, 'ca'], entry.ca, problemOfCa);
  return {
    kind: 'postgres',
    keys: await keysOf(entry, at, reader),
    url: url ?? '',
    ...(ca !== undefined && { ca }),
    ...(entry.table !== undefined && { table: entry.table }),
  };
}

async function keysOf({ key, keys }: SealingEntry, at: readonly string[], reader: EntryReader): Promise<readonly string[]> {
  if ((key === undefined) === (keys === undefined)) {
    reader.note(
      at,
      'name what seals the tokens: `key`, or `keys: [new, old]` while it is being changed; `evertoken store-key new` makes one',
    );
    return [];
  }
  const read: string[] = [];
  const all = key === undefined ? (keys ?? []).map((one, index) => [['keys', index], one] as const) : [[['key'], key] as const];
  for (const [path, reference] of all) read.push((await reader.read([...at, ...path], reference, sealingKeyProblem)) ?? '');
  return read;
}

async function tlsOf(entry: true | TlsEntry | undefined, at: readonly string[], reader: EntryReader): Promise<true | StoreTls | undefined> {
  if (entry === undefined || entry === true) return entry;
  if ((entry.cert === undefined) !== (entry.key === undefined))
    reader.note(at, 'a client certificate is both `cert` and `key`; give the other one too');
  const ca = await reader.read([...at, 'ca'], entry.ca, problemOfCa);
  const cert = await reader.read([...at, 'cert'], entry.cert, problemOfCa);
  const key = await reader.read([...at, 'key'], entry.key, (text) =>
    /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text) ? undefined : 'holds no private key in PEM; name its file as { file: PATH }',
  );
  return { ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) };
}

function problemOfCa(text: string): string | undefined {
  try {
    new X509Certificate(text);
    return undefined;
  } catch {
    return 'holds no certificate in PEM; name its file as { file: PATH }';
  }
}

// The value may hold a password: it is never repeated.
function problemOfRedisUrl(url: string): string | undefined {
  return URL.canParse(url) && /^rediss?:\/\/[^/]/.test(url)
    ? undefined
    : 'is no URL of a Redis; it looks like redis://HOST:6379/0, or rediss://HOST:6379/0 for TLS';
}

function problemOfPostgresUrl(url: string, { hasCa }: { hasCa: boolean }): string | undefined {
  if (!URL.canParse(url) || !/^postgres(ql)?:\/\//.test(url))
    return 'is no URL of a PostgreSQL; it looks like postgresql://USER:PASSWORD@HOST:5432/DATABASE';
  const lax = laxTlsIn(new URL(url).searchParams, hasCa);
  return lax && `asks for TLS that verifies nothing (${lax}); take that out, and name the CA of the server as \`ca\``;
}

/** What in the URL of a PostgreSQL asks for TLS that verifies nobody, as `pg` reads it. */
function laxTlsIn(parameters: URLSearchParams, hasCa: boolean): string | undefined {
  const last = (name: string): string | undefined => parameters.getAll(name).at(-1);
  const mode = last('sslmode');
  if (mode === 'no-verify') return 'sslmode=no-verify';
  if (last('ssl') === 'no-verify' && !mode) return 'ssl=no-verify';
  // As libpq does it.
  const isLax = last('uselibpqcompat') === 'true' && !hasCa && !last('sslrootcert') && (mode === 'require' || mode === 'prefer');
  return isLax ? `sslmode=${mode}` : undefined;
}

function nodeOf(text: string): { readonly host: string; readonly port?: number } {
  const { host = text, port } = /^(?<host>.*?)(?::(?<port>\d{1,5}))?$/.exec(text)?.groups ?? {};
  return { host: host.replace(/^\[(.*)\]$/, '$1'), ...(port !== undefined && { port: Number(port) }) };
}

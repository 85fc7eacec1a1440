import { hostname } from 'node:os';
import type { ConnectionOptions } from 'node:tls';
import { type Clock, systemClock } from '@evertoken/client';
import { TokenSeal } from '@evertoken/client/shared-store';

/** Where a server listens. */
export interface RedisAddress {
  readonly host: string;
  /** Default: 6379, for a Sentinel 26379. */
  readonly port?: number;
}

/** Where Redis or Valkey is, and what seals the tokens there. Name it by exactly one of `url`, `sentinel` and `cluster`. */
export interface RedisStoreOptions {
  /** One server: `redis://host:6379/0`, with TLS `rediss://…`; user and password may stand in it. */
  readonly url?: string;
  /** The primary that Sentinels know as `name`. */
  readonly sentinel?: {
    readonly name: string;
    readonly nodes: readonly RedisAddress[];
    readonly username?: string;
    readonly password?: string;
    readonly tls?: true | ConnectionOptions;
  };
  /** Some nodes of a cluster. */
  readonly cluster?: readonly RedisAddress[];
  /** ACL user. Default: that of `url`, else none. */
  readonly username?: string;
  readonly password?: string;
  /** `true`, or the CA and client certificate (`node:tls`). Names and chains are always verified. */
  readonly tls?: true | ConnectionOptions;
  /** What seals the tokens: 32 bytes, or two such while they are being changed: the first seals, both open. The same for all processes. */
  readonly keys: readonly Uint8Array[];
  /** What all keys and the channel begin with. Default `evertoken:`. */
  readonly prefix?: string;
  /** Names tokens by HMAC under this key, so that nobody can tell from a key in Redis whose token it is. Default: the prefix. */
  readonly namespaceKey?: Uint8Array;
  /** Name of this process in what it saves. Default: host name and process id. */
  readonly writer?: string;
  /** Longest wait for one answer. Default 250 ms. A keeper itself waits for its `policy.storeWaitMs` at most: raise both where the server is far away. */
  readonly commandTimeoutMs?: number;
  /** Longest wait for the first connection when the store is opened. Default 1 000 ms. */
  readonly connectTimeoutMs?: number;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** {@link RedisStoreOptions} checked, with the defaults. */
export interface CheckedOptions {
  readonly place: Pick<RedisStoreOptions, 'url' | 'sentinel' | 'cluster'>;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly tls: ConnectionOptions | undefined;
  readonly seal: TokenSeal;
  readonly prefix: string;
  readonly namespaceKey: Uint8Array;
  readonly writer: string;
  readonly commandTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly clock: Clock;
}

/** @throws {TypeError} that names the option and the step that mends it. */
export function checkOptions(options: RedisStoreOptions): CheckedOptions {
  const { url, sentinel, cluster, username, password, prefix = 'evertoken:', clock = systemClock } = options;
  if ([url, sentinel, cluster].filter((place) => place !== undefined).length !== 1) {
    throw new TypeError('Say where Redis is by exactly one of `url`, `sentinel` and `cluster`.');
  }
  if (url !== undefined && !(URL.canParse(url) && /^rediss?:\/\/[^/]/.test(url))) {
    throw new TypeError('`url` must be like redis://host:6379/0, or rediss://host:6379/0 for TLS.');
  }
  if (sentinel !== undefined) {
    if (typeof sentinel.name !== 'string' || sentinel.name === '')
      throw new TypeError('`sentinel.name` must be the name that the Sentinels know the primary by.');
    checkNodes('sentinel.nodes', sentinel.nodes);
    checkTls('sentinel.tls', sentinel.tls);
  }
  if (cluster !== undefined) checkNodes('cluster', cluster);
  if (username !== undefined && password === undefined && url === undefined)
    throw new TypeError('`username` needs a `password`; leave both out where Redis wants none.');
  // Braces would be taken for the part of a key that decides its place in a cluster, the others for a pattern.
  if (typeof prefix !== 'string' || !/^[^{}*?[\]\\\s]{1,64}$/.test(prefix)) {
    throw new TypeError('`prefix` must have 1 to 64 characters, without spaces and none of { } * ? [ ] \\; such as "evertoken:".');
  }
  const namespaceKey = options.namespaceKey ?? Buffer.from(prefix);
  if (!(namespaceKey instanceof Uint8Array) || namespaceKey.byteLength === 0)
    throw new TypeError('`namespaceKey` must be bytes; make one with randomBytes(32).');
  return {
    place: { ...(url !== undefined && { url }), ...(sentinel !== undefined && { sentinel }), ...(cluster !== undefined && { cluster }) },
    username,
    password,
    tls: checkTls('tls', options.tls),
    seal: new TokenSeal(options.keys),
    prefix,
    namespaceKey,
    writer: options.writer ?? `${hostname()}/${process.pid}`,
    commandTimeoutMs: milliseconds('commandTimeoutMs', options.commandTimeoutMs ?? 250),
    connectTimeoutMs: milliseconds('connectTimeoutMs', options.connectTimeoutMs ?? 1_000),
    clock,
  };
}

/** `tls` as options of `node:tls`; verification cannot be turned off. */
export function checkTls(name: string, tls: true | ConnectionOptions | undefined): ConnectionOptions | undefined {
  if (tls === undefined) return undefined;
  if (tls === true) return {};
  if (typeof tls !== 'object' || tls === null) throw new TypeError(`\`${name}\` must be true, or an object such as { ca }.`);
  if (tls.rejectUnauthorized === false)
    throw new TypeError(`\`${name}.rejectUnauthorized\` must not be false; give the CA of the server as \`${name}.ca\`.`);
  return tls;
}

function checkNodes(name: string, nodes: readonly RedisAddress[]): void {
  const isNode = (node: unknown): boolean => typeof (node as RedisAddress | null)?.host === 'string' && (node as RedisAddress).host !== '';
  if (!Array.isArray(nodes) || nodes.length === 0 || !nodes.every(isNode))
    throw new TypeError(`\`${name}\` must be a list such as [{ host: "10.0.0.1", port: 6379 }].`);
}

function milliseconds(name: string, value: number): number {
  if (!Number.isFinite(value) || value < 1 || value > 60_000) throw new TypeError(`\`${name}\` must be milliseconds from 1 to 60000.`);
  return value;
}

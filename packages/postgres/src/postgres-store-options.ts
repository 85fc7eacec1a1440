import { hostname } from 'node:os';
import { type Clock, systemClock } from '@evertoken/client';
import { TokenSeal } from '@evertoken/client/shared-store';
import { Client, type ClientConfig } from 'pg';
import { PostgresStoreError } from './postgres-store-error.ts';

/** A connection on which nothing comes is probed after so long: one whose other side is gone is found out in the time of some probes. */
const KEEP_ALIVE_MS = 10_000;

/** Where PostgreSQL is, and what seals the tokens there. */
export interface PostgresStoreOptions {
  /**
   * `postgresql://user:password@host:5432/database`, or what `pg` takes (`ssl`, a password that is asked for anew). PostgreSQL 14 or later. TLS that verifies
   * nobody is refused: who stands in between would be told the password.
   */
  readonly connection: string | ClientConfig;
  /** What seals the tokens: 32 bytes, or two such while they are being changed: the first seals, both open. The same for all processes. */
  readonly keys: readonly Uint8Array[];
  /** Table of the tokens, made where it is missing, and name of the channel. Default `evertoken_tokens`. */
  readonly table?: string;
  /** Connections for reading and saving; a lease and listening take one more each. Default 2. */
  readonly connections?: number;
  /** Name of this process in what it saves. Default: host name and process id. */
  readonly writer?: string;
  /** Longest wait for one answer. Default 250 ms. A keeper itself waits for its `policy.storeWaitMs` at most: raise both where the server is far away. */
  readonly commandTimeoutMs?: number;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** {@link PostgresStoreOptions} checked, with the defaults. */
export interface CheckedOptions {
  /** How each connection is made: nothing waits for ever. */
  readonly config: ClientConfig;
  readonly seal: TokenSeal;
  readonly table: string;
  readonly connections: number;
  readonly writer: string;
  readonly commandTimeoutMs: number;
  readonly clock: Clock;
}

/** @throws {TypeError} that names the option and the step that mends it. */
export function checkOptions(options: PostgresStoreOptions): CheckedOptions {
  const { connection, table = 'evertoken_tokens', connections = 2, commandTimeoutMs = 250, clock = systemClock } = options;
  const isUrl = typeof connection === 'string' && URL.canParse(connection) && /^postgres(ql)?:/.test(connection);
  if (!isUrl && (typeof connection !== 'object' || connection === null)) {
    throw new TypeError('`connection` must be like postgresql://user:password@host:5432/database, or the options of a client of pg.');
  }
  refuseUnverifiedTls(connection);
  if (!/^[a-z_][a-z0-9_]{0,39}$/.test(table))
    throw new TypeError('`table` must be a name of small letters, digits and underscores, 40 at most.');
  if (!Number.isInteger(connections) || connections < 1 || connections > 100)
    throw new TypeError('`connections` must be a number from 1 to 100.');
  if (!Number.isFinite(commandTimeoutMs) || commandTimeoutMs < 1 || commandTimeoutMs > 60_000) {
    throw new TypeError('`commandTimeoutMs` must be milliseconds from 1 to 60000.');
  }
  return {
    config: {
      ...(typeof connection === 'string' ? { connectionString: connection } : withDiscreetPassword(connection)),
      connectionTimeoutMillis: commandTimeoutMs,
      query_timeout: commandTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    },
    seal: new TokenSeal(options.keys),
    table,
    connections,
    writer: options.writer ?? `${hostname()}/${process.pid}`,
    commandTimeoutMs,
    clock,
  };
}

function refuseUnverifiedTls(connection: string | ClientConfig): void {
  const config: ClientConfig = typeof connection === 'string' ? { connectionString: connection } : connection;
  const { ssl, connectionString: url = '' } = config;
  if (typeof ssl === 'object' && ssl.rejectUnauthorized === false) {
    throw new TypeError('`connection.ssl.rejectUnauthorized` must not be false; give the CA of the server as `connection.ssl.ca`.');
  }
  if (!isUnverified(config)) return;
  // The last one counts; its value is a word, and no secret.
  const asking = /.*[?&](ssl(?:mode)?=[\w-]+)/.exec(url)?.[1] ?? 'the variable PGSSLMODE';
  throw new TypeError(
    `\`connection\` asks for TLS that verifies nobody (${asking}); take sslmode=verify-full, and name the file of the server's CA as sslrootcert.`,
  );
}

/** Whether `pg` would take any certificate: URLs, options and variables of the environment say so in many ways, which it alone knows all. */
function isUnverified({ stream: _, ...config }: ClientConfig): boolean {
  try {
    const { ssl }: { readonly ssl: unknown } = new Client(config);
    return typeof ssl === 'object' && ssl !== null && 'rejectUnauthorized' in ssl && ssl.rejectUnauthorized === false;
  } catch {
    // What it cannot read, such as a file of a CA that is missing, keeps it from connecting, and is told then.
    return false;
  }
}

/** Where the program's own function gives the password, what that fails with is told without its words: they may quote what it read. */
function withDiscreetPassword(connection: ClientConfig): ClientConfig {
  const { password } = connection;
  if (typeof password !== 'function') return connection;
  const ask = async (...given: Parameters<typeof password>): Promise<string> => {
    try {
      return await password(...given);
    } catch (error) {
      const name = error instanceof Error && /^[A-Za-z]\w{0,39}$/.test(error.name) ? ` (${error.name})` : '';
      throw new PostgresStoreError(
        'login_refused',
        `The password of PostgreSQL could not be had: the function that gives it failed${name}.`,
      );
    }
  };
  return { ...connection, password: ask };
}

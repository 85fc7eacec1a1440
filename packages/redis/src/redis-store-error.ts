import { isCertificateCode } from '@evertoken/client/wire';

/**
 * Why Redis did not do what it was asked for.
 *
 * `timeout` (no answer in time), `connection_failed` (no connection, none with TLS, or it was cut), `tls_error` (certificate or name not accepted; of a cluster,
 * and behind Sentinels, no more is known than that there is no connection), `access_refused` (NOAUTH, WRONGPASS, NOPERM), `read_only` (a replica),
 * `out_of_memory` (OOM), `not_ready` (LOADING, CLUSTERDOWN, MASTERDOWN, BUSY, TRYAGAIN), `wrong_topology` (MOVED, ASK: a cluster is asked as if it were one
 * server), `command_failed` (any other error), `closed` (by this process).
 */
export type RedisErrorCode =
  | 'timeout'
  | 'connection_failed'
  | 'tls_error'
  | 'access_refused'
  | 'read_only'
  | 'out_of_memory'
  | 'not_ready'
  | 'wrong_topology'
  | 'command_failed'
  | 'closed';

/** What a {@link RedisStoreError} means, by the first word of the answer of Redis. */
const answers: Readonly<Record<string, readonly [RedisErrorCode, string]>> = {
  NOAUTH: ['access_refused', 'Redis wants a password: give `password`, and `username` for an ACL user.'],
  WRONGPASS: ['access_refused', 'Redis knows no such user with this password: mend `username` and `password`.'],
  NOPERM: [
    'access_refused',
    'The ACL user may not do that: grant it what the README of @evertoken/redis lists, for the keys and the channel under `prefix`.',
  ],
  READONLY: ['read_only', 'Redis is a replica there: name the primary in `url`, or use `sentinel`.'],
  OOM: ['out_of_memory', 'Redis has no memory left: raise its `maxmemory`.'],
  LOADING: ['not_ready', 'Redis is loading its data.'],
  BUSY: ['not_ready', 'Redis is busy with a script.'],
  CLUSTERDOWN: ['not_ready', 'The cluster is down.'],
  MASTERDOWN: ['not_ready', 'The primary is down.'],
  TRYAGAIN: ['not_ready', 'The cluster moves the key at this moment.'],
  MOVED: ['wrong_topology', 'This is a node of a cluster: use `cluster` instead of `url`.'],
  ASK: ['wrong_topology', 'This is a node of a cluster: use `cluster` instead of `url`.'],
};

/** What the store rejects with. Switch on `code`; `message` says what to do. Holds no password, token or key. */
export class RedisStoreError extends Error {
  override readonly name: string = 'RedisStoreError';
  readonly code: RedisErrorCode;

  constructor(code: RedisErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }

  /** What a failure of ioredis means; `connection` is what the connection failed with last. */
  static from(error: unknown, connection: NodeJS.ErrnoException | undefined): RedisStoreError {
    const { code } = connection ?? {};
    // Who waits for a connection that is never made waits in vain: what keeps it from being made says more. Who has an answer had one.
    if (!isAnswer(error) && code !== undefined && isCertificateCode(code)) {
      return new RedisStoreError('tls_error', `The certificate of Redis is not trusted (${code}): name its CA as \`tls.ca\`.`, connection);
    }
    if (error instanceof RedisStoreError && error.code !== 'timeout') return error;
    const known = [error, connection].map((one) => answers[firstWordOf(one)]).find((answer) => answer !== undefined);
    if (known !== undefined) return new RedisStoreError(...known);
    // Its text may quote what was sent, and it holds that too: the first word is all that is told of it.
    if (isAnswer(error)) return new RedisStoreError('command_failed', `Redis refused a command (${firstWordOf(error)}).`);
    if (error instanceof RedisStoreError && code === undefined) return error;
    return new RedisStoreError(
      'connection_failed',
      `There is no connection to Redis${code === undefined ? '' : ` (${code})`}: see that it runs where the options say.`,
      isAnswer(connection) ? undefined : connection,
    );
  }
}

/** Whether Redis itself answered with that error. */
function isAnswer(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}

/** What a Redis before 7 puts before the error of a command inside a script. */
const ofScript = /^(?:ERR Error running script \([^)]*\): )?(?:@user_script: ?\d+: )*-?/;

/** The first word of the answer that `error` is: what Redis calls it by. Where it refused what a script does, that of the command inside it. */
export function firstWordOf(error: unknown): string {
  const message = error instanceof Error ? error.message.replace(ofScript, '') : '';
  // A missing right is told as such of the script alone, not of what it does: of that Redis 7.0 says ERR, and those before it no word at all.
  if (/^(?:ERR )?The user executing the script can't /.test(message)) return 'NOPERM';
  return /^[A-Z]{2,20}\b/.exec(message)?.[0] ?? 'unknown';
}

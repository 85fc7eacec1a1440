import { isCertificateCode } from '@evertoken/client/wire';
import { DatabaseError } from 'pg';

/**
 * Why PostgreSQL did not do what it was asked for.
 *
 * `timeout` (no answer in time), `connection_failed` (no connection, none with TLS, or it was cut), `tls_error` (certificate or name not accepted),
 * `login_refused` (user, password, or where they come from), `no_such_database` (the name is of none), `access_refused` (a right is missing), `read_only` (a
 * standby), `out_of_resources` (no connection, disk or memory left), `not_ready` (it starts or shuts down), `command_failed` (any other error), `closed` (by
 * this process).
 */
export type PostgresErrorCode =
  | 'timeout'
  | 'connection_failed'
  | 'tls_error'
  | 'login_refused'
  | 'no_such_database'
  | 'access_refused'
  | 'read_only'
  | 'out_of_resources'
  | 'not_ready'
  | 'command_failed'
  | 'closed';

/** What an answer of PostgreSQL means, by its SQLSTATE; the first that fits counts. */
const answers: readonly (readonly [RegExp, PostgresErrorCode, string])[] = [
  [/^28/, 'login_refused', 'mend user and password, or let pg_hba.conf admit them'],
  [/^3D/, 'no_such_database', 'make it, or name another one'],
  [/^(42501|3F)/, 'access_refused', 'grant the user what the README of @evertoken/postgres lists'],
  [/^25006/, 'read_only', 'name the primary'],
  [/^42P01/, 'command_failed', 'make the table and the sequence that the README of @evertoken/postgres names, or let the user make them'],
  [/^53/, 'out_of_resources', 'give it more, or open fewer connections to it'],
  [/^57014/, 'timeout', 'see what it is busy with, or what holds a lock on the table'],
  [/^57P0[123]/, 'not_ready', 'it is found again when it is back'],
  [/^(08|57P05)/, 'connection_failed', 'see that it runs where the options say'],
];

/** What the store rejects with. Switch on `code`; `message` says what to do. Holds no password or token. */
export class PostgresStoreError extends Error {
  override readonly name: string = 'PostgresStoreError';
  readonly code: PostgresErrorCode;

  constructor(code: PostgresErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }

  /** What a failure of pg means. */
  static from(cause: unknown): PostgresStoreError {
    if (cause instanceof PostgresStoreError) return cause;
    const { message, code, syscall, path } = cause as NodeJS.ErrnoException;
    if (cause instanceof DatabaseError) {
      const known = answers.find(([pattern]) => pattern.test(code ?? ''));
      if (known !== undefined) return new PostgresStoreError(known[1], `PostgreSQL refuses it (${message}): ${known[2]}.`, cause);
      // Its text may quote what was sent.
      return new PostgresStoreError('command_failed', `PostgreSQL refused a command (SQLSTATE ${code}).`, cause);
    }
    if (isCertificateCode(code ?? '')) {
      return new PostgresStoreError(
        'tls_error',
        `The certificate of PostgreSQL is not trusted (${code}): name the CA that signed it.`,
        cause,
      );
    }
    if (syscall === 'open') {
      const what = `The file ${path} that the connection to PostgreSQL names cannot be read (${code})`;
      return new PostgresStoreError('connection_failed', `${what}: put it there, or name another one.`, cause);
    }
    // Those have no code.
    if (/\btime(out|d out)\b/i.test(message)) return new PostgresStoreError('timeout', 'PostgreSQL did not answer in time.', cause);
    return new PostgresStoreError(
      'connection_failed',
      `There is no connection to PostgreSQL (${code ?? message}): see that it runs where the options say.`,
      cause,
    );
  }
}

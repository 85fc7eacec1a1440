import { DatabaseError } from 'pg';
import { expect, it } from 'vitest';
import { PostgresStoreError } from './postgres-store-error.ts';

const failure = (code: string): Error => Object.assign(new Error('what the system says'), { code });

it.each([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'CRL_HAS_EXPIRED',
])('%s is a tls_error, which keeps its cause', (code) => {
  const cause = failure(code);
  expect(PostgresStoreError.from(cause)).toMatchObject({ code: 'tls_error', cause, message: expect.stringContaining(code) as string });
});

it.each(['ECONNREFUSED', 'ERR_SSL_WRONG_VERSION_NUMBER'])('%s is no matter of certificates: connection_failed', (code) => {
  const cause = failure(code);
  expect(PostgresStoreError.from(cause)).toMatchObject({ code: 'connection_failed', cause });
});

const answer = (code: string): DatabaseError => Object.assign(new DatabaseError('what the server says', 100, 'error'), { code });

it.each<[string, string]>([
  ['42P01', 'command_failed'],
  ['53300', 'out_of_resources'],
  ['57014', 'timeout'],
])('the answer %s is %s, and its step is in words that fit whoever opened the store', (state, code) => {
  const error = PostgresStoreError.from(answer(state));
  expect(error).toMatchObject({ code, message: expect.stringMatching(/^PostgreSQL refuses it \(what the server says\): .+\.$/) as string });
  expect(error.message).not.toContain('`');
});

it('a certificate that is not trusted is told without the option of the library alone', () => {
  expect(PostgresStoreError.from(failure('SELF_SIGNED_CERT_IN_CHAIN')).message).not.toContain('`');
});

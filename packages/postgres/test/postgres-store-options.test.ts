import { randomBytes } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openPostgresStore, type PostgresStoreOptions } from '../src/index.ts';

const keys = [randomBytes(32)];

describe('a store over PostgreSQL', () => {
  it.each<[string, string, Partial<PostgresStoreOptions>]>([
    ['another scheme', '`connection`', { connection: 'mysql://localhost/x' }],
    ['a key that is too short', '`keys`', { keys: [randomBytes(16)] }],
    ['no key', '`keys`', { keys: [] }],
    ['a table that is no name', '`table`', { table: 'x"; drop table users' }],
    ['TLS that verifies nobody', '`connection.ssl.rejectUnauthorized`', { connection: { ssl: { rejectUnauthorized: false } } }],
    ['a URL with such TLS', 'sslmode=no-verify', { connection: 'postgresql://a:s3cret@localhost/x?sslmode=no-verify' }],
    ['one among options', 'sslmode=no-verify', { connection: { connectionString: 'postgresql://localhost/x?sslmode=no-verify' } }],
    ['one in the manner of libpq', 'sslmode=require', { connection: 'postgresql://localhost/x?sslmode=require&uselibpqcompat=true' }],
    ['the mode that counts of two', 'verifies nobody', { connection: 'postgresql://localhost/x?sslmode=verify-full&sslmode=no-verify' }],
    ['a URL with such TLS in other words', 'verifies nobody', { connection: 'postgresql://localhost/x?ssl=no-verify' }],
    ['one without a host', 'verifies nobody', { connection: { connectionString: 'postgresql://a:s3cret@/x?host=h&sslmode=no-verify' } }],
    ['no connection', '`connections`', { connections: 0 }],
    ['no time for a command', '`commandTimeoutMs`', { commandTimeoutMs: 0 }],
  ])('refuses %s: the message names %s', async (_, name, options) => {
    const refusal: unknown = await openPostgresStore({ connection: 'postgresql://localhost/x', keys, ...options }).catch(
      (error: unknown) => error,
    );
    expect(refusal).toBeInstanceOf(TypeError);
    expect(String(refusal)).toContain(name);
    expect(String(refusal)).not.toContain('s3cret');
  });

  it('opens no connection to see what its options say', async () => {
    const connectionString = 'postgresql://127.0.0.1:1/x?sslmode=no-verify';
    const stream = () => {
      throw new Error('opened');
    };
    await expect(openPostgresStore({ keys, connection: { connectionString, stream } })).rejects.toThrow(/verifies nobody/);
  });

  it('refuses TLS that verifies nobody also where the environment asks for it, unless the options say otherwise', async () => {
    process.env['PGSSLMODE'] = 'no-verify';
    onTestFinished(() => void delete process.env['PGSSLMODE']);
    await expect(openPostgresStore({ keys, connection: 'postgresql://localhost/x' })).rejects.toThrow(/PGSSLMODE/);
    const store = await openPostgresStore({ keys, connection: 'postgresql://127.0.0.1:1/x?sslmode=verify-full' });
    await store.close();
  });
});

import { describe, expect, it } from 'vitest';
import { RedisStoreError } from './redis-store-error.ts';

const answer = (message: string): Error => Object.assign(new Error(message), { name: 'ReplyError' });
/** How a Redis before 7 tells an error inside a script. */
const wrapped = 'ERR Error running script (call to f_e6a86ad1a924540477c9472c2190eee2a2a70445): @user_script:1:';
const late = new RedisStoreError('timeout', 'Redis did not answer within 5 ms.');
const untrusted: NodeJS.ErrnoException = Object.assign(new Error('certificate has expired'), { code: 'CERT_HAS_EXPIRED' });

describe('the failure of a command', () => {
  it.each<[string, string]>([
    ["READONLY You can't write against a read only replica.", 'read_only'],
    ['OOM command not allowed', 'out_of_memory'],
    ['NOPERM no permissions', 'access_refused'],
    ['ERR no such thing', 'command_failed'],
    [`${wrapped} @user_script: 1: -READONLY You can't write against a read only replica.`, 'read_only'],
    [`${wrapped} @user_script: 1: -OOM command not allowed when used memory > 'maxmemory'.`, 'out_of_memory'],
    [`${wrapped} -OOM command not allowed when used memory > 'maxmemory'.`, 'out_of_memory'],
    [`${wrapped} WRONGTYPE Operation against a key holding the wrong kind of value`, 'command_failed'],
    [`${wrapped} @user_script: 1: The user executing the script can't run this command or subcommand`, 'access_refused'],
    ["ERR The user executing the script can't run this command or subcommand script: e6a8, on @user_script:1.", 'access_refused'],
    ["@user_script: 1: The user executing the script can't run this command or subcommand", 'access_refused'],
    ["ERR The user executing the script can't publish to the channel mentioned in the command", 'access_refused'],
  ])('that Redis answered with %s is told as that, whatever the connection failed with before', (message, code) => {
    expect(RedisStoreError.from(answer(message), untrusted)).toMatchObject({ code });
  });

  it.each<[string, unknown]>([
    ['was not answered in time', late],
    ['could not be sent', new Error('Connection is closed.')],
  ])('that %s is told as what keeps the connection from being made', (_what, error) => {
    expect(RedisStoreError.from(error, untrusted)).toMatchObject({ code: 'tls_error', cause: untrusted });
  });

  it('that was not answered in time is told as what the connection fails with, where anything says why', () => {
    const refused: NodeJS.ErrnoException = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    expect(RedisStoreError.from(late, refused)).toMatchObject({ code: 'connection_failed', cause: refused });
    expect(RedisStoreError.from(late, answer('WRONGPASS invalid username-password pair'))).toMatchObject({ code: 'access_refused' });
    expect(RedisStoreError.from(late, new Error('Failed to refresh slots cache.'))).toBe(late);
    expect(RedisStoreError.from(late, undefined)).toBe(late);
  });
});

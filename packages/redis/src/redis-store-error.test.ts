import { describe, expect, it } from 'vitest';
import { RedisStoreError } from './redis-store-error.ts';

const answer = (message: string): Error => Object.assign(new Error(message), { name: 'ReplyError' });
const untrusted: NodeJS.ErrnoException = Object.assign(new Error('certificate has expired'), { code: 'CERT_HAS_EXPIRED' });

describe('the failure of a command', () => {
  it.each<[string, string]>([
    ["READONLY You can't write against a read only replica.", 'read_only'],
    ['OOM command not allowed', 'out_of_memory'],
    ['NOPERM no permissions', 'access_refused'],
    ['ERR no such thing', 'command_failed'],
  ])('that Redis answered with %s is told as that, whatever the connection failed with before', (message, code) => {
    expect(RedisStoreError.from(answer(message), untrusted)).toMatchObject({ code });
  });

  it.each<[string, unknown]>([
    ['was not answered in time', new RedisStoreError('timeout', 'Redis did not answer within 5 ms.')],
    ['could not be sent', new Error('Connection is closed.')],
  ])('that %s is told as what keeps the connection from being made', (_what, error) => {
    expect(RedisStoreError.from(error, untrusted)).toMatchObject({ code: 'tls_error', cause: untrusted });
  });
});

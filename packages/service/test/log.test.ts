import { describe, expect, it } from 'vitest';
import { createLog, type Log } from '../src/index.ts';

const secret = 'S3cr3t-value-that-must-not-show';
const jwt = `eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJtZSJ9.${'c2ln'.repeat(20)}`;

function aLog(options: { pretty?: boolean; level?: string } = {}): {
  log: Log;
  text: () => string;
  lines: () => Record<string, unknown>[];
} {
  let text = '';
  const destination = {
    write: (line: string) => {
      text += line;
    },
  };
  const log = createLog({
    program: 'agent',
    pretty: options.pretty ?? false,
    destination,
    ...(options.level === undefined ? {} : { level: options.level }),
  });
  const lines = (): Record<string, unknown>[] =>
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { log, text: () => text, lines };
}

describe('createLog', () => {
  it('writes one JSON object a line with level, time, program and event', () => {
    const { log, lines } = aLog();
    log.info({ event: 'token.minted', fingerprint: '0123456789abcdef' }, 'minted');
    expect(lines()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        program: 'agent',
        event: 'token.minted',
        fingerprint: '0123456789abcdef',
        msg: 'minted',
      },
    ]);
  });

  it('is silent below its level', () => {
    const { log, text } = aLog({ level: 'warn' });
    log.info('nothing');
    expect(text()).toBe('');
    log.warn('something');
    expect(text()).toContain('something');
  });

  it.each([
    ['at the top', { client_secret: secret }],
    ['in headers', { req: { headers: { authorization: secret, cookie: secret, 'set-cookie': secret } } }],
    ['in an answer', { body: { access_token: secret } }],
    ['in a request three levels deep', { a: { b: { c: { client_assertion: secret } } } }],
    ['in the config', { app_key: secret, config: { clientSecret: secret } }],
    ['in an error', { err: Object.assign(new Error('failed'), { client_secret: secret }) }],
  ])('never writes a secret %s', (_case, fields) => {
    for (const pretty of [false, true]) {
      const { log, text } = aLog({ pretty });
      log.info({ event: 'test', ...fields }, 'kept');
      expect(text()).toContain('kept');
      expect(text()).not.toContain(secret);
    }
  });

  it.each([
    ['a JWT in a message', `rejected ${jwt} today`],
    ['an app key in a message', `key evk_${'a1B2'.repeat(12)} unknown`],
    ['a credential after its scheme', `sent Authorization: Bearer ${secret}`],
  ])('never writes %s', (_case, message) => {
    const { log, text, lines } = aLog();
    log.error({ err: new Error(message) }, message);
    expect(lines()).toHaveLength(1);
    expect(text()).not.toMatch(/eyJhbGci|evk_a1B2|S3cr3t/);
  });

  it('leaves fingerprints, URLs and ordinary words alone', () => {
    const { log, lines } = aLog();
    const fields = { url: 'https://localhost:8443/oauth/token', fingerprint: '0123456789abcdef', scope: 'read:clients' };
    log.info(fields, 'basic words of a bearer');
    expect(lines()[0]).toMatchObject({ ...fields, msg: 'basic words of a bearer' });
  });

  it('says to people what happened and what mends it, and shows the fields of what has no message', () => {
    const { log, text } = aLog({ pretty: true });
    log.info({ event: 'token.minted', token: 'default' }, 'minted');
    log.warn({ event: 'token.mint_failed', meaning: 'The secret is wrong.', step: 'Compare it.' }, 'no token:');
    log.warn({ event: 'token.refused', status: 401 });
    const lines = text().replaceAll(/\[\d\d:\d\d:\d\d\]/g, '[time]');
    expect(lines).toBe(
      '[time] INFO: minted\n[time] WARN: no token: The secret is wrong. Compare it.\n[time] WARN: token.refused {"status":401}\n',
    );
  });

  it('shows people the stack of an error', () => {
    const { log, text } = aLog({ pretty: true });
    log.error({ event: 'process.crashed', err: new Error('broken') }, 'stopping');
    expect(text()).toMatch(/stopping\n[\s\S]*Error: broken\n[\s\S]*log\.test\.ts/);
  });
});

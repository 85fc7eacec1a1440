import { describe, expect, it } from 'vitest';
import { aToken, aTokenStatus, secretKey, statusOf, withAgent } from './run-command.ts';

describe('evertoken token', () => {
  it('prints the bare live token and asks for it with the app key', async () => {
    const { run, terminal, seen } = await withAgent({ '/v1/tokens/orders': [200, aToken] });
    expect(await run('token', 'orders')).toBe(0);
    expect(terminal.printed).toEqual({ out: 'the-live-token\n', err: '' });
    expect(seen).toMatchObject([{ method: 'GET', headers: { authorization: `Bearer ${secretKey}` } }]);
  });

  it.each([
    [['--format', 'header'], 'Authorization: Bearer the-live-token\n'],
    [['--format', 'json'], `${JSON.stringify(aToken, undefined, 2)}\n`],
    [['--json'], `${JSON.stringify(aToken, undefined, 2)}\n`],
  ])('prints it with %j in that form', async (options, out) => {
    const { run, terminal } = await withAgent({ '/v1/tokens/orders': [200, aToken] });
    expect(await run('token', 'orders', ...options)).toBe(0);
    expect(terminal.printed.out).toBe(out);
  });

  it('hands on the life that is demanded, and quotes the name', async () => {
    const { run, seen } = await withAgent({ '/v1/tokens/a%2Fb?min_ttl=60': [200, aToken] });
    expect(await run('token', 'a/b', '--min-ttl', '60')).toBe(0);
    expect(seen.map((request) => request.url)).toEqual(['/v1/tokens/a%2Fb?min_ttl=60']);
  });

  it.each([
    ['the only one that may be read', [aTokenStatus('orders'), aTokenStatus('hidden', { may_read: false })], 'orders'],
    ['`default` among several', [aTokenStatus('orders'), aTokenStatus('default')], 'default'],
  ])('takes without a name %s', async (_case, tokens, name) => {
    const { run, terminal } = await withAgent({ '/v1/status': statusOf(...tokens), [`/v1/tokens/${name}`]: [200, aToken] });
    expect(await run('token')).toBe(0);
    expect(terminal.printed.out).toBe('the-live-token\n');
  });

  it('asks which one where there are several', async () => {
    const { run, terminal } = await withAgent({ '/v1/status': statusOf(aTokenStatus('a'), aTokenStatus('b')) });
    expect(await run('token')).toBe(2);
    expect(terminal.printed.err).toContain('There are several tokens: a, b');
  });

  it('tells what the agent says is wrong, and prints nothing else', async () => {
    const detail = 'No usable token `orders` is held. The issuer answered 401.';
    const { run, terminal, url } = await withAgent({ '/v1/tokens/orders': [503, { title: 'Service Unavailable', status: 503, detail }] });
    expect(await run('token', 'orders')).toBe(1);
    expect(terminal.printed.out).toBe('');
    expect(terminal.printed.err).toBe(
      [
        '✖ No usable token `orders` is held. The issuer answered 401',
        `  where:   ${url}/v1/tokens/orders (503)`,
        '  to mend: See what the issuer said with `evertoken status`; the agent goes on trying.',
        '',
      ].join('\n'),
    );
  });

  it('survives an agent that answers something else altogether', async () => {
    const { run, terminal } = await withAgent({ '/v1/tokens/orders': [200, '<html>'] });
    expect(await run('token', 'orders')).toBe(1);
    expect(terminal.printed.err).toContain('status 200 and no explanation');
  });

  it.each([
    ['no token', { token_type: 'Bearer' }],
    ['a token with another header in it', { ...aToken, access_token: 'x\r\nX-Admin: 1' }],
    ['a type with another header in it', { ...aToken, token_type: 'Bearer\nX-Admin: 1' }],
  ])('prints nothing of %s', async (_what, body) => {
    for (const format of ['value', 'header']) {
      const { run, terminal } = await withAgent({ '/v1/tokens/orders': [200, body] });
      expect([await run('token', 'orders', '--format', format), terminal.printed.out]).toEqual([1, '']);
      expect(terminal.printed.err).toContain('gave no token that fits into a header');
    }
  });

  it('never prints the app key, whatever goes wrong', async () => {
    const { run, terminal } = await withAgent({}, { env: { EVERTOKEN_DEBUG: '1' } });
    expect(await run('token', 'orders')).toBe(1);
    expect(terminal.printed.err).toContain('CliError');
    expect(terminal.printed.err).not.toContain(secretKey);
  });
});

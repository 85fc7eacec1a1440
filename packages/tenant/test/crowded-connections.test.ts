import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { type RunningTenant, runningTenant } from './running-tenant.ts';

const detail = 'At most 16 requests are answered at once on one connection. Wait for answers before you send more.';

/** Head and body of the refusal of the 17th of 20 requests that come in one breath. */
async function refusalOf({ url }: RunningTenant, request: string): Promise<{ head: string; body: unknown }> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(`${request} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n`.repeat(20));
  let text = '';
  for await (const part of socket.setEncoding('latin1')) text += String(part);
  const [head = '', body = ''] = text.slice(text.indexOf('HTTP/1.1 429 ')).split('\r\n\r\n');
  return { head, body: JSON.parse(body) };
}

it.each([
  ['POST /oauth/token?x', { error: 'too_many_requests', error_description: detail }],
  ['GET /api/v2/clients', { statusCode: 429, error: 'Too Many Requests', message: detail, errorCode: 'too_many_requests' }],
])('refuses more requests at once than a connection may have as Auth0 refuses too many: %s', async (request, expected) => {
  const { head, body } = await refusalOf(await runningTenant(), request);
  expect(body).toEqual(expected);
  for (const line of [/^X-Auth0-RequestId: ./im, /^Retry-After: 1$/im, /^Connection: close$/im]) expect(head).toMatch(line);
});

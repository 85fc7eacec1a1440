import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { goodRequest, type RunningTenant, runningTenant } from './running-tenant.ts';

const json = { 'content-type': 'application/json' };
const form = (parameters: Record<string, string>): string => new URLSearchParams(parameters).toString();

async function expectInvalidRequest(response: Response, status = 400): Promise<void> {
  expect(response.headers.get('content-type')).toBe('application/json');
  const body = (await response.json()) as Record<string, unknown>;
  expect({ status: response.status, error: body['error'] }).toEqual({ status, error: 'invalid_request' });
  expect(body['error_description']).toMatch(/\w/);
}

it('takes null in a token request for a parameter that is not there, as SDKs send what they were not given', async () => {
  const tenant = await runningTenant();
  const unset = Object.fromEntries(['scope', 'organization', 'resource', 'client_assertion'].map((name) => [name, null]));
  expect((await tenant.ask(JSON.stringify({ ...goodRequest(tenant), ...unset }), json)).status).toBe(200);
  const nothing = await tenant.ask(JSON.stringify({ ...goodRequest(tenant), grant_type: null }), json);
  expect([nothing.status, await nothing.json()]).toMatchObject([400, { error_description: 'Missing required parameter: grant_type' }]);
});

describe('a token request that cannot be read is refused as an OAuth error:', () => {
  it('another content type, or none', async () => {
    const tenant = await runningTenant();
    const body = form(goodRequest(tenant));
    for (const type of ['text/plain', 'multipart/form-data; boundary=x', 'application/jsonp', 'nonsense', ';', '']) {
      await expectInvalidRequest(await tenant.ask(body, { 'content-type': type }));
    }
    await expectInvalidRequest(await fetch(`${tenant.url}/oauth/token`, { method: 'POST' }));
  });

  it('a charset other than UTF-8', async () => {
    const tenant = await runningTenant();
    const body = form(goodRequest(tenant));
    await expectInvalidRequest(await tenant.ask(body, { 'content-type': 'application/x-www-form-urlencoded; charset=iso-8859-1' }));
    expect((await tenant.ask(body, { 'content-type': 'application/x-www-form-urlencoded; charset="utf-8"' })).status).toBe(200);
  });

  it('a parameter twice, known or unknown; but resource may be', async () => {
    const tenant = await runningTenant();
    const body = form(goodRequest(tenant));
    for (const name of ['scope', 'audience', 'client_id', 'unknown'])
      await expectInvalidRequest(await tenant.ask(`${body}&${name}=a&${name}=a`));
    expect((await tenant.ask(`${body}&resource=a&resource=b`)).status).toBe(200);
  });

  it('more than 16 KiB', async () => {
    const tenant = await runningTenant();
    const body = form(goodRequest(tenant));
    await expectInvalidRequest(await tenant.ask(`${body}&padding=${'x'.repeat(16 * 1024)}`), 413);
    expect((await tenant.ask(`${body}&padding=${'x'.repeat(15 * 1024)}`)).status).toBe(200);
  });

  it('bytes that are not UTF-8, raw or percent-encoded', async () => {
    const tenant = await runningTenant();
    const body = form(goodRequest(tenant));
    await expectInvalidRequest(await tenant.ask(Buffer.concat([Buffer.from(`${body}&x=`), Buffer.from([0xff, 0xfe])])));
    await expectInvalidRequest(await tenant.ask(`${body}&x=%ff`));
    await expectInvalidRequest(await tenant.ask(`${body}&x=%zz`));
    await expectInvalidRequest(await tenant.ask(Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x7d]), json));
  });

  it('JSON that is cut, or no object', async () => {
    const tenant = await runningTenant();
    const whole = JSON.stringify(goodRequest(tenant));
    for (const body of [whole.slice(0, -10), '', 'null', '[]', '"text"', '1', '['.repeat(10_000)]) {
      await expectInvalidRequest(await tenant.ask(body, json));
    }
  });

  it('values that are no strings', async () => {
    const tenant = await runningTenant();
    for (const name of ['grant_type', 'client_id', 'client_secret', 'audience', 'organization']) {
      for (const value of [1, true, {}, ['x']]) {
        await expectInvalidRequest(await tenant.ask(JSON.stringify({ ...goodRequest(tenant), [name]: value }), json));
      }
    }
  });

  it('names of prototypes', async () => {
    const tenant = await runningTenant();
    const good = goodRequest(tenant);
    for (const name of ['__proto__', 'constructor', 'prototype']) {
      await expectInvalidRequest(await tenant.ask(`${JSON.stringify(good).slice(0, -1)},"${name}":{"audience":"x"}}`, json));
      await expectInvalidRequest(await tenant.ask(`${form(good)}&${name}=x`));
    }
  });

  it('a body that ends before its announced length', async () => {
    const tenant = await runningTenant();
    const answer = await cutRequest(tenant);
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(tenant.lines.filter(({ event }) => event === 'request.failed')).toEqual([]);
  });

  it('and nothing that is thrown at it makes it fail', async () => {
    const tenant = await runningTenant();
    const names = fc.constantFrom('grant_type', 'client_id', 'client_secret', 'audience', 'scope', 'organization', 'toString', 'valueOf');
    const bodies = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => ({ type: 'application/x-www-form-urlencoded', body: Buffer.from(bytes) })),
      fc.json().map((text) => ({ type: 'application/json', body: Buffer.from(text) })),
      fc.dictionary(names, fc.jsonValue()).map((value) => ({ type: 'application/json', body: Buffer.from(JSON.stringify(value)) })),
      fc.dictionary(names, fc.string()).map((value) => ({ type: 'application/x-www-form-urlencoded', body: Buffer.from(form(value)) })),
    );
    await fc.assert(
      fc.asyncProperty(bodies, async ({ type, body }) => {
        const response = await tenant.ask(body, { 'content-type': type });
        const { error } = (await response.json()) as { error?: string };
        expect(response.status).toBeGreaterThanOrEqual(400);
        expect(response.status).toBeLessThan(500);
        expect(error).toMatch(/^[a-z_]+$/);
      }),
      { numRuns: 150 },
    );
  });
});

function cutRequest(tenant: RunningTenant): Promise<string> {
  const { port } = new URL(tenant.url);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(port), '127.0.0.1', () => {
      socket.end('POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"grant_type":');
    });
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}

it('a token request may name the whole URL, as clients of a proxy do (RFC 9112 §3.2.2)', async () => {
  const tenant = await runningTenant();
  const url = new URL('/oauth/token', tenant.url);
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const asking = request({ host: url.hostname, port: url.port, path: url.href, method: 'POST', headers });
  asking.end(new URLSearchParams(goodRequest(tenant)).toString());
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  expect([answer.statusCode, (JSON.parse(await text(answer)) as { token_type: string }).token_type]).toEqual([200, 'Bearer']);
});

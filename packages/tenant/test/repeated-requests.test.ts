import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { TokenIndex } from '../src/issue/token-index.ts';
import { RepeatedRequests } from '../src/oauth/repeated-requests.ts';
import { tenantWith } from './token-parties.ts';

describe('the same token request within a second', () => {
  it('gets the identical answer, and each answer its log line', async () => {
    const { tenant, own } = await tenantWith();
    const bodies: string[] = [];
    for (let count = 0; count < 5; count += 1) bodies.push(await (await tenant.ask(own.request)).text());
    expect(new Set(bodies).size).toBe(1);
    const lines = tenant.lines.filter(({ event }) => event === 'token.issued').map(({ time, ...line }) => [typeof time, line]);
    expect(lines).toEqual(Array.from({ length: 5 }, () => lines[0]));
    expect(lines[0]).toEqual([
      'string',
      expect.objectContaining({ client_id: own.request['client_id'], fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) }),
    ]);
    tenant.clock.nowMs += 1_000;
    expect(await (await tenant.ask(own.request)).text()).not.toBe(bodies[0]);
  });

  it('is another request when anything has changed that issuing reads', () => {
    const index = new TokenIndex('a.example');
    const repeated = new RepeatedRequests({ index, now: () => 1_790_000_000_000 });
    const name = (): string => repeated.nameOf({ headers: {} } as IncomingMessage, Buffer.from('the same'));
    const before = name();
    expect(name()).toBe(before);
    index.apply({ written: {}, removed: { clientGrants: ['cgr_1'] } });
    expect(name()).not.toBe(before);
  });

  it('with another secret, header or content type is another request', async () => {
    const { tenant, own } = await tenantWith();
    const form = new URLSearchParams(own.request).toString();
    // The first is not remembered yet: from the second on, an answer is there that could be given.
    for (let count = 0; count < 3; count += 1) expect((await tenant.ask(form)).status).toBe(200);
    expect((await tenant.ask({ ...own.request, client_secret: 'wrong' })).status).toBe(401);
    expect((await tenant.ask(form, { 'content-type': 'application/json' })).status).toBe(400);
    expect((await tenant.ask(form, { authorization: 'Basic eDp5' })).status).toBe(400);
    expect((await tenant.ask(form)).status).toBe(200);
  });

  it('with a wrong secret in its header, or with none, is another request', async () => {
    const { tenant, own } = await tenantWith();
    const { client_id = '', client_secret = '', ...rest } = own.request;
    const form = new URLSearchParams(rest).toString();
    const withSecret = (secret: string) => ({ authorization: `Basic ${Buffer.from(`${client_id}:${secret}`).toString('base64')}` });
    for (let count = 0; count < 3; count += 1) expect((await tenant.ask(form, withSecret(client_secret))).status).toBe(200);
    expect((await tenant.ask(form, withSecret('wrong'))).status).toBe(401);
    expect((await tenant.ask(form)).status).toBe(400);
  });

  it('counts against a quota each time', async () => {
    const { tenant, own } = await tenantWith({ application: { token_quota: { client_credentials: { per_hour: 2 } } } });
    const statuses: number[] = [];
    for (let count = 0; count < 3; count += 1) statuses.push((await tenant.ask(own.request)).status);
    expect(statuses).toEqual([200, 200, 429]);
  });
});

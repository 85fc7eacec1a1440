import { describe, expect, it } from 'vitest';
import { newApplication } from '../src/model/new-application.ts';
import { type Client, create, list, names } from './clients-of-tenant.ts';
import { insert, machine, type RunningTenant, runningTenant } from './running-tenant.ts';

/** A tenant with the three seeded clients and 120 more, and a token that may see everything of them. */
async function bigTenant(): Promise<{ tenant: RunningTenant; token: string }> {
  const { prepare, credentials } = machine(['read:clients', 'read:client_keys']);
  const tenant = await runningTenant({
    prepare: async (store, seeded) => {
      await prepare(store, seeded);
      const applications = Array.from({ length: 119 }, (_, at) =>
        newApplication({ name: `App ${at}`, app_type: at % 2 === 0 ? 'spa' : 'native' }, 0),
      );
      await insert(store, { applications });
    },
  });
  return { tenant, token: await tenant.token(credentials) };
}

describe('GET /api/v2/clients', () => {
  it('lists what a new tenant has, the global client last', async () => {
    const tenant = await runningTenant();
    const clients = await list(tenant, '');
    expect(clients.map(({ name, app_type, global }) => [name, app_type, global])).toEqual([
      ['Default App', undefined, false],
      ['Evertoken Agent', 'non_interactive', false],
      ['All Applications', undefined, true],
    ]);
    expect(clients[1]).toMatchObject({
      tenant: '127',
      client_id: tenant.application.clientId,
      grant_types: ['client_credentials'],
      token_endpoint_auth_method: 'client_secret_post',
    });
    expect(clients[2]).not.toHaveProperty('grant_types');
  });

  it('leaves secrets out silently for read:clients, and shows them to read:client_keys without any private key', async () => {
    const { prepare, credentials } = machine(['read:client_keys']);
    const tenant = await runningTenant({ prepare });
    for (const client of await list(tenant, '')) {
      expect(client).not.toHaveProperty('client_secret');
      expect(client).not.toHaveProperty('signing_keys');
    }
    const agent = (await list(tenant, '', await tenant.token(credentials)))[1]!;
    expect(agent['client_secret']).toBe(tenant.application.clientSecret);
    expect(agent['signing_keys']).toEqual([
      {
        cert: expect.stringMatching(/^-----BEGIN CERTIFICATE-----/) as string,
        pkcs7: expect.stringMatching(/^-----BEGIN PKCS7-----/) as string,
        subject: '/CN=localhost',
      },
    ]);
    expect(JSON.stringify(agent)).not.toContain('PRIVATE KEY');
  });

  it('shows a summary to read:client_summary, and secrets but no settings to read:client_credentials', async () => {
    const summary = machine(['read:client_summary']);
    const credentials = machine(['read:client_credentials']);
    const tenant = await runningTenant({
      prepare: async (store, seeded) => {
        await summary.prepare(store, seeded);
        await credentials.prepare(store, seeded);
      },
    });
    const [, seen] = await list(tenant, '', await tenant.token(summary.credentials));
    expect(Object.keys(seen!).sort()).toEqual(['app_type', 'client_id', 'name']);
    const [, secret] = await list(tenant, '', await tenant.token(credentials.credentials));
    expect(Object.keys(secret!).sort()).toEqual(['app_type', 'client_id', 'client_secret', 'name', 'signing_keys']);
  });

  it('cuts to the fields asked for, always with tenant, or leaves them out', async () => {
    const tenant = await runningTenant();
    expect((await list(tenant, '?fields=name,owners'))[0]).toEqual({ tenant: '127', name: 'Default App' });
    const [without] = await list(tenant, '?fields=name,tenant,client_secret&include_fields=false');
    expect(without).not.toHaveProperty('name');
    expect(without).toMatchObject({ tenant: '127', oidc_conformant: false });
  });

  it('refuses fields that the token may not see', async () => {
    const tenant = await runningTenant();
    const response = await tenant.api('/clients?fields=name,client_secret');
    expect(await response.json()).toEqual({
      statusCode: 403,
      error: 'Forbidden',
      message: 'Some fields cannot be read with the permissions granted by the bearer token scopes',
      errorCode: 'insufficient_scope',
    });
  });

  it('filters by is_global, is_first_party and app_type', async () => {
    const tenant = await runningTenant();
    await create(tenant, { name: 'Third', app_type: 'spa', is_first_party: false });
    expect(names(await list(tenant, '?is_global=true'))).toEqual(['All Applications']);
    expect(names(await list(tenant, '?is_global=false'))).toEqual(['Default App', 'Evertoken Agent', 'Third']);
    expect(names(await list(tenant, '?is_first_party=false'))).toEqual(['Third']);
    expect(names(await list(tenant, '?app_type=spa,non_interactive'))).toEqual(['Evertoken Agent', 'Third']);
    expect(names(await list(tenant, '?app_type=native'))).toEqual([]);
  });

  it('pages by number: 50 at first, at most 100, a page beyond the end empty', async () => {
    const { tenant, token } = await bigTenant();
    const all = names(await list(tenant, '?per_page=100', token)).concat(names(await list(tenant, '?per_page=100&page=1', token)));
    expect(all).toHaveLength(123);
    expect(new Set(all).size).toBe(123);
    expect(all.at(-1)).toBe('All Applications');
    expect(await list(tenant, '', token)).toHaveLength(50);
    expect(await list(tenant, '?page=9', token)).toEqual([]);
    expect(await list(tenant, '?page=99999999999', token)).toEqual([]);
    expect(await list(tenant, '?per_page=0', token)).toEqual([]);
  });

  it('tells totals in an envelope', async () => {
    const { tenant, token } = await bigTenant();
    const response = await tenant.api('/clients?include_totals=true&page=2&per_page=50&is_global=false', { token });
    const body = (await response.json()) as Record<string, unknown>;
    expect(Object.keys(body)).toEqual(['total', 'start', 'limit', 'clients']);
    expect(body).toMatchObject({ total: 122, start: 100, limit: 50 });
    expect(body['clients']).toHaveLength(22);
  });

  it('links to the first, next and last page', async () => {
    const { tenant, token } = await bigTenant();
    const link = async (query: string): Promise<string | null> => (await tenant.api(`/clients${query}`, { token })).headers.get('link');
    const at = (page: number): string => `<http://${tenant.domain}/api/v2/clients?fields=name%2Ccallbacks&per_page=50&page=${page}>`;
    expect(await link('?fields=name,callbacks&per_page=50')).toBe(`${at(0)}; rel="first", ${at(1)}; rel="next", ${at(2)}; rel="last"`);
    expect(await link('?fields=name,callbacks&per_page=50&page=2')).toBe(`${at(0)}; rel="first", ${at(2)}; rel="last"`);
    expect(await link('?take=2')).toBeNull();
  });

  it('pages by checkpoint through everything once; checkpoint wins over totals', async () => {
    const { tenant, token } = await bigTenant();
    const seen: unknown[] = [];
    let next: string | undefined;
    do {
      const query = `?take=50&include_totals=true${next === undefined ? '' : `&from=${next}`}`;
      const body = (await (await tenant.api(`/clients${query}`, { token })).json()) as { next?: string; clients: Client[] };
      expect(Object.keys(body)).toEqual(seen.length < 100 ? ['next', 'clients'] : ['clients']);
      seen.push(...names(body.clients));
      next = body.next;
    } while (next !== undefined);
    expect(seen).toEqual([
      ...names(await list(tenant, '?per_page=100', token)),
      ...names(await list(tenant, '?per_page=100&page=1', token)),
    ]);
  });

  it('shows by checkpoint what is there now, with a mark of that moment, also where it was asked before', async () => {
    const { prepare, credentials } = machine(['read:clients', 'update:clients']);
    const tenant = await runningTenant({ prepare });
    const first = async (): Promise<{ next: string; clients: Client[] }> =>
      (await (await tenant.api('/clients?take=2')).json()) as { next: string; clients: Client[] };
    const before = await first();
    tenant.clock.nowMs += 23 * 3_600_000;
    const later = await first();
    expect(later.clients).toEqual(before.clients);
    tenant.clock.nowMs += 2 * 3_600_000;
    expect((await tenant.api(`/clients?from=${before.next}`)).status).toBe(400);
    expect((await tenant.api(`/clients?from=${later.next}`)).status).toBe(200);
    const headers = { 'content-type': 'application/json' };
    const change = { method: 'PATCH', headers, body: '{"name":"renamed"}', token: await tenant.token(credentials) };
    expect((await tenant.api(`/clients/${before.clients[1]!['client_id']}`, change)).status).toBe(200);
    expect(names((await first()).clients)).toEqual([before.clients[0]!['name'], 'renamed']);
  });

  it('shows a page by checkpoint to each as far as it may see it', async () => {
    const { tenant, token } = await bigTenant();
    const seen = async (init: { token?: string }): Promise<Client> =>
      ((await (await tenant.api('/clients?take=1', init)).json()) as { clients: [Client] }).clients[0];
    expect(await seen({ token })).toHaveProperty('client_secret');
    expect(await seen({})).not.toHaveProperty('client_secret');
    expect(await seen({ token })).toHaveProperty('client_secret');
  });

  it('takes a checkpoint for 24 hours, and none that it did not give', async () => {
    const tenant = await runningTenant();
    const { next } = (await (await tenant.api('/clients?take=1')).json()) as { next: string };
    expect((await tenant.api(`/clients?from=${next}`)).status).toBe(200);
    tenant.clock.nowMs += 24 * 3_600_000;
    const forged = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    for (const from of [next, 'x', forged({}), forged(['0.1']), forged(['0.1;', tenant.clock.nowMs]), forged([1, 1])]) {
      const response = await tenant.api(`/clients?from=${from}`);
      expect(await response.json()).toMatchObject({ statusCode: 400, error: 'Bad Request', errorCode: 'invalid_paging' });
    }
  });

  it('refuses queries in the words of the real service', async () => {
    const tenant = await runningTenant();
    const messages = {
      '?foo=1&bar=2': "Query validation error: 'Additional properties not allowed: foo,bar'",
      '?per_page=101':
        "Query validation error: 'Value 101 is greater than maximum 100' on property per_page (Number of results per page.).",
      '?page=-1':
        "Query validation error: 'Value -1 is less than minimum 0' on property page (Page index of the results to return. First page is 0.).",
      '?take=0': "Query validation error: 'Value 0 is less than minimum 1' on property take (Number of results per page. Defaults to 50.).",
      '?page=x':
        "Query validation error: 'Expected type integer but found type string' on property page (Page index of the results to return. First page is 0.).",
      '?is_global=1&page=0':
        "Query validation error: 'Expected type boolean but found type string' on property is_global (Optional filter on the global client parameter.).",
      '?fields=a&fields=b': /^Query validation error: 'Expected type string but found type array' on property fields \(/,
    };
    for (const [query, message] of Object.entries(messages)) {
      expect(await (await tenant.api(`/clients${query}`)).json()).toEqual({
        statusCode: 400,
        error: 'Bad Request',
        message: typeof message === 'string' ? message : (expect.stringMatching(message) as string),
        errorCode: 'invalid_query_string',
      });
    }
  });
});

describe('GET /api/v2/clients/{id}', () => {
  it('shows one client as the list does', async () => {
    const tenant = await runningTenant();
    const [, agent] = await list(tenant, '');
    expect(await (await tenant.api(`/clients/${tenant.application.clientId}`)).json()).toEqual(agent);
    expect(await (await tenant.api(`/clients/${tenant.application.clientId}?fields=name`)).json()).toEqual({
      tenant: '127',
      name: 'Evertoken Agent',
    });
  });

  it('says that there is no such client', async () => {
    const tenant = await runningTenant();
    for (const id of ['nobody', '%00', '%F0%9F%98%80', 'x'.repeat(1_000)]) {
      expect(await (await tenant.api(`/clients/${id}`)).json()).toEqual({
        statusCode: 404,
        error: 'Not Found',
        message: 'The client does not exist',
        errorCode: 'inexistent_client',
      });
    }
  });
});

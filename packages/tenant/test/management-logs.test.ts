import { openStateFolder } from '@evertoken/service';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { LogEntry } from '../src/model/log-entry.ts';
import { logPlaceAt } from '../src/model/log-id.ts';
import { openTenantStore } from '../src/store/open-tenant-store.ts';
import { type AdministeredTenant, administeredTenant, refusal } from './administered-tenant.ts';
import { runsOf } from './store-contract/a-tenant.ts';

type Event = { log_id: string; type: string; [field: string]: unknown };

const startMs = Date.UTC(2026, 0, 1);

/** Entries of 2026, an hour apart, of two clients in turn. */
const entries: readonly LogEntry[] = Array.from({ length: 6 }, (_, at) => {
  const [atMs, type] = [startMs + at * 3_600_000, at < 4 ? 'seccft' : 'feccft'];
  const id = `${logPlaceAt(atMs)}${String(at).padStart(20, '0')}`;
  const clientId = at % 2 === 0 ? 'even' : 'odd';
  return { id, atMs, type, clientId, event: { description: `entry ${at}` } };
});
/** What is shown of an entry: all but what depends on the tenant. */
const shown = ({ id, atMs, type, clientId, event }: LogEntry): Record<string, unknown> => ({
  date: new Date(atMs).toISOString(),
  type,
  ...event,
  client_id: clientId,
  log_id: id,
  _id: id,
});
const [first, second, third] = entries.map(shown) as [object, object, object];

/** A tenant whose log holds {@link entries}; its own come after them. */
const withEntries = (): Promise<AdministeredTenant> =>
  administeredTenant({ clock: { nowMs: startMs + 86_400_000 }, prepare: (store) => store.appendLogs(runsOf(entries)) });

/** Id of the newest entry in the state folder `path`. */
async function newestIdIn(path: string): Promise<string | undefined> {
  const store = await openTenantStore({ kind: 'sqlite', folder: await openStateFolder(path) });
  const { items } = await store.logs({ order: 'newest first', page: { kind: 'after', after: undefined, limit: 1 } });
  await store.close();
  return items[0]?.id;
}

const search = async (tenant: AdministeredTenant, query: string): Promise<unknown[]> =>
  (await tenant.call<Event[]>('GET', `/logs?${query}`)).body.map(({ description }) => description);

describe('/api/v2/logs', () => {
  it('shows one entry whole, and says where there is none', async () => {
    const tenant = await withEntries();
    expect((await tenant.call('GET', `/logs/${entries[0]?.id}`)).body).toEqual({
      ...first,
      connection_id: '',
      client_name: '',
      ip: '',
      user_agent: '',
      hostname: tenant.domain,
      user_id: '',
      user_name: '',
      audience: '',
      $event_schema: { version: '1.0.0' },
      environment_name: 'evertoken',
      tenant_name: '127',
      isMobile: false,
    });
    for (const id of ['none', '900', '%00']) {
      expect((await tenant.call('GET', `/logs/${id}`)).body).toEqual(refusal(404, 'Not Found', 'Log not found'));
    }
  });

  it('shows an entry that was kept whole as it was kept', async () => {
    const [entry] = entries as [LogEntry];
    const event = { ...shown(entry), hostname: 'former.example', tenant_name: 'former', client_ip: '192.0.2.1' };
    const tenant = await administeredTenant({
      clock: { nowMs: startMs + 86_400_000 },
      prepare: (store) => store.appendLogs(runsOf([{ ...entry, event }])),
    });
    expect((await tenant.call('GET', `/logs/${entry.id}`)).body).toMatchObject(event);
  });

  it('pages by number, the newest first unless told otherwise, with totals that have a length', async () => {
    const tenant = await withEntries();
    expect(await search(tenant, 'q=client_id:"even"')).toEqual(['entry 4', 'entry 2', 'entry 0']);
    expect(await search(tenant, 'q=client_id:"even"&sort=date:1&per_page=2')).toEqual(['entry 0', 'entry 2']);
    expect((await tenant.call('GET', '/logs?q=client_id:even&sort=date:1&per_page=2&page=1&include_totals=true')).body).toMatchObject({
      total: 3,
      start: 2,
      limit: 2,
      length: 1,
      logs: [{ description: 'entry 4' }],
    });
    expect((await tenant.call('GET', '/logs?sort=date:1&per_page=1&page=1000')).body).toEqual([]);
  });

  it('may be read without an entry for it, though entries name secrets', async () => {
    const tenant = await withEntries();
    const { body } = await tenant.call<{ client_id: string }>('POST', '/clients', { name: 'with a secret' });
    await expect.poll(() => search(tenant, 'q=type:"sapi"')).toEqual(['Create a client']);
    await tenant.call('GET', '/logs?take=100');
    await tenant.call('GET', `/clients/${body.client_id}?fields=client_secret`);
    // The one after it is there, so that those before it would be.
    await expect.poll(() => search(tenant, 'q=type:"mgmt_api_read"')).toEqual(['Get client by ID']);
  });

  it('pages by checkpoint: a bare array, and a link over https to what comes after', async () => {
    const tenant = await withEntries();
    const { headers, body } = await tenant.call<Event[]>('GET', '/logs?take=2');
    expect(body).toMatchObject([first, second]);
    expect(headers.get('link')).toBe(`<https://${tenant.domain}/api/v2/logs?from=${entries[1]?.id}&take=2>; rel="next"`);
    expect((await tenant.call('GET', `/logs?from=${entries[1]?.id}&take=1`)).body).toMatchObject([third]);
    expect((await tenant.call('GET', '/logs?from=entry')).body).toMatchObject({ statusCode: 400, errorCode: 'invalid_query_string' });
    expect((await tenant.call('GET', '/logs?take=101')).body).toMatchObject({ statusCode: 400, errorCode: 'invalid_query_string' });
  });

  it('ends a checkpoint page with a link to the same place, where new entries will come', async () => {
    const tenant = await withEntries();
    const last = '9'.repeat(40);
    const { headers, body } = await tenant.call('GET', `/logs?from=${last}`);
    expect(body).toEqual([]);
    expect(headers.get('link')).toBe(`<https://${tenant.domain}/api/v2/logs?from=${last}&take=50>; rel="next"`);
  });

  it('searches by type and client, and by all else that an entry shows', async () => {
    const tenant = await withEntries();
    const found = (q: string): Promise<unknown[]> => search(tenant, `q=${encodeURIComponent(q)}&sort=date:1`);
    expect(await found('type:"feccft" AND client_id:"odd"')).toEqual(['entry 5']);
    expect(await found('client_id:odd AND type:("seccft" OR "feccft")')).toEqual(['entry 1', 'entry 3', 'entry 5']);
    expect(await search(tenant, 'search=client_id:"nobody"')).toEqual([]);
    expect(await found('type:f* OR description:"entry 0"')).toEqual(['entry 0', 'entry 4', 'entry 5']);
    expect(await found('date:[2026-01-01T02:00:00 TO 2026-01-01T04:00:00} AND NOT client_id:odd')).toEqual(['entry 2']);
    expect(await found(`log_id:[* TO ${entries[2]?.id}} AND hostname:"${tenant.domain}"`)).toEqual(['entry 0', 'entry 1']);
    const { body } = await tenant.call<object>('GET', '/logs?q=description:entry*&per_page=2&page=1&sort=date:1&include_totals=true');
    expect(body).toMatchObject({ total: 6, start: 2, limit: 2, length: 2, logs: [third, {}] });
  });

  it('refuses a search that it does not understand, and says what of it', async () => {
    const tenant = await withEntries();
    expect((await tenant.call('GET', `/logs?q=${encodeURIComponent('type:a type:b')}`)).body).toEqual(
      refusal(
        400,
        'Bad Request',
        "Query validation error: 'The search is not understood: AND or OR is missing before type:b' on property q.",
        'invalid_query_string',
      ),
    );
  });

  it('cuts entries to the fields that were asked for', async () => {
    const tenant = await withEntries();
    expect((await tenant.call('GET', '/logs?q=client_id:odd&fields=type,log_id&per_page=1')).body).toEqual([
      { type: 'feccft', log_id: entries[5]?.id },
    ]);
    const [without] = (await tenant.call<Event[]>('GET', '/logs?sort=date:1&per_page=1&fields=type,date&include_fields=false')).body;
    expect(without).toMatchObject({ description: 'entry 0', client_id: 'even', log_id: entries[0]?.id, _id: entries[0]?.id });
    expect(Object.keys(without ?? {})).not.toContainEqual(expect.stringMatching(/^(type|date)$/));
  });

  it('gives everything by checkpoint, whatever else is asked for', async () => {
    const tenant = await withEntries();
    expect((await tenant.call('GET', '/logs?take=2&q=type:"feccft"&fields=type&sort=date:-1')).body).toMatchObject([first, second]);
  });

  it('meets each entry once by checkpoint while others are written, and by number some again', async () => {
    const former = entries.slice(0, 4);
    const tenant = await administeredTenant({
      clock: { nowMs: startMs + 86_400_000 },
      prepare: (store) => store.appendLogs(runsOf(former)),
    });
    const store = await openTenantStore({ kind: 'sqlite', folder: await openStateFolder(tenant.path) });
    onTestFinished(() => store.close());
    expect(await search(tenant, 'q=client_id:even&per_page=1')).toEqual(['entry 2']);
    expect(await search(tenant, 'take=4')).toEqual(['entry 0', 'entry 1', 'entry 2', 'entry 3']);
    await store.appendLogs(runsOf(entries.slice(4)));
    expect(await search(tenant, 'q=client_id:even&per_page=1&page=1')).toEqual(['entry 2']);
    expect(await search(tenant, `from=${entries[3]?.id}&take=2`)).toEqual(['entry 4', 'entry 5']);
  });

  it('gives by checkpoint what was written after a restart with a clock that was set back', async () => {
    const ahead = await withEntries();
    await ahead.close();
    const last = await newestIdIn(ahead.path);
    const tenant = await administeredTenant({ path: ahead.path, clock: { nowMs: startMs + 43_200_000 } });
    await tenant.call('POST', '/clients', { name: 'Made then' });
    await expect.poll(() => search(tenant, `from=${last}`)).toContain('Create a client');
  });

  it('may be read with either of its scopes', async () => {
    const tenant = await withEntries();
    for (const scope of ['read:logs', 'read:logs_users']) {
      expect((await tenant.api('/logs', { token: await tenant.tokenWith(scope) })).status).toBe(200);
    }
    const refused = await tenant.api('/logs', { token: await tenant.tokenWith('read:clients') });
    expect(await refused.json()).toEqual(
      refusal(403, 'Forbidden', 'Insufficient scope, expected any of: read:logs,read:logs_users', 'insufficient_scope'),
    );
  });
});

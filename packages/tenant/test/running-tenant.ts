import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { createLog, type Log, openStateFolder } from '@evertoken/service';
import { onTestFinished } from 'vitest';
import { startTenant, type Tenant, type TenantOptions } from '../src/index.ts';
import { newClientGrant } from '../src/model/client-grant.ts';
import { newApplication } from '../src/model/new-application.ts';
import { newClientGrantId } from '../src/model/random-id.ts';
import { type Seeded, seed } from '../src/seed.ts';
import { openTenantStore } from '../src/store/open-tenant-store.ts';
import type { TenantRecords, TenantStore } from '../src/store/tenant-store.ts';
import { expectDescribed } from './response-check.ts';

const startMs = 1_790_000_000_000;

/** A log line as it was written. */
export type LogLine = { event?: string; [field: string]: unknown };

/** A log that keeps its lines. */
export function recordingLog(): { log: Log; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString().split('\n')) if (line !== '') lines.push(JSON.parse(line) as LogLine);
      done();
    },
  });
  return { log: createLog({ program: 'tenant-test', pretty: false, destination }), lines };
}

/** A folder that is gone when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'evertoken-tenant-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** A tenant over http on a free port of 127.0.0.1, and what a test of it needs. */
export interface RunningTenant extends Tenant {
  readonly lines: LogLine[];
  readonly path: string;
  /** Epoch ms; the tenant's clock reads it. */
  readonly clock: { nowMs: number };
  token(parameters?: Record<string, string>): Promise<string>;
  /** Calls the Management API with a token of the seeded application. */
  api(path: string, init?: RequestInit & { token?: string }): Promise<Response>;
  /** Sends a token request; an object becomes a form. */
  ask(body: Record<string, string> | string | Uint8Array, headers?: Record<string, string>): Promise<Response>;
}

/** Writes what no API offers yet into the store of a tenant before it starts. */
export type Prepare = (store: TenantStore, seeded: Seeded) => Promise<void>;

// Keys are slow to make. So one seeded state is kept, as bytes, and each test starts from a copy.
let seededFiles: Promise<Map<string, Buffer>> | undefined;

async function seedOnce(): Promise<Map<string, Buffer>> {
  const path = await mkdtemp(join(tmpdir(), 'evertoken-tenant-seed-'));
  try {
    await prepareStore(path, startMs, () => Promise.resolve());
    return filesOf(path);
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

/** The files of a tenant in the state folder `path` as they are on the disk now, also while it runs. */
export function filesOf(path: string): Map<string, Buffer> {
  const folder = join(path, 'tenant');
  // In one go: libsql ends a closed connection, and removes its journal, when the garbage collector finds it. The -shm file is no state.
  const names = readdirSync(folder).filter((name) => !/-shm$|\.sock$/.test(name));
  return new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
}

/** A state folder that holds `files`, gone when the test ends. Default: those of a tenant after its first start. */
export async function stateWith(files?: Map<string, Buffer>): Promise<string> {
  seededFiles ??= seedOnce();
  const path = await temporaryFolder();
  await mkdir(join(path, 'tenant'), { mode: 0o700 });
  for (const [name, content] of files ?? (await seededFiles)) await writeFile(join(path, 'tenant', name), content, { mode: 0o600 });
  return path;
}

async function prepareStore(path: string, nowMs: number, prepare: Prepare): Promise<void> {
  const store = await openTenantStore({ kind: 'sqlite', folder: await openStateFolder(path) });
  await prepare(store, await seed(store, { host: 'localhost', nowMs }));
  await store.close();
}

/** Writes new records in one transaction. */
export async function insert(store: TenantStore, records: TenantRecords): Promise<void> {
  await store.write((transaction) => transaction.insert(records));
}

/** An application with a grant of `scope` on the Management API, to be written by {@link Prepare}. */
export function machine(scope: readonly string[]): { prepare: Prepare; credentials: { client_id: string; client_secret: string } } {
  const application = newApplication({ name: 'Machine', app_type: 'non_interactive', grant_types: ['client_credentials'] }, startMs);
  return {
    prepare: (store, { managementApiId: resourceServerId }) =>
      insert(store, {
        applications: [application],
        clientGrants: [newClientGrant({ id: newClientGrantId(), clientId: application.clientId, resourceServerId, scope })],
      }),
    credentials: { client_id: application.clientId, client_secret: application.clientSecret },
  };
}

/** Starts a tenant that ends with the test. */
export async function runningTenant(
  options: Partial<TenantOptions> & { path?: string; clock?: { nowMs: number }; prepare?: Prepare } = {},
): Promise<RunningTenant> {
  const { path = await stateWith(), clock = { nowMs: startMs }, prepare, ...rest } = options;
  if (prepare !== undefined) await prepareStore(path, clock.nowMs, prepare);
  const { log, lines } = recordingLog();
  const tenant = await startTenant({
    folder: await openStateFolder(path),
    listen: { kind: 'http', host: '127.0.0.1', port: 0 },
    certificate: () => Promise.reject(new Error('no https in this test')),
    log,
    now: () => clock.nowMs,
    ...rest,
  });
  onTestFinished(() => tenant.close());
  const ask: RunningTenant['ask'] = (body, headers = {}) =>
    fetch(`${tenant.url}/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: body instanceof Uint8Array || typeof body === 'string' ? Buffer.from(body) : new URLSearchParams(body).toString(),
    });
  const token: RunningTenant['token'] = async (parameters = {}) => {
    const answer = (await (await ask({ ...goodRequest(tenant), ...parameters })).json()) as { access_token: string };
    return answer.access_token;
  };
  const api: RunningTenant['api'] = async (apiPath, { token: given, ...init } = {}) => {
    const headers = { authorization: `Bearer ${given ?? (await token())}`, ...(init.headers as Record<string, string> | undefined) };
    const response = await fetch(`${tenant.url}/api/v2${apiPath}`, { ...init, headers });
    await expectDescribed(init.method ?? 'GET', apiPath, response);
    return response;
  };
  return { ...tenant, lines, path, clock, ask, token, api };
}

/** The parameters of a token request of the seeded application that is granted. */
export function goodRequest({ application }: Pick<Tenant, 'application'>): Record<string, string> {
  const { clientId, clientSecret, audience } = application;
  return { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, audience };
}

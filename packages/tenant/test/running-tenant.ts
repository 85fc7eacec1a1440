import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { createLog, type Log, openStateFolder } from '@evertoken/service';
import { onTestFinished } from 'vitest';
import { startTenant, type Tenant, type TenantOptions } from '../src/index.ts';

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
  api(path: string, init?: RequestInit): Promise<Response>;
}

/** Starts a tenant that ends with the test. */
export async function runningTenant(
  options: Partial<TenantOptions> & { path?: string; clock?: { nowMs: number } } = {},
): Promise<RunningTenant> {
  const { path = await temporaryFolder(), clock = { nowMs: 1_790_000_000_000 }, ...rest } = options;
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
  const token = async (parameters: Record<string, string> = {}): Promise<string> => {
    const { clientId, clientSecret, audience } = tenant.application;
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      audience,
      ...parameters,
    });
    const answer = (await (await fetch(`${tenant.url}/oauth/token`, { method: 'POST', body })).json()) as { access_token: string };
    return answer.access_token;
  };
  const api = async (apiPath: string, init: RequestInit = {}): Promise<Response> => {
    const headers = { authorization: `Bearer ${await token()}`, ...(init.headers as Record<string, string> | undefined) };
    return await fetch(`${tenant.url}/api/v2${apiPath}`, { ...init, headers });
  };
  return { ...tenant, lines, path, clock, token, api };
}

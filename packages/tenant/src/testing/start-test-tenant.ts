import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { createLog, type LocalCa, openLocalCa, openStateFolder, type StateFolder } from '@evertoken/service';
import { checkedFault } from '../controls/checked-fault.ts';
import type { Fault } from '../controls/fault.ts';
import { openTenantOperations } from '../operate/open-operations.ts';
import { startTenant, type Tenant } from '../tenant.ts';
import type { DeployDocument, DeployRecord } from '../transfer/deploy-document.ts';
import { askForToken } from './ask-for-token.ts';
import { testDocument } from './test-document.ts';
import type { Credentials, TestTenant, TestTenantOptions } from './test-tenant.ts';

/**
 * Starts a tenant in this process, on a free port of localhost, with its state in a temporary folder. End it with `close`, or `await using`.
 *
 * ```ts
 * const tenant = await startTestTenant({ applications: [{ name: 'worker', grants: { 'https://api.example/': ['read:things'] } }] });
 * ```
 *
 * @throws {TenantError} `document_invalid` for applications and APIs that the tenant does not take.
 */
export async function startTestTenant(options: TestTenantOptions = {}): Promise<TestTenant> {
  const path = await mkdtemp(join(tmpdir(), 'evertoken-test-tenant-'));
  try {
    return await startIn(path, options);
  } catch (error) {
    await rm(path, { recursive: true, force: true });
    throw error;
  }
}

async function startIn(path: string, options: TestTenantOptions): Promise<TestTenant> {
  const { tls = true, port = 0, rateLimitPlan, tokenLifetimeSeconds, now, random } = options;
  const folder = await openStateFolder(path);
  const ca = await openLocalCa(folder);
  const tenant = await startTenant({
    folder,
    listen: { kind: tls ? 'https' : 'http', host: 'localhost', port },
    certificate: ca.serverCertificate,
    holdsFolder: false,
    issuerScheme: tls ? 'https' : 'http',
    // Runners give a hook some seconds, and nobody is there any more for the answer.
    closeGraceMs: 0,
    document: merged(testDocument(options.apis ?? [], options.applications ?? []), options.document ?? {}),
    controls: random === undefined ? {} : { random },
    log: createLog({ program: 'tenant', pretty: false, destination: linesTo(options.onLogLine) }),
    ...(rateLimitPlan !== undefined && { rateLimitPlan }),
    ...(tokenLifetimeSeconds !== undefined && { tokenLifetimeSeconds }),
    ...(now !== undefined && { now }),
  });
  const clients = await clientsIn(folder).catch(async (error: unknown) => {
    await tenant.close();
    throw error;
  });
  const credentials = new Map(
    clients.map(({ name, client_id: id, client_secret: secret }) => [
      String(name),
      { clientId: String(id), clientSecret: typeof secret === 'string' ? secret : '' },
    ]),
  );
  return testTenantOf(tenant, { path, ca, credentials });
}

async function clientsIn(folder: StateFolder): Promise<readonly DeployRecord[]> {
  const operations = await openTenantOperations({ folder });
  try {
    return (await operations.exportDocument({ withSecrets: true })).clients ?? [];
  } finally {
    await operations.close();
  }
}

/** What the parameters of the helper are called that become properties of a fault. */
const helperNames: Readonly<Record<string, string>> = {
  times: 'count',
  latency_ms: 'ms',
  answer: 'how',
  'answer.status': 'how',
  'answer.retry_after_s': 'retryAfterSeconds',
  'answer.reset_s': 'resetSeconds',
};

function testTenantOf(
  tenant: Tenant,
  { path, ca, credentials }: { path: string; ca: LocalCa; credentials: ReadonlyMap<string, Credentials> },
): TestTenant {
  const { url, domain, issuer, controls } = tenant;
  if (controls === undefined) throw new Error('The tenant has no controls.');
  const close = async (): Promise<void> => {
    await tenant.close();
    await rm(path, { recursive: true, force: true });
  };
  const credentialsOf = (name: string): Credentials => {
    const found = credentials.get(name);
    if (found !== undefined) return found;
    throw new RangeError(
      `The tenant has no application "${name}"; it has ${[...credentials.keys()].map((known) => `"${known}"`).join(', ')}.`,
    );
  };
  const addFault = (fault: Fault, names: Readonly<Record<string, string>> = {}): void => {
    controls.addFault(checkedFault(fault, { ...helperNames, ...names }));
  };
  return {
    url,
    domain,
    issuer,
    ca: ca.certificatePem,
    caPath: ca.certificatePath,
    managementAudience: tenant.application.audience,
    credentials: credentialsOf,
    env: (name = 'Evertoken Agent', audience = tenant.application.audience) => ({
      AUTH0_DOMAIN: domain,
      AUTH0_CLIENT_ID: credentialsOf(name).clientId,
      AUTH0_CLIENT_SECRET: credentialsOf(name).clientSecret,
      AUTH0_AUDIENCE: audience,
      NODE_EXTRA_CA_CERTS: ca.certificatePath,
    }),
    token: ({ application, ...request }) => askForToken({ url, ca: ca.certificatePem }, { ...credentialsOf(application), ...request }),
    failNext: (count, how = 503, options = {}) => {
      // For a fault, none means for ever.
      const times = count ?? Number.NaN;
      addFault({ ...options, times, answer: typeof how === 'object' ? how : { kind: 'error', status: how } });
    },
    rateLimit: ({ times, path: place, retryAfterSeconds, resetSeconds } = {}) => {
      const answer = { kind: 'rate_limit', retry_after_s: retryAfterSeconds, reset_s: resetSeconds } as const;
      addFault({ times, path: place, answer }, { times: 'times' });
    },
    delay: (ms, options = {}) => addFault({ ...options, latency_ms: ms }, { times: 'times' }),
    heal: () => controls.clearFaults(),
    shiftClock: (ms) => controls.setClockShift(controls.clockShiftMs + ms),
    rotateSigningKey: () => controls.rotateSigningKey(),
    reset: () => controls.reset(),
    get requests() {
      return controls.requests;
    },
    get tokenRequests() {
      return controls.requests.filter((request) => request.path === '/oauth/token');
    },
    controls,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function merged(one: DeployDocument, other: DeployDocument): DeployDocument {
  const kinds = new Set([...Object.keys(one), ...Object.keys(other)]);
  const joined = (kind: string): unknown => {
    const [a, b] = [one[kind], other[kind]];
    return Array.isArray(a) && Array.isArray(b) ? [...(a as unknown[]), ...(b as unknown[])] : (b ?? a);
  };
  return Object.fromEntries([...kinds].map((kind) => [kind, joined(kind)]));
}

function linesTo(onLine: ((line: string) => void) | undefined): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of onLine === undefined ? [] : chunk.toString().split('\n')) if (line !== '') onLine?.(line);
      done();
    },
  });
}

import { readFile } from 'node:fs/promises';
import { json as readBody } from 'node:stream/consumers';
import { type Agent, loadAgentConfig, startAgent } from '@evertoken/agent';
import { pagesFolder } from '@evertoken/console';
import { openLocalCa, openStateFolder, type StateFolder } from '@evertoken/service';
import { startTenant } from '@evertoken/tenant';
import { agentAddresses, agentPortOptions, agentPortsOf } from './agent-addresses.ts';
import type { AgentConnection } from './agent-connection.ts';
import { readJson, requestAgent } from './agent-request.ts';
import { type Application, formatDevBanner } from './dev-banner.ts';
import { agentEntries, caEntries, tenantEntries } from './env-entries.ts';
import { writeEnvFile } from './env-file.ts';
import { homeOf } from './home.ts';
import { openCommandOf } from './open-command.ts';
import { ownCommand } from './own-command.ts';
import { type BannerRun, runWithBanner } from './run-with-banner.ts';
import { startUpError } from './start-up-error.ts';
import type { Terminal } from './terminal.ts';
import { version } from './version.ts';

/** Options of `evertoken dev`. */
export interface DevOptions {
  home?: string;
  tenantPort?: number;
  agentPort?: number;
  agentTlsPort?: number;
  tokenLifetime?: number;
  log?: 'json' | 'pretty';
}

/** Runs the tenant and an agent on it until a signal comes. Resolves when both stand and the banner is printed. */
export async function runDev(options: DevOptions, terminal: Terminal): Promise<void> {
  await runWithBanner({ program: 'evertoken', format: options.log, terminal }, (run) => standUp(options, run));
}

async function standUp(options: DevOptions, { terminal, lifecycle, runLog }: BannerRun): Promise<string> {
  const folder = await openStateFolder(homeOf(options, terminal)).catch((error: unknown) => {
    throw startUpError(error, {});
  });
  const ca = await openLocalCa(folder);
  const tenant = await startTenant({
    folder,
    listen: { kind: 'https', host: 'localhost', port: options.tenantPort ?? 8443 },
    certificate: ca.serverCertificate,
    pages: { folder: pagesFolder('dashboard'), command: openCommandOf(folder.path, 'tenant open', terminal) },
    // A person sees each mint in the agent's log already.
    log: runLog.logOf('tenant', runLog.isPretty ? 'warn' : 'info'),
    ...(options.tokenLifetime === undefined ? {} : { tokenLifetimeSeconds: options.tokenLifetime }),
  }).catch((error: unknown) => {
    throw startUpError(error, { https: '--tenant-port' });
  });
  lifecycle.onStop('the tenant', () => tenant.close());
  lifecycle.signal.throwIfAborted();

  const auth0 = tenantEntries(tenant);
  const listen = agentAddresses(folder, agentPortsOf(options));
  const agent = await startAgent({
    config: await loadAgentConfig({ env: auth0, folder, listen, listenOption: agentPortOptions }),
    folder,
    certificate: ca.serverCertificate,
    extraCa: [ca.certificatePem],
    log: runLog.logOf('agent'),
    // Audit lines would fill the screen of a person when many programs ask.
    auditLog: runLog.logOf('agent', runLog.isPretty ? 'warn' : 'info'),
    pages: { folder: pagesFolder('status'), command: openCommandOf(folder.path, 'open', terminal) },
    // A token that is held lives as long as it was minted for: one of a day would hide until tomorrow what was asked for.
    ...(options.tokenLifetime !== undefined && { heldLifetimeSeconds: options.tokenLifetime }),
    version,
  }).catch((error: unknown) => {
    throw startUpError(error, { http: '--agent-port', https: '--agent-tls-port' });
  });
  lifecycle.onStop('the agent', () => agent.close());
  lifecycle.signal.throwIfAborted();
  if (agent.app === undefined) throw new Error('The agent made no default app.');

  const appKey = await readFile(agent.app.keyPath, 'utf8');
  const entries = { ...auth0, ...caEntries(ca), ...agentEntries(agent, appKey) };
  const envPath = await writeEnvFile(folder, entries, runLog.logOf('evertoken'));
  await agent.ready({ signal: lifecycle.signal });
  const httpUrl = urlOf(agent, 'http:');
  const applications = await fetchApplications({ url: httpUrl, appKey, extraCa: [ca.certificatePem] });
  return formatDevBanner(
    {
      ...agentFacts(agent, agent.app),
      ...stateFacts(folder, terminal),
      tenantUrl: tenant.url,
      httpUrl,
      httpsUrl: urlOf(agent, 'https:'),
      envPath,
      caPath: ca.certificatePath,
      applications,
      now: Date.now(),
    },
    terminal.hasOutputColor,
  );
}

function agentFacts(agent: Agent, app: { name: string; keyPath: string }) {
  const [first] = agent.tokens();
  const held = first?.status.token;
  if (first === undefined || held === undefined) throw new Error('The agent is ready and holds no token.');
  const { fingerprint, scope, remainingSeconds } = held;
  return {
    agentUrls: agent.urls,
    appName: app.name,
    appKeyPath: app.keyPath,
    token: { name: first.name, fingerprint, scope, remainingSeconds, nextMintAt: first.status.nextMintAt },
  };
}

function stateFacts(folder: StateFolder, terminal: Terminal) {
  const isDefaultHome = folder.path === homeOf({}, { ...terminal, env: {} });
  return { home: folder.path, cwd: terminal.cwd, command: ownCommand(terminal), isDefaultHome };
}

function urlOf(agent: Agent, scheme: 'http:' | 'https:'): string {
  return agent.urls.find((url) => url.startsWith(scheme)) ?? '';
}

/** The applications of the tenant. They are asked for through the agent's proxy, which uses the live token. */
async function fetchApplications(connection: AgentConnection): Promise<Application[]> {
  const place = `${connection.url}/api/v2/clients`;
  return await requestAgent(connection, { method: 'GET', path: '/api/v2/clients' }, async (answer) => {
    if (answer.status !== 200) await readJson(answer, place);
    const clients: unknown = await readBody(answer.body);
    if (!Array.isArray(clients)) throw new Error('The Management API did not answer with a list of applications.');
    return clients.map((client: Record<string, unknown>) => ({
      name: String(client['name']),
      clientId: String(client['client_id']),
      type: client['global'] === true ? 'global' : String(client['app_type'] ?? '–'),
    }));
  });
}

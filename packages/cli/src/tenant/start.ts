import { resolve } from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';
import {
  type CertificateFiles,
  Lifecycle,
  type ListenAddress,
  type LocalCa,
  type Log,
  openCertificateFiles,
  openLocalCa,
  parseListenAddress,
  type StateFolder,
  stopOnSignals,
} from '@evertoken/service';
import { type RateLimitPlan, readDeployDocument, startTenant, type Tenant } from '@evertoken/tenant';
import { CliError } from '../cli-error.ts';
import { caEntries } from '../env-entries.ts';
import { formatEnvFile } from '../env-file.ts';
import { exitCode } from '../exit-code.ts';
import { ownCommand } from '../own-command.ts';
import { openRunLog, type RunLog } from '../run-log.ts';
import { startUpError } from '../start-up-error.ts';
import type { Terminal } from '../terminal.ts';
import { formatTenantBanner } from './tenant-banner.ts';
import { type TenantPlaceOptions, tenantPlaceOf } from './tenant-place.ts';

/** Options of `evertoken tenant start`. */
export interface TenantStartOptions extends TenantPlaceOptions {
  listen?: string;
  allowRemote?: boolean;
  domain?: string;
  certificate?: string;
  certificateKey?: string;
  seed?: string;
  tokenLifetime?: number;
  rateLimits?: RateLimitPlan;
  secretGrace?: number;
  controls?: number;
  log?: 'json' | 'pretty';
}

/** Name of the file in the state folder with the variables by which SDKs and programs use the tenant. */
const envFile = 'tenant.env';

/** Runs a tenant until a signal comes. Resolves when it stands and the banner is printed. */
export async function runTenantStart(options: TenantStartOptions, terminal: Terminal): Promise<void> {
  const runLog = openRunLog({ isHeld: true, ...(options.log === undefined ? {} : { format: options.log }) }, terminal);
  const lifecycle = new Lifecycle();
  const signals = stopOnSignals(lifecycle, { log: runLog.logOf('tenant') });
  try {
    const banner = await standUp(options, { terminal, lifecycle, runLog });
    terminal.stdout.write(banner);
    runLog.release();
  } catch (error) {
    // A signal during the start has already begun to stop what stands, and ends the process.
    if (lifecycle.signal.aborted) return;
    signals.uninstall();
    runLog.release();
    await lifecycle.stop();
    throw error;
  }
}

async function standUp(options: TenantStartOptions, run: { terminal: Terminal; lifecycle: Lifecycle; runLog: RunLog }): Promise<string> {
  const { terminal, lifecycle, runLog } = run;
  const log = runLog.logOf('tenant');
  const { folder, store } = await tenantPlaceOf(options, terminal);
  const listen = listenAddressOf(options);
  const document = options.seed === undefined ? undefined : await readDeployDocument(resolve(terminal.cwd, options.seed));
  const { certificate, ca, follow } = await certificateOf(options, { terminal, folder, log, lifecycle });
  const tenant = await startTenant({
    folder,
    store,
    listen,
    certificate,
    log,
    allowRemote: options.allowRemote ?? false,
    rateLimitPlan: options.rateLimits ?? 'off',
    ...(options.domain !== undefined && { domain: options.domain }),
    ...(options.tokenLifetime !== undefined && { tokenLifetimeSeconds: options.tokenLifetime }),
    ...(options.secretGrace !== undefined && { secretGraceMs: options.secretGrace * 1_000 }),
    ...(document !== undefined && { document }),
    ...(options.controls !== undefined && { controls: { listen: { kind: 'http', host: '127.0.0.1', port: options.controls } } }),
  }).catch((error: unknown) => {
    throw startUpError(error, { https: '--listen', http: options.controls === undefined ? '--listen' : '--controls' });
  });
  lifecycle.onStop('the tenant', () => tenant.close());
  follow(tenant);
  lifecycle.signal.throwIfAborted();

  const envPath = await folder.writePrivate(envFile, formatEnvFile(entriesOf(tenant, ca)));
  log.info(
    { event: 'tenant.listening', url: tenant.url, domain: tenant.domain, env_file: envPath, controls: tenant.controls?.url },
    'the tenant listens',
  );
  const { url, domain, application, controls } = tenant;
  return formatTenantBanner(
    {
      url,
      domain,
      clientId: application.clientId,
      home: folder.path,
      cwd: terminal.cwd,
      envPath,
      caPath: ca?.certificatePath,
      database: store.kind === 'postgres' ? 'PostgreSQL' : folder.file('tenant', 'tenant.db'),
      controls: controls?.url === undefined ? undefined : { url: controls.url, key: controls.key },
      command: ownCommand(terminal),
    },
    terminal.hasOutputColor,
  );
}

function entriesOf({ domain, application, controls }: Tenant, ca: LocalCa | undefined): Record<string, string> {
  return {
    AUTH0_DOMAIN: domain,
    AUTH0_CLIENT_ID: application.clientId,
    AUTH0_CLIENT_SECRET: application.clientSecret,
    AUTH0_AUDIENCE: application.audience,
    ...(ca === undefined ? {} : caEntries(ca)),
    ...(controls?.url === undefined ? {} : { EVERTOKEN_CONTROLS_URL: controls.url, EVERTOKEN_CONTROLS_KEY: controls.key }),
  };
}

function listenAddressOf({ listen, allowRemote }: TenantStartOptions): ListenAddress {
  return listen === undefined
    ? { kind: 'https', host: 'localhost', port: 8443 }
    : parseListenAddress(listen, { mayBeRemote: allowRemote ?? false });
}

/** Given certificates are followed when their files change; without them the local CA issues. */
async function certificateOf(
  { certificate: cert, certificateKey: key }: TenantStartOptions,
  run: { terminal: Terminal; folder: StateFolder; log: Log; lifecycle: Lifecycle },
): Promise<{ certificate: LocalCa['serverCertificate']; ca: LocalCa | undefined; follow: (tenant: Tenant) => void }> {
  const { terminal, folder, log, lifecycle } = run;
  if (cert === undefined && key === undefined) {
    const ca = await openLocalCa(folder);
    return { certificate: ca.serverCertificate, ca, follow: () => undefined };
  }
  if (cert === undefined || key === undefined) {
    throw new CliError({
      problem: 'A certificate and its key belong together',
      step: 'Give both --certificate and --certificate-key.',
      exitCode: exitCode.usage,
    });
  }
  let tenant: Tenant | undefined;
  const onError = (error: unknown): void => log.warn({ event: 'certificate.unusable', err: error }, (error as Error).message);
  const files: CertificateFiles = await openCertificateFiles(
    { cert: resolve(terminal.cwd, cert), key: resolve(terminal.cwd, key) },
    {
      onChange: () => void tenant?.renewCertificates().catch(onError),
      onError,
      setTimer(wake, delayMs) {
        const timer = setTimeout(wake, delayMs).unref();
        return { cancel: () => clearTimeout(timer) };
      },
    },
  );
  lifecycle.onStop('the watch on the certificate', async () => files.close());
  return {
    certificate: () => files.read(),
    ca: undefined,
    follow: (started) => {
      tenant = started;
    },
  };
}

import { resolve } from 'node:path';
import { pagesFolder } from '@evertoken/console';
import {
  type CertificateFiles,
  type Lifecycle,
  type ListenAddress,
  type Log,
  openCertificateFiles,
  parseListenAddress,
  type StateFolder,
} from '@evertoken/service';
import { type RateLimitPlan, readDeployDocument, startTenant, type Tenant } from '@evertoken/tenant';
import { type CaOnDemand, caOnDemand } from '../ca-on-demand.ts';
import { CliError } from '../cli-error.ts';
import { caEntries, tenantEntries } from '../env-entries.ts';
import { formatEnvFile } from '../env-file.ts';
import { exitCode } from '../exit-code.ts';
import { openCommandOf } from '../open-command.ts';
import { ownCommand } from '../own-command.ts';
import { type BannerRun, runWithBanner } from '../run-with-banner.ts';
import { setTimer } from '../set-timer.ts';
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
  await runWithBanner({ program: 'tenant', format: options.log, terminal }, (run) => standUp(options, run));
}

async function standUp(options: TenantStartOptions, { terminal, lifecycle, runLog }: BannerRun): Promise<string> {
  const log = runLog.logOf('tenant');
  const { folder, store } = await tenantPlaceOf(options, terminal);
  const listen = listenAddressOf(options);
  const document = options.seed === undefined ? undefined : await readDeployDocument(resolve(terminal.cwd, options.seed));
  const { certificate, ca, follow } = await certificateOf(options, { terminal, folder, log, lifecycle });
  const openCommand = openCommandOf(folder.path, 'tenant open', terminal);
  const tenant = await startTenant({
    folder,
    store,
    listen,
    certificate,
    pages: { folder: pagesFolder('dashboard'), command: openCommand },
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

  const localCa = await ca?.opened();
  const envPath = await folder.writePrivate(envFile, formatEnvFile({ ...tenantEntries(tenant), ...(localCa && caEntries(localCa)) }));
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
      caPath: localCa?.certificatePath,
      database: store.kind === 'postgres' ? 'PostgreSQL' : folder.file('tenant', 'tenant.db'),
      controls: controls?.url === undefined ? undefined : { url: controls.url, key: controls.key },
      command: ownCommand(terminal),
      openCommand,
    },
    terminal.hasOutputColor,
  );
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
): Promise<{ certificate: CaOnDemand['certificate']; ca: CaOnDemand | undefined; follow: (tenant: Tenant) => void }> {
  const { terminal, folder, log, lifecycle } = run;
  if (cert === undefined && key === undefined) {
    const ca = caOnDemand(folder);
    return { certificate: ca.certificate, ca, follow: () => undefined };
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
      setTimer,
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

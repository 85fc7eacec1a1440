import { resolve } from 'node:path';
import { pagesFolder } from '@evertoken/console';
import {
  type CertificatePaths,
  formatListenAddress,
  type ListenAddress,
  LiveCertificate,
  openServiceNotifier,
  parseListenAddress,
  ServiceError,
  systemSetTimer,
} from '@evertoken/service';
import { type DeployDocument, type RateLimitPlan, readDeployDocument, startTenant, type Tenant } from '@evertoken/tenant';
import { caOnDemand } from '../ca-on-demand.ts';
import { CliError } from '../cli-error.ts';
import { caEntries, tenantEntries } from '../env-entries.ts';
import { formatEnvFile } from '../env-file.ts';
import { exitCode } from '../exit-code.ts';
import { openCommandOf } from '../open-command.ts';
import { ownCommand } from '../own-command.ts';
import { type BannerRun, runWithBanner } from '../run-with-banner.ts';
import { startUpError } from '../start-up-error.ts';
import type { Terminal } from '../terminal.ts';
import { deployKeywordsOf } from './deploy-keywords.ts';
import { formatTenantBanner } from './tenant-banner.ts';
import { type TenantPlaceOptions, tenantPlaceOf } from './tenant-place.ts';

/** Options of `evertoken tenant start`. */
export interface TenantStartOptions extends TenantPlaceOptions {
  listen?: string;
  allowRemote?: boolean;
  domain?: string;
  changeDomain?: boolean;
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
  const notifier = openServiceNotifier(terminal.env, {
    setTimer: systemSetTimer,
    onError: (error) => log.warn({ event: 'service_manager.silent', err: error }, error.message),
  });
  lifecycle.onStop('the word to the service manager', () => notifier.close());
  const listen = listenAddressOf(options);
  const controls = controlsAddressOf(options);
  const document = options.seed === undefined ? undefined : await documentAt(options.seed, terminal);
  const given = certificatePathsOf(options, terminal);
  // Last of what is read: it makes the state folder, and of wrong options nothing is made.
  const { folder, store } = await tenantPlaceOf(options, terminal);
  const ca = caOnDemand(folder);
  let standing: Tenant | undefined;
  const onChange = async (): Promise<void> => await standing?.renewCertificates();
  const certificate = new LiveCertificate(ca.certificate, { clock: { setTimer: systemSetTimer }, log, onChange });
  lifecycle.onStop('the watch on the certificate', () => certificate.close());
  await certificate.switchTo(given);
  const openCommand = openCommandOf(folder.path, 'tenant open', terminal);
  const tenant = await startTenant({
    folder,
    store,
    listen,
    certificate: certificate.read,
    pages: { folder: pagesFolder('dashboard'), command: openCommand },
    log,
    allowRemote: options.allowRemote ?? false,
    rateLimitPlan: options.rateLimits ?? 'off',
    ...(options.domain !== undefined && { domain: options.domain }),
    ...(options.changeDomain !== undefined && { changesDomain: options.changeDomain }),
    ...(options.tokenLifetime !== undefined && { tokenLifetimeSeconds: options.tokenLifetime }),
    ...(options.secretGrace !== undefined && { secretGraceMs: options.secretGrace * 1_000 }),
    ...(document !== undefined && { document }),
    ...(controls !== undefined && { controls: { listen: controls } }),
  }).catch((error: unknown) => {
    const isOfControls = error instanceof ServiceError && controls !== undefined && error.place === formatListenAddress(controls);
    throw startUpError(error, { https: '--listen', http: isOfControls ? '--controls' : '--listen' });
  });
  lifecycle.onStop('the tenant', () => tenant.close());
  standing = tenant;
  lifecycle.signal.throwIfAborted();

  const localCa = await ca.opened();
  const envPath = await folder.writePrivate(envFile, formatEnvFile({ ...tenantEntries(tenant), ...(localCa && caEntries(localCa)) }));
  log.info(
    { event: 'tenant.listening', url: tenant.url, domain: tenant.domain, env_file: envPath, controls: tenant.controls?.url },
    'the tenant listens',
  );
  lifecycle.onStop('the word that it stops', () => void notifier.stopping());
  void notifier.ready(`listening on ${tenant.url}`);
  const { url, domain, application } = tenant;
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
      controls: tenant.controls?.url === undefined ? undefined : { url: tenant.controls.url, key: tenant.controls.key },
      command: ownCommand(terminal),
      openCommand,
    },
    terminal.hasOutputColor,
  );
}

async function documentAt(file: string, terminal: Terminal): Promise<DeployDocument> {
  return await readDeployDocument(resolve(terminal.cwd, file), deployKeywordsOf(terminal));
}

function listenAddressOf({ listen, allowRemote = false }: TenantStartOptions): ListenAddress {
  if (listen === undefined) return { kind: 'https', host: 'localhost', port: 8443 };
  try {
    return parseListenAddress(listen, { mayBeRemote: allowRemote });
  } catch (error) {
    if (!(error instanceof ServiceError) || allowRemote || !isForOthers(listen)) throw error;
    const step = 'Use localhost, 127.0.0.1 or [::1], or let other machines come with --allow-remote, over https.';
    throw new CliError({ problem: error.problem, place: error.place, step, exitCode: exitCode.usage, cause: error });
  }
}

/** Whether nothing is wrong with an address that was refused but that other machines reach it. */
function isForOthers(listen: string): boolean {
  try {
    return parseListenAddress(listen.replace(/^http:/i, 'https:'), { mayBeRemote: true }).kind === 'https';
  } catch {
    return false;
  }
}

function controlsAddressOf({ controls }: TenantStartOptions): ListenAddress | undefined {
  return controls === undefined ? undefined : { kind: 'http', host: '127.0.0.1', port: controls };
}

/** The files of a given certificate; undefined where the local CA is to issue one. */
function certificatePathsOf({ certificate, certificateKey }: TenantStartOptions, terminal: Terminal): CertificatePaths | undefined {
  if (certificate === undefined && certificateKey === undefined) return undefined;
  if (certificate === undefined || certificateKey === undefined) {
    throw new CliError({
      problem: 'A certificate and its key belong together',
      step: 'Give both --certificate and --certificate-key.',
      exitCode: exitCode.usage,
    });
  }
  return { certPath: resolve(terminal.cwd, certificate), keyPath: resolve(terminal.cwd, certificateKey) };
}

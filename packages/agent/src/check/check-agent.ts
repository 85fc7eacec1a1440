import { type Clock, systemClock } from '@evertoken/client';
import { openFileStore } from '@evertoken/client/file-store';
import { privateKeyFile, type StateFolder } from '@evertoken/service';
import type { AgentConfig } from '../config/agent-config.ts';
import { checkAddresses, type ServerCertificate } from './check-addresses.ts';
import { type CheckFinding, findingOf } from './check-finding.ts';
import { checkAuditFile, checkTokenFile } from './check-places.ts';
import { checkSharedStore } from './check-shared-store.ts';
import { checkCertificate, checkExtraCa, readKeyPair } from './check-trust.ts';
import { mintOnce } from './mint-once.ts';

/** What a check needs; the same as a start. */
export interface CheckOptions {
  readonly config: AgentConfig;
  readonly folder: StateFolder;
  /** Key and certificate for the https addresses without one of their own. */
  readonly certificate: ServerCertificate;
  /** PEM texts of CAs that issuers may have beside the public ones. */
  readonly extraCa?: readonly string[];
  /** Asks no issuer and mints nothing. */
  readonly isOffline?: boolean;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/**
 * Checks everything that an agent with this config needs, as a start would find it, and yields a finding for each: store, addresses, certificates, files, CAs.
 * Then it mints each token once, keeps none of them, and compares the clocks. What is wrong is a finding and never thrown.
 */
export async function* checkAgent(options: CheckOptions): AsyncGenerator<CheckFinding, void, undefined> {
  const { config, folder, clock = systemClock } = options;
  yield await checkFileStore(config, folder);
  if (config.store.shared !== undefined) yield await checkSharedStore(config.store.shared);
  if (config.tls !== undefined) yield await checkCertificate(config.tls, clock.now());
  const { tls } = config;
  yield* checkAddresses(config, folder, tls === undefined ? options.certificate : () => readKeyPair(tls));
  for (const file of config.files) yield await checkTokenFile(file);
  if (config.audit.kind === 'file') yield await checkAuditFile(config.audit.path);
  yield* checkExtraCa(config.outbound, clock.now());
  if (options.isOffline !== true) yield* mintOnce(config, { clock, ...(options.extraCa !== undefined && { extraCa: options.extraCa }) });
}

async function checkFileStore(config: AgentConfig, folder: StateFolder): Promise<CheckFinding> {
  const subject = config.store.folder;
  try {
    const store = await openFileStore({ folder: subject, key: await privateKeyFile(folder, 'store.key', 32) });
    await store.close?.();
    return { area: 'store', subject, level: 'ok', what: 'tokens can be kept' };
  } catch (error) {
    const step = 'Mend that folder, or name another one as `store.file.folder` in the config file.';
    return { step, ...findingOf('store', subject, error) };
  }
}

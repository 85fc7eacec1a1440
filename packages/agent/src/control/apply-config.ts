import type { Log } from '@evertoken/service';
import type { App, AppDirectory } from '../apps/app-directory.ts';
import type { AgentConfig } from '../config/agent-config.ts';
import type { Doors } from '../deliver/open-doors.ts';
import { TokenFiles } from '../deliver/token-file/token-files.ts';
import type { TokenBook } from '../tokens/token-book.ts';
import type { LiveCertificate } from './live-certificate.ts';
import type { LiveListeners, PreparedListeners } from './live-listeners.ts';

/** The parts of a running agent that take another config. */
export interface LiveParts {
  readonly apps: AppDirectory;
  readonly book: TokenBook;
  readonly files: TokenFiles;
  readonly doors: Doors;
  readonly certificate: LiveCertificate;
  readonly listeners: LiveListeners;
  readonly metricsListeners: LiveListeners;
  readonly log: Log;
  /** The apps that `config` declares, with the default one where it asks for it. */
  appsOf(config: AgentConfig): Promise<readonly App[]>;
}

/**
 * Puts `next` into effect: first all that may fail, so that it fails before anything has changed; then the rest at once. Requests under way end as they began.
 * Answers which addresses were opened and closed.
 * @throws {AgentError} `token_file_unusable`, `app_key_unsafe`, `app_key_invalid` @throws {ServiceError} an address or certificate cannot be had
 */
export async function applyConfig(next: AgentConfig, parts: LiveParts): Promise<readonly string[]> {
  const { apps, book, files, doors, certificate, listeners, metricsListeners, log } = parts;
  await TokenFiles.check(next.files);
  const nextApps = await parts.appsOf(next);
  const taken = await certificate.switchTo(next.tls);
  let prepared: readonly PreparedListeners[];
  try {
    prepared = await prepareAll(next, listeners, metricsListeners);
    try {
      book.replace(next.tokens);
    } catch (error) {
      for (const { rollback } of prepared) await rollback();
      throw error;
    }
  } catch (error) {
    taken.goBack();
    throw error;
  }

  taken.keep();
  apps.replace(nextApps);
  for (const { commit } of prepared) commit();
  await doors.reconfigure(next, listeners.addresses);
  await files.replace(next.files);
  for (const live of taken.isNew ? [listeners, metricsListeners] : []) {
    await live.renewCertificates().catch((error: unknown) => {
      log.error({ event: 'certificate.unusable', err: error }, 'the new certificate cannot be used; the old one stays');
    });
  }
  return prepared.flatMap(({ opened, closed }) => [
    ...opened.map((url) => `listening on ${url}`),
    ...closed.map((url) => `no more listening on ${url}`),
  ]);
}

async function prepareAll(
  next: AgentConfig,
  listeners: LiveListeners,
  metricsListeners: LiveListeners,
): Promise<readonly PreparedListeners[]> {
  const { allowRemote } = next;
  const main = await listeners.prepare(next.listen, { allowRemote });
  try {
    return [main, await metricsListeners.prepare(next.metricsListen, { allowRemote })];
  } catch (error) {
    await main.rollback();
    throw error;
  }
}

import type { Log } from '@evertoken/service';
import { AgentError } from '../agent-error.ts';
import type { App, AppDirectory } from '../apps/app-directory.ts';
import type { AgentConfig } from '../config/agent-config.ts';
import type { Doors } from '../deliver/open-doors.ts';
import { TokenFiles } from '../deliver/token-file/token-files.ts';
import type { TokenBook } from '../tokens/token-book.ts';
import type { LiveCertificate } from './live-certificate.ts';
import type { LiveListeners, LostAddress } from './live-listeners.ts';

/** The parts of a running agent that take another config. */
export interface LiveParts {
  readonly apps: AppDirectory;
  readonly book: TokenBook;
  readonly files: TokenFiles;
  readonly doors: Doors;
  readonly certificate: LiveCertificate;
  readonly listeners: LiveListeners;
  readonly log: Log;
  /** The apps that `config` declares, with the default one where it asks for it. */
  appsOf(config: AgentConfig): Promise<readonly App[]>;
}

/**
 * Puts `next` into effect: first all that may fail, so that it fails before anything has changed; then the rest at once. Requests under way end as they began.
 * Answers which addresses were opened and closed.
 * @throws {AgentError} `token_file_unusable`, `app_key_unsafe`, `app_key_invalid`, `address_lost`
 * @throws {ServiceError} an address or certificate cannot be had
 */
export async function applyConfig(next: AgentConfig, parts: LiveParts): Promise<readonly string[]> {
  const { apps, book, files, doors, certificate, listeners, log } = parts;
  await TokenFiles.check(next.files);
  const nextApps = await parts.appsOf(next);
  const taken = await certificate.switchTo(next.tls);
  const change = listeners.change(next);
  try {
    await change.open();
    book.replace(next.tokens);
  } catch (error) {
    // First the certificate: what is opened again is to have the one it had.
    taken.goBack();
    throw whyRefused(error, await change.rollback(), log);
  }

  taken.keep();
  apps.replace(nextApps);
  change.commit();
  await doors.reconfigure(next, listeners.addresses);
  await files.replace(next.files);
  if (taken.isNew) {
    await listeners.renewCertificates().catch((error: unknown) => {
      log.error({ event: 'certificate.unusable', err: error }, 'the new certificate cannot be used; the old one stays');
    });
  }
  const { opened, closed } = change;
  return [...opened.map((url) => `listening on ${url}`), ...closed.map((url) => `no more listening on ${url}`)];
}

/** `error`, and with it the addresses that were `lost` on the way back. */
function whyRefused(error: unknown, lost: readonly LostAddress[], log: Log): unknown {
  if (lost.length === 0) return error;
  for (const { url, error: why } of lost) {
    log.error(
      { event: 'listener.lost', listener: url, err: why },
      `no more listening on ${url}: it was closed to make room and cannot be opened again`,
    );
  }
  const { message, step = 'Mend it and reload.' } = error as { message: string; step?: string };
  const urls = lost.map(({ url, error: why }) => `${url} (${(why as Error).message})`).join('; ');
  return new AgentError('address_lost', `${message} And what was closed to make room cannot be opened again: ${urls}`, {
    step: `${step} A reload then opens the lost addresses again.`,
    cause: error,
  });
}

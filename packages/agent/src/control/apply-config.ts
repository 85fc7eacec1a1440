import type { LiveCertificate, Log } from '@evertoken/service';
import { AgentError } from '../agent-error.ts';
import type { App, AppDirectory } from '../apps/app-directory.ts';
import type { AgentConfig } from '../config/agent-config.ts';
import type { Doors } from '../deliver/open-doors.ts';
import type { TokenFiles } from '../deliver/token-file/token-files.ts';
import type { TokenBook } from '../tokens/token-book.ts';
import type { LiveListeners, LostAddress } from './live-listeners.ts';
import type { AppliedConfig } from './reloader.ts';

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
 * Puts `next` into effect. First comes everything that may refuse it, so that a refused config has changed nothing; after that there is no way back, and what
 * then fails is told in the answer. Requests under way end as they began.
 * @throws {AgentError} `token_file_unusable`, `app_key_unsafe`, `app_key_invalid`, `address_lost`
 * @throws {ServiceError} an address or certificate cannot be had
 */
export async function applyConfig(next: AgentConfig, parts: LiveParts): Promise<AppliedConfig> {
  const { apps, book, files, certificate, listeners, log } = parts;
  await files.checkNew(next.files);
  const nextApps = await parts.appsOf(next);
  const taken = await certificate.switchTo(next.tls);
  const change = listeners.change(next);
  try {
    await change.open();
    book.replace(next.tokens);
  } catch (error) {
    // The certificate first: listeners that are opened again need the former one.
    taken.goBack();
    throw whyRefused(error, await change.rollback(), log);
  }

  taken.keep();
  apps.replace(nextApps);
  change.commit();
  const notInEffect = await finish(next, parts, taken.isNew || (change.isRenamed && next.tls === undefined));
  const { opened, closed } = change;
  return { changes: [...opened.map((url) => `listening on ${url}`), ...closed.map((url) => `no more listening on ${url}`)], notInEffect };
}

/**
 * Gives `next` to the parts that can no longer refuse it, each whether or not another failed. Resolves with what is not in effect, and never rejects: the
 * former config is gone, and nobody must be told that it was kept.
 */
async function finish(
  next: AgentConfig,
  { doors, files, listeners, log }: LiveParts,
  isNewCertificate: boolean,
): Promise<readonly string[]> {
  const notInEffect: string[] = [];
  const attempt = async (event: string, problem: string, work: () => Promise<readonly string[]>): Promise<void> => {
    try {
      notInEffect.push(...(await work()));
    } catch (error) {
      log.error({ event, err: error }, problem);
      notInEffect.push(`${problem} (${error instanceof Error ? error.message : String(error)})`);
    }
  };
  await attempt('config.aftermath', 'not all doors go by the new config', async () => {
    await doors.reconfigure(next, listeners.addresses);
    return [];
  });
  await attempt('config.aftermath', 'not all token files go by the new config', () => files.replace(next.files));
  if (isNewCertificate) {
    const problem = 'the new certificate cannot be used; the old one stays';
    await attempt('certificate.unusable', problem, async () => {
      await listeners.renewCertificates();
      return [];
    });
  }
  return notInEffect;
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
  return new AgentError('address_lost', {
    problem: `${message} And what was closed to make room cannot be opened again: ${urls}`,
    step: `${step} A reload then opens the lost addresses again.`,
    cause: error,
  });
}

import { type Clock, isTokenError, type KeptTokenStatus, type Random, systemClock } from '@evertoken/client';
import {
  formatListenAddress,
  Lifecycle,
  type ListenAddress,
  LiveCertificate,
  type Log,
  readPageFiles,
  type ServiceNotifier,
  type StateFolder,
} from '@evertoken/service';
import { type App, AppDirectory } from './apps/app-directory.ts';
import { openAuditTrail } from './apps/audit/audit-trail.ts';
import { openDefaultApp } from './apps/default-app.ts';
import type { AgentConfig } from './config/agent-config.ts';
import type { ConfigState } from './config/config-state.ts';
import { type ControlledAgent, openAgentControl } from './control/agent-control.ts';
import { applyConfig, type LiveParts } from './control/apply-config.ts';
import { watchConfigFile } from './control/config-watch.ts';
import { LiveListeners } from './control/live-listeners.ts';
import { Reloader, type ReloadOutcome } from './control/reloader.ts';
import { Gate } from './deliver/gate.ts';
import { type Doors, openDoors } from './deliver/open-doors.ts';
import { TokenFiles } from './deliver/token-file/token-files.ts';
import { type Explanation, explainFailure } from './tokens/explain.ts';
import { openOutbound } from './tokens/outbound.ts';
import { openTokenBook, type TokenBook } from './tokens/token-book.ts';
import { untilReady } from './tokens/until-ready.ts';

/** How long a stop waits for the audit lines of what it has cut off, ms. */
const lastLinesMs = 1_000;

/** What an agent is made of. */
export interface AgentOptions {
  readonly config: AgentConfig;
  /** Reads the config again for a reload; with it, the agent also reloads when the config file changes. Without it, a reload needs a config as argument. */
  readonly loadConfig?: () => Promise<AgentConfig>;
  /** Called and awaited after each reload, also after a refused one: the agent may listen on other addresses by then. */
  readonly onReload?: () => Promise<void>;
  /** Where `app.key`, `store.key` and the sealed tokens are kept, and `control.sock` stands while the agent runs: one agent a folder. */
  readonly folder: StateFolder;
  /** Key and certificate for the https listeners. */
  readonly certificate: (hosts: string[]) => Promise<{ key: string; cert: string }>;
  /** PEM texts of CAs that issuers and APIs may have beside the public ones. */
  readonly extraCa?: readonly string[];
  readonly log: Log;
  /** Gets a line for each token handed out and each call made through the proxy. Default: `log`. */
  readonly auditLog?: Log;
  /** Is told when the agent reloads and stops. The caller itself tells it that the agent is ready. */
  readonly notifier?: ServiceNotifier;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Default: `Math.random`. */
  readonly random?: Random;
  /** The built status page, and what to type for a link to it, such as `npx evertoken open`. Without it there is none. */
  readonly pages?: { readonly folder: string; readonly command: string };
  /** How long an API may be silent through the proxy where the config says nothing (`api_read_timeout_ms`), ms. Default 60 000. */
  readonly proxyTimeoutMs?: number;
  /** How long {@link Agent.close} waits for the requests under way before it cuts them off, ms. Default 10 000. */
  readonly stopGraceMs?: number;
  /** A token that `folder` holds is taken up only if it lives for so long in all, s; another one is minted in its place. Default: however long it lives. */
  readonly heldLifetimeSeconds?: number;
  readonly version: string;
}

/** A running agent. */
export interface Agent {
  /** Where it listens, as text. */
  readonly urls: readonly string[];
  /** Where it listens, with actual ports. */
  readonly addresses: readonly ListenAddress[];
  /** The app made for a config without a file, and where its key is kept. */
  readonly app: { readonly name: string; readonly keyPath: string } | undefined;
  /** Every declared token, and what its last failure means where there was one. */
  tokens(): readonly { readonly name: string; readonly status: KeptTokenStatus; readonly problem?: Explanation }[];
  /**
   * Waits until every declared token is usable, however long the issuer is away.
   * @throws {TokenError} the first failure that will not pass by itself; {@link explain} tells what mends it.
   */
  ready(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Resolves when the tokens that are held now have been written into their files (`files`). */
  filesWritten(): Promise<void>;
  /** What a failure means and which variable or config key mends it; undefined for an error that is not a {@link TokenError} of a declared token. */
  explain(error: unknown): Explanation | undefined;
  /**
   * Puts `config`, or else the config as it is written down now, into effect without dropping a request or a token. A config that is refused changes
   * nothing. Reloads run one after the other. Never rejects.
   */
  reload(config?: AgentConfig): Promise<ReloadOutcome>;
  /** Which config is in effect, and what became of the last reload. */
  configState(): ConfigState;
  /** Takes no more requests, waits up to `stopGraceMs` for those under way, then stops keeping tokens. */
  close(): Promise<void>;
}

/**
 * Starts the agent: listens, adopts stored tokens, keeps every declared token from then on.
 * @throws {AgentError} `state_folder_taken`, `app_key_unsafe`, `app_key_invalid`, `store_unusable`, `audit_unusable`, `token_file_unusable`
 * @throws {ServiceError} an address is taken or cannot be had, the state folder is unsafe, or `pages_missing`
 */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { config, folder, log, clock = systemClock } = options;
  const lifecycle = new Lifecycle();
  try {
    let controlled: ControlledAgent | undefined;
    const control = await openAgentControl(folder, () => controlled);
    lifecycle.onStop('hold of the state folder', () => control.close());
    for (const note of config.notes) log.warn({ event: 'config.note' }, note);
    const defaultApp = config.hasDefaultApp ? await openDefaultApp(folder, config.tokens[0]?.name ?? '') : undefined;
    const parts = await openParts(options, lifecycle, clock, () => controlled);
    const { listeners, book, files } = parts;

    const { loadConfig: load, notifier, onReload } = options;
    const apply = (next: AgentConfig) => applyConfig(next, parts);
    const reloader = new Reloader(config, { load, apply, clock, log, notifier, onReload });
    if (load !== undefined && config.file !== undefined) {
      const watch = await watchConfigFile(config.file, { clock, from: config.fileDigest, onChange: () => void reloader.follow() });
      lifecycle.onStop('config file', () => watch.close());
    }
    controlled = {
      version: options.version,
      startedAt: clock.now(),
      configFile: config.file,
      urls: () => listeners.urls,
      config: () => reloader.state,
      reload: () => reloader.reload(),
      newPageLink: () => parts.doors.newPageLink(),
    };
    lifecycle.onStop('reloads', async () => {
      controlled = undefined;
      void notifier?.stopping();
      parts.doors.endStreams();
      await reloader.close();
    });
    const { urls, metricsUrls } = listeners;
    const facts = { listen: urls, metrics_listen: metricsUrls, tokens: config.tokens.map((token) => token.name) };
    const forMetrics = metricsUrls.length === 0 ? '' : `; for metrics on ${metricsUrls.join(', ')}`;
    log.info({ event: 'agent.started', ...facts }, `listening on ${urls.join(', ')}${forMetrics}`);
    return agentOver(book, {
      listeners,
      files,
      reloader,
      clock,
      lifecycle,
      app: defaultApp && { name: defaultApp.app.name, keyPath: defaultApp.keyPath },
    });
  } catch (error) {
    await lifecycle.stop().catch((err: unknown) => {
      log.error({ event: 'agent.unclosed', err }, 'a part of the agent that did not start could not be closed');
    });
    throw error;
  }
}

/** Opens every part that a reload may change, and the parts that those need. */
async function openParts(
  options: AgentOptions,
  lifecycle: Lifecycle,
  clock: Clock,
  agent: () => ControlledAgent | undefined,
): Promise<LiveParts> {
  const { config, folder, log, random, proxyTimeoutMs = 60_000, stopGraceMs = 10_000, heldLifetimeSeconds, version } = options;
  const appsOf = async (next: AgentConfig): Promise<readonly App[]> => {
    if (!next.hasDefaultApp) return next.apps;
    const tokens = next.tokens.map(({ name }) => name);
    return [...next.apps, { ...(await openDefaultApp(folder, tokens[0] ?? '')).app, tokens }];
  };
  const apps = new AppDirectory(await appsOf(config), clock);
  await TokenFiles.check(config.files);
  const { pages } = options;
  const page = pages && { files: await readPageFiles(pages.folder), command: pages.command };

  const outbound = openOutbound(config.outbound, clock, options.extraCa);
  lifecycle.onStop('connections to issuers and APIs', () => outbound.close());
  const audit = await openAuditTrail(config.audit, { log, auditLog: options.auditLog ?? log, clock });
  lifecycle.onStop('audit lines', () => audit.close());

  // Listens before anything is minted: a taken port must cost no token.
  const gate = new Gate();
  const certificate = new LiveCertificate(options.certificate, { clock, log, onChange: () => listeners.renewCertificates() });
  const listeners: LiveListeners = new LiveListeners(
    { programs: gate.answer, metrics: gate.answerMetrics },
    {
      certificate: certificate.read,
      refuse: gate.refuse,
      onError: (error, address) =>
        log.error({ event: 'listener.failed', listener: formatListenAddress(address), err: error }, 'a listener failed'),
    },
  );
  let [doors, book, files]: [Doors | undefined, TokenBook | undefined, TokenFiles | undefined] = [undefined, undefined, undefined];
  lifecycle.onStop('listeners and tokens', async () => {
    // Requests may wait behind the gate; unless they are turned away, the listeners would wait for them for ever.
    gate.close();
    certificate.close();
    await listeners.close({ graceMs: stopGraceMs });
    await files?.close();
    await doors?.close();
    await book?.close();
    // The last audit lines. What was cut off has ended by now; a fault in that must not keep the agent from stopping.
    const left = (await doors?.ended(lastLinesMs)) ?? 0;
    if (left > 0) log.error({ event: 'agent.answers_left', count: left }, `${left} answers did not end and are in no audit line`);
  });
  await certificate.switchTo(config.tls);
  await listeners.open(config);

  book = await openTokenBook(config, { folder, outbound, log, clock, random, heldLifetimeSeconds });
  files = new TokenFiles(book, { log, clock });
  await files.replace(config.files);
  const { addresses } = listeners;
  doors = openDoors({ config, apps, book, files, addresses, outbound, log, audit, clock, random, proxyTimeoutMs, version, page, agent });
  gate.open(doors);
  return { apps, book, files, doors, certificate, listeners, log, appsOf };
}

function agentOver(
  book: TokenBook,
  parts: { listeners: LiveListeners; files: TokenFiles; reloader: Reloader; app: Agent['app']; clock: Clock; lifecycle: Lifecycle },
): Agent {
  const { listeners, files, reloader, app, clock, lifecycle } = parts;
  return {
    get urls() {
      return listeners.urls;
    },
    get addresses() {
      return listeners.addresses;
    },
    app,
    tokens: () =>
      book.tokens.map((token) => {
        const status = token.status();
        const { lastFailure } = status;
        return { name: token.name, status, ...(lastFailure && { problem: explainFailure(lastFailure, token.config.places) }) };
      }),
    ready: ({ signal } = {}) => untilReady(book.tokens, clock, signal),
    filesWritten: () => files.settled(),
    explain: (error) => (isTokenError(error) ? book.explain(error) : undefined),
    reload: (config) => reloader.reload(config),
    configState: () => reloader.state,
    close: () => lifecycle.stop(),
  };
}

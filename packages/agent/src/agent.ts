import { type Clock, isTokenError, type KeptTokenStatus, type Random, systemClock } from '@evertoken/client';
import { formatListenAddress, Lifecycle, type ListenAddress, type Log, openListeners, type StateFolder } from '@evertoken/service';
import { AppDirectory } from './apps/app-directory.ts';
import { openAuditTrail } from './apps/audit/audit-trail.ts';
import { openDefaultApp } from './apps/default-app.ts';
import type { AgentConfig } from './config/agent-config.ts';
import { Gate } from './deliver/gate.ts';
import { type Doors, openDoors } from './deliver/open-doors.ts';
import { type Explanation, explainFailure } from './tokens/explain.ts';
import { openOutbound } from './tokens/outbound.ts';
import { openTokenBook, type TokenBook } from './tokens/token-book.ts';
import { untilReady } from './tokens/until-ready.ts';

/** What an agent is made of. */
export interface AgentOptions {
  readonly config: AgentConfig;
  /** Where `app.key`, `store.key` and the sealed tokens are kept. */
  readonly folder: StateFolder;
  /** Key and certificate for the https listeners. */
  readonly certificate: (hosts: string[]) => Promise<{ key: string; cert: string }>;
  /** PEM texts of CAs that issuers and APIs may have beside the public ones. */
  readonly extraCa?: readonly string[];
  readonly log: Log;
  /** Gets a line for each token handed out and each call made through the proxy. Default: `log`. */
  readonly auditLog?: Log;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Default: `Math.random`. */
  readonly random?: Random;
  /** How long an API may take to begin its answer through the proxy, ms. Default 60 000. */
  readonly proxyTimeoutMs?: number;
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
  /** What a failure means and which variable or config key mends it; undefined for what is no {@link TokenError} of a declared token. */
  explain(error: unknown): Explanation | undefined;
  /** Takes no more requests, waits up to 10 s for those under way, then stops keeping. */
  close(): Promise<void>;
}

/**
 * Starts the agent: listens, adopts stored tokens, keeps every declared token from then on.
 * @throws {AgentError} `app_key_unsafe`, `app_key_invalid`, `store_unusable`
 * @throws {ServiceError} an address is taken or cannot be had, or the state folder is unsafe
 */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { config, folder, log, clock = systemClock } = options;
  const lifecycle = new Lifecycle();
  try {
    for (const note of config.notes) log.warn({ event: 'config.note' }, note);
    const defaultApp = config.hasDefaultApp ? await openDefaultApp(folder, config.tokens[0]?.name ?? '') : undefined;
    const apps = new AppDirectory(defaultApp === undefined ? config.apps : [...config.apps, defaultApp.app], clock);

    const outbound = openOutbound(config.outbound, options.extraCa);
    lifecycle.onStop('connections to issuers and APIs', () => outbound.close());

    const audit = await openAuditTrail(config.audit, { log, auditLog: options.auditLog ?? log, clock });
    lifecycle.onStop('audit lines', () => audit.close());

    // Listens before anything is minted: a taken port must cost no token.
    const gate = new Gate();
    let [doors, book]: [Doors | undefined, TokenBook | undefined] = [undefined, undefined];
    const listening = {
      certificate: options.certificate,
      allowRemote: config.allowRemote,
      onError: (error: unknown, address: ListenAddress) =>
        log.error({ event: 'listener.failed', listener: formatListenAddress(address), err: error }, 'a listener failed'),
    };
    const metricsListeners = await openListeners(config.metricsListen, { ...listening, handler: gate.answerMetrics });
    lifecycle.onStop('listeners for metrics', () => metricsListeners.close());
    const listeners = await openListeners(config.listen, { ...listening, handler: gate.answer });
    lifecycle.onStop('listeners and tokens', async () => {
      // Else the listeners would wait for those who wait for doors that never open.
      gate.close();
      await listeners.close();
      await doors?.close();
      await book?.close();
    });
    book = await openTokenBook(config, { folder, outbound, log, clock, ...(options.random !== undefined && { random: options.random }) });
    const { random, proxyTimeoutMs = 60_000, version } = options;
    const { addresses: where } = listeners;
    doors = openDoors({ config, apps, book, addresses: where, outbound, log, audit, clock, random, proxyTimeoutMs, version });
    gate.open(doors);
    const { urls, addresses } = listeners;
    log.info({ event: 'agent.started', listen: urls, tokens: config.tokens.map((token) => token.name) }, `listening on ${urls.join(', ')}`);
    return agentOver(book, {
      urls,
      addresses,
      clock,
      lifecycle,
      app: defaultApp && { name: defaultApp.app.name, keyPath: defaultApp.keyPath },
    });
  } catch (error) {
    await lifecycle.stop();
    throw error;
  }
}

function agentOver(book: TokenBook, parts: Pick<Agent, 'urls' | 'addresses' | 'app'> & { clock: Clock; lifecycle: Lifecycle }): Agent {
  const { urls, addresses, app, clock, lifecycle } = parts;
  return {
    urls,
    addresses,
    app,
    tokens: () =>
      book.tokens.map((token) => {
        const status = token.status();
        const { lastFailure } = status;
        return { name: token.name, status, ...(lastFailure && { problem: explainFailure(lastFailure, token.config.places) }) };
      }),
    ready: ({ signal } = {}) => untilReady(book.tokens, clock, signal),
    explain: (error) => (isTokenError(error) ? book.explain(error) : undefined),
    close: () => lifecycle.stop(),
  };
}

import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import type { Clock, Fetch } from '@evertoken/client';
import type { Dispatcher, fetch as undiciFetch } from 'undici';
import type { OutboundConfig } from '../config/agent-config.ts';
import { maxConnections } from '../upstream/connection-limits.ts';
import { DirectUpstream } from '../upstream/direct-upstream.ts';
import { fetchOver } from '../upstream/fetch-over.ts';
import { HostLookup } from '../upstream/host-lookup.ts';
import { ProxiedUpstream } from '../upstream/proxied-upstream.ts';
import type { Upstream } from '../upstream/upstream.ts';

const connectTimeoutMs = 3_000;
/** Shorter than the former, which a lookup must not use up. */
const lookupTimeoutMs = 2_500;
/** Each request to an issuer has a deadline of its own, which is shorter. */
const issuerTimeoutMs = 300_000;

/** The way out: to issuers by `fetch`, to APIs by an upstream, through the same proxies and trusting the same CAs. */
export interface Outbound {
  readonly fetch: Fetch;
  /** The way to APIs, each of which may be silent for `timeoutMs`; as long a request waits for a connection. */
  openUpstream(timeoutMs: number): Upstream;
  /** Ends all connections. */
  close(): Promise<void>;
}

type UpstreamClock = Pick<Clock, 'monotonic' | 'setTimer'>;

/** Where `fetch` goes: undici's own, for Node's is another version, which does not take this dispatcher. */
interface Way {
  readonly dispatcher: Dispatcher;
  readonly fetch: typeof undiciFetch;
}

/** Opens it; `clock` counts waits. `extraCa` are PEM texts trusted beside the public CAs; verification is always on. */
export function openOutbound(config: OutboundConfig, clock: UpstreamClock, extraCa: readonly string[] = []): Outbound {
  const privateCa = [...config.extraCa, ...extraCa];
  // Naming any CA replaces Node's own list, so that list has to be named too.
  const ca = privateCa.length === 0 ? undefined : [...rootCertificates, ...privateCa];
  const { httpProxy, httpsProxy } = config;
  return httpProxy === '' && httpsProxy === '' ? directWay(ca, clock) : proxiedWay(config, ca, clock);
}

/** Of connections of our own: for a handful of token requests a general client would take 20 MB. */
function directWay(ca: readonly string[] | undefined, clock: UpstreamClock): Outbound {
  const upstreams: Upstream[] = [];
  const { lookup } = new HostLookup({ timeoutMs: lookupTimeoutMs, clock });
  let context: SecureContext | undefined;
  // Made with the first connection that takes it, which an agent with issuers on the loopback may never have.
  const secureContext = (): SecureContext | undefined => {
    if (ca !== undefined) context ??= createSecureContext({ ca: [...ca] });
    return context;
  };
  const openUpstream = (timeoutMs: number): Upstream => {
    const upstream = new DirectUpstream({ secureContext, lookup, connectTimeoutMs, timeoutMs, maxConnections, clock });
    upstreams.push(upstream);
    return upstream;
  };
  return {
    fetch: fetchOver(openUpstream(issuerTimeoutMs)),
    openUpstream,
    async close() {
      await Promise.all(upstreams.map((upstream) => upstream.close()));
    },
  };
}

function proxiedWay({ httpProxy, httpsProxy, noProxy }: OutboundConfig, ca: readonly string[] | undefined, clock: UpstreamClock): Outbound {
  const tls = ca === undefined ? {} : { ca: [...ca] };
  let opening: Promise<Way> | undefined;
  const open = async (): Promise<Way> => {
    const { EnvHttpProxyAgent, fetch } = await import('undici');
    const { lookup } = new HostLookup({ timeoutMs: lookupTimeoutMs, clock });
    const connect = { ...tls, lookup, timeout: connectTimeoutMs };
    const around = `${noProxy},localhost,127.0.0.1,[::1]`;
    return { dispatcher: new EnvHttpProxyAgent({ connect, requestTls: tls, httpProxy, httpsProxy, noProxy: around }), fetch };
  };
  // Loaded when the first token is asked for: a start that finds all of them in the store is over before.
  const way = (): Promise<Way> => {
    opening ??= open().catch((error: unknown) => {
      // It is tried anew with the next request.
      opening = undefined;
      throw error;
    });
    return opening;
  };
  return {
    fetch: (async (input, init) => {
      const { dispatcher, fetch } = await way();
      return fetch(input as string, { ...(init as object), dispatcher });
    }) as Fetch,
    openUpstream: (timeoutMs) => new ProxiedUpstream(async () => (await way()).dispatcher, timeoutMs),
    async close() {
      const opened = await opening?.catch(() => undefined);
      await opened?.dispatcher.destroy();
    },
  };
}

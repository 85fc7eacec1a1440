import { rootCertificates } from 'node:tls';
import type { Clock, Fetch } from '@evertoken/client';
import type { Dispatcher, fetch as undiciFetch } from 'undici';
import type { OutboundConfig } from '../config/agent-config.ts';
import { DirectUpstream } from '../upstream/direct-upstream.ts';
import { ProxiedUpstream } from '../upstream/proxied-upstream.ts';
import type { Upstream } from '../upstream/upstream.ts';

const connectTimeoutMs = 3_000;
/** Connections to one API at once; what comes beyond waits for one. */
const maxConnections = 256;
/** Calls of one app at once: however slowly it takes their answers, others find connections. */
export const maxCallsOfOne: number = maxConnections / 2;

/** The way out: to issuers by `fetch`, to APIs by an upstream, through the same proxies and trusting the same CAs. */
export interface Outbound {
  readonly fetch: Fetch;
  /** The way to APIs, each of which may be silent for `timeoutMs`; as long a request waits for a connection, by `clock`. */
  openUpstream(timeoutMs: number, clock: Pick<Clock, 'monotonic' | 'setTimer'>): Upstream;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** Where `fetch` goes: undici's own, for Node's is another version, which does not take this dispatcher. */
interface Way {
  readonly dispatcher: Dispatcher;
  readonly fetch: typeof undiciFetch;
}

/** Opens it. `extraCa` are PEM texts trusted beside the public CAs; verification is always on. */
export function openOutbound(config: OutboundConfig, extraCa: readonly string[] = []): Outbound {
  const privateCa = [...config.extraCa, ...extraCa];
  // Naming any CA replaces Node's own list, so that list has to be named too.
  const tls = privateCa.length === 0 ? {} : { ca: [...rootCertificates, ...privateCa] };
  const connect = { ...tls, timeout: connectTimeoutMs };
  const { httpProxy, httpsProxy, noProxy } = config;
  const isDirect = httpProxy === '' && httpsProxy === '';
  let opening: Promise<Way> | undefined;
  // Loaded when the first token is asked for: a start that finds all of them in the store is over before.
  const way = (): Promise<Way> => {
    opening ??= (async () => {
      const { Agent, EnvHttpProxyAgent, fetch } = await import('undici');
      const dispatcher = isDirect
        ? new Agent({ connect })
        : new EnvHttpProxyAgent({ connect, requestTls: tls, httpProxy, httpsProxy, noProxy: `${noProxy},localhost,127.0.0.1,[::1]` });
      return { dispatcher, fetch };
    })();
    return opening;
  };
  const upstreams: Upstream[] = [];
  return {
    fetch: (async (input, init) => {
      const { dispatcher, fetch } = await way();
      return fetch(input as string, { ...(init as object), dispatcher });
    }) as Fetch,
    openUpstream(timeoutMs, clock) {
      const { ca } = tls as { ca?: readonly string[] };
      const upstream = isDirect
        ? new DirectUpstream({ ca, connectTimeoutMs, timeoutMs, maxConnections, clock })
        : new ProxiedUpstream(async () => (await way()).dispatcher, timeoutMs);
      upstreams.push(upstream);
      return upstream;
    },
    async close() {
      await Promise.all(upstreams.map((upstream) => upstream.close()));
      await (await opening)?.dispatcher.destroy();
    },
  };
}

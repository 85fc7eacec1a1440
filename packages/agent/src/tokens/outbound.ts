import { rootCertificates } from 'node:tls';
import type { Fetch } from '@evertoken/client';
import { Agent, type Dispatcher, EnvHttpProxyAgent, fetch } from 'undici';
import type { OutboundConfig } from '../config/agent-config.ts';
import { DirectUpstream } from '../upstream/direct-upstream.ts';
import { ProxiedUpstream } from '../upstream/proxied-upstream.ts';
import type { Upstream } from '../upstream/upstream.ts';

const connectTimeoutMs = 3_000;
/** Connections to one API at once; what comes beyond waits for one. */
const maxConnections = 256;

/** The way out: to issuers by `fetch`, to APIs by an upstream, through the same proxies and trusting the same CAs. */
export interface Outbound {
  readonly fetch: Fetch;
  /** The way to APIs, each of which may be silent for `timeoutMs`. */
  openUpstream(timeoutMs: number): Upstream;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** Opens it. `extraCa` are PEM texts trusted beside the public CAs; verification is always on. */
export function openOutbound(config: OutboundConfig, extraCa: readonly string[] = []): Outbound {
  const privateCa = [...config.extraCa, ...extraCa];
  // Naming any CA replaces Node's own list, so that list has to be named too.
  const tls = privateCa.length === 0 ? {} : { ca: [...rootCertificates, ...privateCa] };
  const connect = { ...tls, timeout: connectTimeoutMs };
  const { httpProxy, httpsProxy, noProxy } = config;
  const isDirect = httpProxy === '' && httpsProxy === '';
  const dispatcher: Dispatcher = isDirect
    ? new Agent({ connect })
    : new EnvHttpProxyAgent({ connect, requestTls: tls, httpProxy, httpsProxy, noProxy: `${noProxy},localhost,127.0.0.1,[::1]` });
  const upstreams: Upstream[] = [];
  return {
    // undici's own fetch: Node's is another version, which does not take this dispatcher.
    fetch: ((input, init) => fetch(input, { ...(init as object), dispatcher })) as Fetch,
    openUpstream(timeoutMs) {
      const { ca } = tls as { ca?: readonly string[] };
      const upstream = isDirect
        ? new DirectUpstream({ ca, connectTimeoutMs, timeoutMs, maxConnections })
        : new ProxiedUpstream(dispatcher, timeoutMs);
      upstreams.push(upstream);
      return upstream;
    },
    async close() {
      await Promise.all(upstreams.map((upstream) => upstream.close()));
      await dispatcher.destroy();
    },
  };
}

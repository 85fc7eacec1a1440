import { rootCertificates } from 'node:tls';
import type { Fetch } from '@evertoken/client';
import { Agent, type Dispatcher, EnvHttpProxyAgent, fetch } from 'undici';
import type { OutboundConfig } from '../config/agent-config.ts';

const connectTimeoutMs = 3_000;

/** The way out: to issuers by `fetch`, to APIs by `dispatcher`, both over the same pools, proxies and trusted CAs. */
export interface Outbound {
  readonly fetch: Fetch;
  readonly dispatcher: Dispatcher;
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
  const dispatcher =
    httpProxy === '' && httpsProxy === ''
      ? new Agent({ connect })
      : new EnvHttpProxyAgent({ connect, requestTls: tls, httpProxy, httpsProxy, noProxy: `${noProxy},localhost,127.0.0.1,[::1]` });
  return {
    // undici's own fetch: Node's is another version, which does not take this dispatcher.
    fetch: ((input, init) => fetch(input, { ...(init as object), dispatcher })) as Fetch,
    dispatcher,
    close: () => dispatcher.destroy(),
  };
}

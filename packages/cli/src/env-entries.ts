import type { Agent } from '@evertoken/agent';
import type { ListenAddress, LocalCa } from '@evertoken/service';
import { formatListenAddress } from '@evertoken/service';
import type { EnvEntries } from './env-file.ts';

/** The variables by which a program trusts the local CA. */
export function caEntries(ca: LocalCa): EnvEntries {
  return {
    NODE_EXTRA_CA_CERTS: ca.certificatePath,
    SSL_CERT_FILE: ca.bundlePath,
    REQUESTS_CA_BUNDLE: ca.bundlePath,
    // curl takes SSL_CERT_FILE too, but not where this one or SSL_CERT_DIR is set.
    CURL_CA_BUNDLE: ca.bundlePath,
  };
}

/** The variables by which a program reaches the agent: the plainest address, the https one as a domain, and the default app where there is one. */
export function agentEntries(agent: Agent, appKey: string | undefined): EnvEntries {
  const reachable = (['http', 'https', 'unix'] as const).map((kind) => agent.addresses.find((address) => address.kind === kind));
  const url = reachable.find((address) => address !== undefined);
  const https = httpsAddressOf(agent.addresses);
  return {
    ...(url === undefined ? {} : { EVERTOKEN_URL: formatListenAddress(url).replace(/\?.*$/, '') }),
    ...(https === undefined ? {} : { EVERTOKEN_DOMAIN: formatListenAddress(https).slice('https://'.length) }),
    ...(agent.app === undefined || appKey === undefined ? {} : { EVERTOKEN_APP: agent.app.name, EVERTOKEN_APP_KEY: appKey }),
  };
}

function httpsAddressOf(addresses: readonly ListenAddress[]): ListenAddress | undefined {
  return addresses.find((address) => address.kind === 'https');
}

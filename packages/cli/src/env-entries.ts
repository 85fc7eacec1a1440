import type { Agent } from '@evertoken/agent';
import type { ListenAddress, LocalCa } from '@evertoken/service';
import { formatListenAddress } from '@evertoken/service';
import type { Tenant } from '@evertoken/tenant';
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

/** The variables by which SDKs reach a tenant as its own application and, where the tenant has controls, tests reach those. */
export function tenantEntries({ domain, application, controls }: Tenant): EnvEntries {
  return {
    AUTH0_DOMAIN: domain,
    AUTH0_CLIENT_ID: application.clientId,
    AUTH0_CLIENT_SECRET: application.clientSecret,
    AUTH0_AUDIENCE: application.audience,
    ...(controls?.url !== undefined && { EVERTOKEN_CONTROLS_URL: controls.url, EVERTOKEN_CONTROLS_KEY: controls.key }),
  };
}

/** The variables by which a program reaches the agent: its address (http before https before a socket), its https host as a domain, and the default app. */
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

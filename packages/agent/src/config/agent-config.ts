import type { TokenRequest } from '@evertoken/client';
import type { ListenAddress } from '@evertoken/service';
import type { App } from '../apps/app-directory.ts';

/** Where the parts of a token request were written down, for messages: an environment variable or a place in the config file. */
export interface ConfigPlaces {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly audience: string;
  readonly scope: string;
}

/** A token that the agent keeps. */
export interface TokenConfig {
  readonly name: string;
  readonly request: TokenRequest;
  /** Origin of the API that the token is for, to which the proxy sends; undefined where the audience tells none. */
  readonly apiOrigin: string | undefined;
  readonly places: ConfigPlaces;
}

/** How the agent reaches issuers and APIs. */
export interface OutboundConfig {
  /** Proxy for http, as `HTTP_PROXY` names it; empty for none. */
  readonly httpProxy: string;
  /** Proxy for https, as `HTTPS_PROXY` names it; empty for none. */
  readonly httpsProxy: string;
  /** Hosts reached without a proxy, as `NO_PROXY` lists them. Loopback addresses always are. */
  readonly noProxy: string;
  /** PEM texts of `NODE_EXTRA_CA_CERTS`, trusted beside the machine's. */
  readonly extraCa: readonly string[];
}

/** All that an agent is told, read once and frozen. Holds the secrets that were literals or environment variables. */
export interface AgentConfig {
  readonly tokens: readonly TokenConfig[];
  readonly apps: readonly App[];
  /** Whether there is to be one app `local` with a key kept in the state folder: true where no config file says who may. */
  readonly hasDefaultApp: boolean;
  readonly listen: readonly ListenAddress[];
  /** Where tokens survive a restart. */
  readonly store: { readonly folder: string };
  readonly outbound: OutboundConfig;
  /** What was left out and why, for the log. */
  readonly notes: readonly string[];
}

import type { KeepingPolicy, TokenRequest } from '@evertoken/client';
import type { ListenAddress } from '@evertoken/service';
import type { App } from '../apps/app-directory.ts';
import type { AuditConfig } from '../apps/audit/audit-config.ts';

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
  /** How long that API may be silent, ms; undefined for the agent's default. */
  readonly apiReadTimeoutMs?: number;
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
  /** Why the file of `NODE_EXTRA_CA_CERTS` cannot be read; undefined where it could be, or where none is named. */
  readonly extraCaProblem?: string;
}

/** A token that is kept in a file. */
export interface TokenFileConfig {
  /** Name of the token. */
  readonly token: string;
  /** Absolute. */
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  /** Default: the user and group of the process. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  /** Whether a clean stop takes the file away. */
  readonly removeOnStop: boolean;
}

/** An issuer whose own clients may ask through the agent, with their own credentials. */
export interface PassThroughIssuer {
  /** Identifier of the issuer, a URL. */
  readonly issuer: string;
  /** Undefined where the issuer's metadata names it. */
  readonly tokenEndpoint: string | undefined;
}

/** The CA that a store's certificate is checked against, and our own certificate and key for it, as PEM. */
export interface StoreTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** A Redis or Valkey that a fleet shares; named by exactly one of `url`, `sentinel` and `cluster`. */
export interface RedisStoreConfig {
  readonly kind: 'redis';
  readonly url?: string;
  readonly sentinel?: {
    readonly name: string;
    readonly nodes: readonly { readonly host: string; readonly port?: number }[];
    readonly username?: string;
    readonly password?: string;
    readonly tls?: true | StoreTls;
  };
  readonly cluster?: readonly { readonly host: string; readonly port?: number }[];
  readonly username?: string;
  readonly password?: string;
  readonly tls?: true | StoreTls;
  /** As people write them. The first key seals; all of them open. */
  readonly keys: readonly string[];
  readonly prefix?: string;
  readonly namespaceKey?: string;
}

/** A PostgreSQL that a fleet shares. */
export interface PostgresStoreConfig {
  readonly kind: 'postgres';
  readonly url: string;
  /** PEM. */
  readonly ca?: string;
  /** As people write them. The first key seals; all of them open. */
  readonly keys: readonly string[];
  readonly table?: string;
}

/** A store that a fleet shares. */
export type SharedStoreConfig = RedisStoreConfig | PostgresStoreConfig;

/** Where tokens survive a restart. */
export interface StoreConfig {
  /** Folder of the sealed files. */
  readonly folder: string;
  /** The store that a fleet shares, if there is one. */
  readonly shared: SharedStoreConfig | undefined;
}

/** One value that is in effect. */
export interface EffectiveValue {
  /** Dotted path such as `tokens.management.client_id`. */
  readonly key: string;
  /** As it was written: references unresolved, literal secrets left out. */
  readonly value: string;
  /** `FILE:LINE`, the name of an environment variable, `command line` or `default`. */
  readonly from: string;
}

/** The whole config of an agent, read once and frozen. Holds the secrets that were written literally or given by environment variables. */
export interface AgentConfig {
  /** Absolute path of the config file; undefined where the environment alone was read. */
  readonly file: string | undefined;
  /** Digest of the content of `file` that was read; undefined where that came through a pipe. */
  readonly fileDigest: string | undefined;
  readonly tokens: readonly TokenConfig[];
  readonly apps: readonly App[];
  /**
   * Whether there is one app `local` with its key in the state folder: true where there is no config file and the environment names no app, unless clients
   * that are passed through are all who may ask.
   */
  readonly hasDefaultApp: boolean;
  readonly files: readonly TokenFileConfig[];
  readonly listen: readonly ListenAddress[];
  /** Addresses for metrics alone; empty where metrics are served on the addresses of `listen`. */
  readonly metricsListen: readonly ListenAddress[];
  /** Further host names by which the agent is reached, beside those of `listen`; in lower case, without ports. */
  readonly hosts: readonly string[];
  /** Whether other machines may connect, over https. */
  readonly allowRemote: boolean;
  /** The certificate of the https addresses; undefined for one of the local CA. */
  readonly tls: { readonly certPath: string; readonly keyPath: string } | undefined;
  readonly passThrough: readonly PassThroughIssuer[];
  readonly policy: Partial<KeepingPolicy>;
  readonly audit: AuditConfig;
  readonly store: StoreConfig;
  readonly outbound: OutboundConfig;
  /** Every value in effect and where it came from. Holds no secret. */
  readonly values: readonly EffectiveValue[];
  /** What was left out and why, for the log. */
  readonly notes: readonly string[];
}

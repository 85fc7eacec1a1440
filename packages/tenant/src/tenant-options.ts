import type { ListenAddress, Log, StateFolder } from '@evertoken/service';
import type { Now } from './clock.ts';
import type { ControlsOptions } from './controls/open-controls.ts';
import type { DashboardPages } from './dashboard/dashboard.ts';
import type { LogRetention } from './log/store-journal.ts';
import { maxTokenLifetimeSeconds } from './model/resource-server.ts';
import type { RateLimitPlan } from './rate-limit/rate-limit-plan.ts';
import type { StoreLocation } from './store/open-tenant-store.ts';
import { TenantError } from './tenant-error.ts';
import type { DeployDocument } from './transfer/deploy-document.ts';

type WithoutFolder<T> = T extends unknown ? Omit<T, 'folder'> : never;

/** Where the records of a tenant are, and what seals the secrets in them. */
export type TenantPlace = WithoutFolder<StoreLocation>;

/** What a tenant is started with. */
export interface TenantOptions {
  /** Its state lives in `tenant/` of this folder: the database, and the master key that seals the secrets in it. */
  readonly folder: StateFolder;
  /** Default: a SQLite database in the folder, for one tenant process. */
  readonly store?: TenantPlace;
  /**
   * Whether a folder with a SQLite database is held against other tenants, by the socket at which its owner asks for the dashboard. Default true. False: for a
   * folder that nobody else knows of, in a thread, where Node.js lets no socket be private.
   */
  readonly holdsFolder?: boolean;
  /** Default `https://localhost:8443`. Port 0: a free one. */
  readonly listen?: ListenAddress;
  /** Whether other machines may come; over https alone. Default false. */
  readonly allowRemote?: boolean;
  /** Key and certificate, PEM, for the names listened on; `serverCertificate` of the local CA. */
  readonly certificate: (hosts: string[]) => Promise<{ key: string; cert: string }>;
  /** How often the certificate is asked for again, ms. Default 24 h. Where that fails the log tells, and the former one stays. */
  readonly renewCertificateMs?: number;
  /**
   * Host, with a port if need be, that clients know the tenant by: issuer and Management API are named after it. Default: where it listens; on PostgreSQL what
   * the nodes of this tenant are known by already, and another one is refused.
   */
  readonly domain?: string;
  /** How issuer and metadata name the tenant. Default `https`, whatever it listens with itself. `http`: for clients of a test that cannot be told of a CA. */
  readonly issuerScheme?: 'https' | 'http';
  /** Whether `domain` may be another one than the nodes on this PostgreSQL have; those that run keep theirs until they start again. Default false. */
  readonly changesDomain?: boolean;
  /** Life of Management API tokens in seconds, 1…2 592 000; stays for later starts. Default at the first start: 86 400. */
  readonly tokenLifetimeSeconds?: number;
  /** Rate limits of which plan of Auth0. Default `off`: the headers are there, and nobody is refused. */
  readonly rateLimitPlan?: RateLimitPlan;
  /** How long the secret before the last rotation of a client is still taken, ms. Default 30 000. */
  readonly secretGraceMs?: number;
  /** How much of the tenant's logs stays. Default: 30 days, 100 000 entries. */
  readonly logRetention?: LogRetention;
  /** Clients, APIs, grants and organizations that are there when it has started, as `evertoken tenant import` makes them. */
  readonly document?: DeployDocument;
  /** Test controls: faults, clock, reset. Default: none. */
  readonly controls?: ControlsOptions;
  /** Folder of the built pages of the dashboard, which is then at `/dashboard/`, and what its owner types for a link to it. Default: there is none. */
  readonly pages?: DashboardPages;
  /** How long requests under way are waited for at the end, ms. Default 10 000. */
  readonly closeGraceMs?: number;
  readonly log: Log;
  /** Epoch milliseconds. Default: the machine's clock. */
  readonly now?: Now;
}

/** Throws {@link TenantError} for what makes no sense. */
export function checkOptions(listen: ListenAddress, { domain, tokenLifetimeSeconds: lifetime }: TenantOptions): void {
  if (domain === undefined && listen.kind === 'unix') {
    throw new TenantError('domain_missing', {
      problem: 'A tenant on a unix socket has no name of its own',
      place: listen.path,
      step: 'Give the domain that clients reach it by, with --domain.',
    });
  }
  if (domain !== undefined) checkDomain(domain);
  if (lifetime !== undefined && !(Number.isInteger(lifetime) && lifetime >= 1 && lifetime <= maxTokenLifetimeSeconds)) {
    throw new TenantError('token_lifetime_invalid', {
      problem: 'Tokens cannot have this lifetime',
      place: `${lifetime} s`,
      step: `Give whole seconds from 1 to ${maxTokenLifetimeSeconds} (30 days).`,
    });
  }
}

/** Throws {@link TenantError} for what is no host, with a port or without. */
export function checkDomain(domain: string): void {
  if (isDomain(domain)) return;
  throw new TenantError('domain_invalid', {
    problem: 'This is no domain',
    place: domain,
    step: 'Give a host with an optional port, such as localhost:8443, in lower case, without https://, the port 443 and a path.',
  });
}

function isDomain(text: string): boolean {
  return URL.canParse(`https://${text}/`) && new URL(`https://${text}/`).host === text;
}

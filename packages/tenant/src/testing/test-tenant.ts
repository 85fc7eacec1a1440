import type { FaultAnswer } from '../controls/fault.ts';
import type { SeenRequest } from '../controls/request-stream.ts';
import type { TenantControls } from '../controls/tenant-controls.ts';
import type { RateLimitPlan } from '../rate-limit/rate-limit-plan.ts';
import type { DeployDocument } from '../transfer/deploy-document.ts';
import type { TestApi, TestApplication } from './test-document.ts';

/** What a tenant for tests is started with. */
export interface TestTenantOptions {
  readonly apis?: readonly TestApi[];
  readonly applications?: readonly TestApplication[];
  /** More, in the words of auth0-deploy-cli: organizations, settings. */
  readonly document?: DeployDocument;
  /** Default true: https, as Auth0 has it, with a CA of its own. False: plain http, for clients that cannot be told of a CA. */
  readonly tls?: boolean;
  /** Default 0: a free one. */
  readonly port?: number;
  /** Default `off`. */
  readonly rateLimitPlan?: RateLimitPlan;
  /** Life of Management API tokens, seconds. Default 86 400. */
  readonly tokenLifetimeSeconds?: number;
  /** Epoch milliseconds; a test's own clock. Default: the machine's. */
  readonly now?: () => number;
  /** 0 up to 1, by which shares of requests are drawn. Default `Math.random`. */
  readonly random?: () => number;
  /** Takes the lines of the tenant's log, JSON each. Default: nobody. */
  readonly onLogLine?: (line: string) => void;
}

/** Id and secret of an application. */
export interface Credentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** A tenant in this process, for tests. */
export interface TestTenant extends AsyncDisposable {
  /** Such as `https://localhost:35721`. */
  readonly url: string;
  /** Such as `localhost:35721`: what Auth0's SDKs take. */
  readonly domain: string;
  /** `iss` of its tokens. */
  readonly issuer: string;
  /** Certificate of its CA, PEM, and the file it is in: for `ca` of a client, for `NODE_EXTRA_CA_CERTS`. */
  readonly ca: string;
  readonly caPath: string;
  /** Id and secret of an application by its name: one of `applications`, or `Evertoken Agent`. */
  credentials(name: string): Credentials;
  /** Variables that SDKs and programs read: `AUTH0_DOMAIN`, `AUTH0_CLIENT_ID` … of an application, `NODE_EXTRA_CA_CERTS`. */
  env(name?: string, audience?: string): Record<string, string>;
  /** The audience of the Management API. */
  readonly managementAudience: string;
  /** A token straight from the tenant, for tests of what verifies tokens. Throws where it is refused. */
  token(request: { application: string; audience: string; scope?: string; organization?: string }): Promise<string>;
  /**
   * The next `count` token requests fail: with a status (default 503), or as said. `path`: of other requests. As the two below, it throws a `RangeError` or
   * `TypeError` for what cannot be.
   */
  failNext(count: number, how?: number | FaultAnswer, options?: { path?: string }): void;
  /** Token requests, or as many as `times`, get 429 with the headers of the real one. */
  rateLimit(options?: { times?: number; retryAfterSeconds?: number; resetSeconds?: number; path?: string }): void;
  /** Token requests, or as many as `times`, are answered later. */
  delay(ms: number, options?: { times?: number; path?: string }): void;
  /** Ends every fault; what is delayed just now is answered at once. */
  heal(): void;
  /** Sets the tenant's clock `ms` further ahead, or back where negative. */
  shiftClock(ms: number): void;
  /** Makes the next signing key the current one; answers its `kid`. */
  rotateSigningKey(): Promise<string>;
  /** Puts back what there was at the start; ends faults and clock shift, forgets the requests. */
  reset(): Promise<void>;
  /** The newest thousand requests that were answered, oldest first. */
  readonly requests: readonly SeenRequest[];
  /** Those of them that asked for tokens. */
  readonly tokenRequests: readonly SeenRequest[];
  /** Everything that the controls can do. */
  readonly controls: TenantControls;
  /** Ends it, and removes its folder. */
  close(): Promise<void>;
}

import type { BucketSize } from './token-bucket.ts';

/** The plans whose rate limits Auth0 documents. `off`: headers as Enterprise has them, and nobody is ever refused. */
export const rateLimitPlans = [
  'off',
  'free',
  'essentials',
  'professional',
  'enterprise',
  'enterprise-non-production',
  'private-dev',
  'private-100',
  'private-500',
  'private-1500',
] as const;

/** Name of a plan; see {@link rateLimitPlans}. */
export type RateLimitPlan = (typeof rateLimitPlans)[number];

/** What of the Authentication API has a bucket of its own. */
export type AuthenticationEndpoint = 'token' | 'jwks' | 'other';

/** What of the Management API has a bucket of its own; `search_clients` is the list of clients with `q`. */
export type ManagementEndpoint =
  | 'read_clients'
  | 'search_clients'
  | 'read_organization_client_grants'
  | 'write_organization_client_grants'
  | 'read_logs'
  | 'rotate_signing_keys'
  | 'other';

/** Buckets of one API: `global` is tested first, then that of the endpoint; what has none is not limited there. */
export interface ApiLimits<Endpoint extends string> {
  readonly global?: BucketSize;
  readonly endpoints: { readonly [E in Endpoint]?: BucketSize };
}

/** All buckets of a plan. */
export interface PlanLimits {
  readonly authentication: ApiLimits<AuthenticationEndpoint>;
  readonly management: ApiLimits<ManagementEndpoint>;
}

const second = 1_000;
const minute = 60 * second;
const day = 24 * 60 * minute;

const per = (windowMs: number, capacity: number, refill: number = capacity): BucketSize => ({ capacity, refill, windowMs });

const rotation = { rotate_signing_keys: per(day, 5) };
const searchAndAssociations = {
  search_clients: per(minute, 5, 150),
  read_organization_client_grants: per(minute, 10, 100),
  write_organization_client_grants: per(minute, 5, 150),
};

const selfService: PlanLimits = {
  authentication: { global: per(second, 25), endpoints: {} },
  management: {
    endpoints: {
      ...rotation,
      ...searchAndAssociations,
      read_clients: per(minute, 5, 100),
      read_logs: per(minute, 10, 100),
      other: per(minute, 10, 150),
    },
  },
};

const enterprise = (burst: number, sustained: number): PlanLimits => ({
  authentication: { global: per(second, 100), endpoints: {} },
  management: { global: per(second, burst, sustained), endpoints: { ...rotation, ...searchAndAssociations } },
});

const privateCloud = (authentication: number, management: number): PlanLimits => ({
  authentication: { global: per(second, authentication), endpoints: {} },
  management: { global: per(second, management), endpoints: rotation },
});

const limits: Readonly<Record<Exclude<RateLimitPlan, 'off'>, PlanLimits>> = {
  free: {
    authentication: { global: per(minute, 300), endpoints: { token: per(second, 30), jwks: per(second, 20) } },
    management: { global: per(second, 2), endpoints: rotation },
  },
  essentials: selfService,
  professional: selfService,
  enterprise: enterprise(50, 16),
  'enterprise-non-production': enterprise(10, 2),
  'private-dev': privateCloud(20, 20),
  'private-100': privateCloud(100, 50),
  'private-500': privateCloud(500, 250),
  'private-1500': privateCloud(1500, 750),
};

/** The buckets of `plan`. */
export function limitsOf(plan: Exclude<RateLimitPlan, 'off'>): PlanLimits {
  return limits[plan];
}

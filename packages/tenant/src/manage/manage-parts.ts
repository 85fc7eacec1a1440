import type { Log } from '@evertoken/service';
import type { Now } from '../clock.ts';
import type { TokenIndex } from '../issue/token-index.ts';
import type { TenantStore } from '../store/tenant-store.ts';
import type { Bearer } from './bearer.ts';

/** What the routes of the Management API work with. */
export interface ManageParts {
  readonly domain: string;
  readonly index: TokenIndex;
  readonly store: TenantStore;
  readonly now: Now;
  readonly log: Log;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the guard of every Management API route. */
    bearer: Bearer | undefined;
  }
}

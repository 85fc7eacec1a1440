import { newRequestId } from '../model/random-id.ts';
import type { BucketStanding } from '../rate-limit/token-bucket.ts';

/** The headers that every answer of the Authentication API has (contract §1.3). */
export function commonHeaders({ limit, remaining, resetSeconds }: BucketStanding): Record<string, string | number> {
  return {
    'Strict-Transport-Security': 'max-age=31536000',
    'X-Content-Type-Options': 'nosniff',
    'X-Auth0-RequestId': newRequestId(),
    'X-RateLimit-Limit': limit,
    'X-RateLimit-Remaining': remaining,
    'X-RateLimit-Reset': resetSeconds,
  };
}

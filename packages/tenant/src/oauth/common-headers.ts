import { newRequestId } from '../model/random-id.ts';
import type { BucketStanding } from '../rate-limit/token-bucket.ts';

/**
 * Adds the headers that every answer of the Authentication API has to a flat list of names and values. `own` are the headers of this answer
 * alone: where they tell of another limit than that of the bucket, for example that of a quota, they replace it.
 */
export function addCommonHeaders(
  head: string[],
  { limit, remaining, resetSeconds }: BucketStanding,
  own: Readonly<Record<string, string>> = {},
): void {
  head.push('Strict-Transport-Security', 'max-age=31536000', 'X-Content-Type-Options', 'nosniff', 'X-Auth0-RequestId', newRequestId());
  if (own['X-RateLimit-Limit'] !== undefined) return;
  head.push('X-RateLimit-Limit', String(limit), 'X-RateLimit-Remaining', String(remaining), 'X-RateLimit-Reset', String(resetSeconds));
}

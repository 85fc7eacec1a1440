import { commonHeaders } from '../common-headers.ts';
import { newRequestId } from '../model/random-id.ts';
import type { BucketStanding } from '../rate-limit/token-bucket.ts';

/**
 * Adds {@link commonHeaders} and those of the rate limit, which every answer of the Authentication API has, to a flat list of names and values. `own` are the
 * headers of this answer alone: where they tell of another limit than that of the bucket, for example that of a quota, they replace it.
 */
export function addAnswerHeaders(
  head: string[],
  { limit, remaining, resetSeconds }: BucketStanding,
  own: Readonly<Record<string, string>> = {},
  requestId: string = newRequestId(),
): void {
  const common = commonHeaders(requestId);
  for (const name in common) head.push(name, common[name] ?? '');
  if (own['X-RateLimit-Limit'] !== undefined) return;
  head.push('X-RateLimit-Limit', String(limit), 'X-RateLimit-Remaining', String(remaining), 'X-RateLimit-Reset', String(resetSeconds));
}

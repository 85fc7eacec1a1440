import type { App, Rate } from '../apps/app-directory.ts';
import type { CallerId } from '../apps/by-caller.ts';
import { defaultCallRate, type RateLimits } from '../apps/rate-limits.ts';
import { Refusal } from './refusal.ts';
import { retryAfterSeconds } from './retry-after.ts';

/**
 * Counts a token read against the app's rate; without one, reads are free.
 * @throws {Refusal} 429 with `Retry-After`.
 */
export function countRead(app: App, rates: RateLimits): void {
  if (app.rate !== undefined) count(app.name, app.rate, rates, `apps.${app.name}.rate`);
}

/**
 * Counts a proxied call against the app's rate. Without one, and for callers with a live token: 50 a second and 100 at once.
 * @throws {Refusal} 429 with `Retry-After`.
 */
export function countCall(whose: App | object, rates: RateLimits): void {
  const app = 'rate' in whose ? (whose as App) : undefined;
  count(app?.name ?? whose, app?.rate ?? defaultCallRate, rates, app === undefined ? 'the rate of live tokens' : `apps.${app.name}.rate`);
}

/** The refusal of a call of a caller that has `most` under way. */
export function tooManyCalls(most: number): Refusal {
  const detail = `At most ${most} calls of one caller are under way at once. Take the answers of those that are, and try again.`;
  return new Refusal(429, 'too_many_calls', detail, { headers: { 'retry-after': '1' } });
}

/** The refusal of a read that would have to wait, of a caller of whom many do. */
export function tooManyWaiting(): Refusal {
  const detail = 'Too many requests of this caller wait for a token that is not there. `evertoken status` tells why it is not; try again.';
  // Others may be waiting for its connection.
  return new Refusal(429, 'too_many_waiting', detail, { headers: { 'retry-after': '1', connection: 'close' } });
}

function count(whose: CallerId, rate: Rate, rates: RateLimits, place: string): void {
  const waitMs = rates.take(whose, rate);
  if (waitMs === 0) return;
  const seconds = retryAfterSeconds(waitMs);
  const { perSecond, burst } = rate;
  const detail = `At most ${perSecond} requests a second, ${burst} at once (${place}). Try again in ${seconds} s.`;
  throw new Refusal(429, 'too_many_requests', detail, {
    headers: {
      'retry-after': String(seconds),
      // draft-ietf-httpapi-ratelimit-headers
      'ratelimit-policy': `"app";q=${burst};w=${Math.max(1, Math.ceil(burst / perSecond))}`,
      ratelimit: `"app";r=0;t=${seconds}`,
    },
    members: { rate: { per_second: perSecond, burst }, retry_after_ms: Math.ceil(waitMs) },
  });
}

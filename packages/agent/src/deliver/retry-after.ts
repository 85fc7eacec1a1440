/** Whole seconds after which to come again, at least one, as `Retry-After` tells them (RFC 9110 §10.2.3). */
export function retryAfterSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1_000));
}

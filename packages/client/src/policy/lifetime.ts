/** Shortest and longest lifetime believed, seconds. */
const SHORTEST = 1;
const LONGEST = 400 * 86_400;

/** The lifetime read from an issuer's answer, seconds; `isAssumed` where the default had to do. */
export type Lifetime =
  | { readonly ok: true; readonly seconds: number; readonly isAssumed: boolean }
  | { readonly ok: false; readonly given: string };

/**
 * How long a token lives: `expires_in` (RFC 6749 §5.1; a number, or the numeric string some issuers send), else the JWT's own `exp − iat`, else
 * the default; the smaller where both are known; clamped to 1 s … 400 d.
 */
export function lifetimeOf(expiresIn: unknown, jwtSeconds: number | undefined, defaultSeconds: number): Lifetime {
  let answered: number | undefined;
  if (expiresIn !== undefined && expiresIn !== null) {
    answered = numberIn(expiresIn);
    if (answered === undefined || !Number.isFinite(answered) || answered <= 0) return { ok: false, given: describe(expiresIn) };
  }
  const known = [answered, jwtSeconds].filter((seconds) => seconds !== undefined);
  const seconds = known.length === 0 ? defaultSeconds : Math.min(...known);
  return { ok: true, seconds: Math.min(LONGEST, Math.max(SHORTEST, seconds)), isAssumed: known.length === 0 };
}

/** `exp − iat` of a JWT (RFC 7519 §4.1), seconds; undefined for anything else. Nothing is verified: an access token is opaque to its client. */
export function jwtLifetimeOf(accessToken: string): number | undefined {
  const parts = accessToken.split('.');
  if (parts.length !== 3 || parts[1] === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(atob(parts[1].replaceAll('-', '+').replaceAll('_', '/')));
    if (typeof claims !== 'object' || claims === null) return undefined;
    const { exp, iat } = claims as { exp?: unknown; iat?: unknown };
    if (typeof exp !== 'number' || typeof iat !== 'number' || !(exp > iat)) return undefined;
    return exp - iat;
  } catch {
    return undefined;
  }
}

function numberIn(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
}

function describe(value: unknown): string {
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : `a ${typeof value}`;
}

import { Refusal } from './refusal.ts';

/**
 * The scopes that a token request asks for: a text with spaces between them (RFC 6749 §3.3) or, as Auth0 takes it, an array.
 * @throws {Refusal} `invalid_scope`
 */
export function requestedScopes(scope: unknown): readonly string[] {
  const isList = Array.isArray(scope) && scope.every((part) => typeof part === 'string');
  if (scope !== undefined && typeof scope !== 'string' && !isList)
    throw new Refusal(400, 'invalid_scope', 'Scope must be an array or a string');
  return (isList ? (scope as string[]).join(' ') : ((scope as string | undefined) ?? '')).split(' ').filter((part) => part !== '');
}

/**
 * Checks that the kept token has all scopes that are asked for.
 * @throws {Refusal} `access_denied`
 */
export function checkScopes(wanted: readonly string[], held: string | undefined): void {
  if (wanted.length === 0) return;
  const granted = new Set((held ?? '').split(' '));
  const missing = wanted.filter((scope) => !granted.has(scope));
  if (missing.length > 0) throw new Refusal(403, 'access_denied', `Client has not been granted scopes: ${missing.join(', ')}`);
}

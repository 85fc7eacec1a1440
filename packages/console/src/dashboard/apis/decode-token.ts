/** Header and claims of a signed token; its signature is not looked at. */
export interface DecodedToken {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Undefined for what is no JSON Web Token. */
export function decodeToken(token: string): DecodedToken | undefined {
  const [header, claims, ...rest] = token.split('.');
  if (header === undefined || claims === undefined || rest.length !== 1) return undefined;
  const decoded = [header, claims].map(objectIn);
  const [first, second] = decoded;
  return first === undefined || second === undefined ? undefined : { header: first, claims: second };
}

function objectIn(part: string): Record<string, unknown> | undefined {
  try {
    const bytes = Uint8Array.from(atob(part.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

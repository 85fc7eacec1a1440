import { type FailureContext, failureOfContent } from './failure.ts';

/** A token answer (RFC 6749 §5.1), checked but for its lifetime. */
export interface TokenAnswer {
  readonly accessToken: string;
  readonly tokenType: string;
  readonly scope: string | undefined;
  /** As it stood there. */
  readonly expiresIn: unknown;
}

/**
 * Reads a 200.
 * @throws {TokenError} `invalid_response`; the answer itself is in none of it.
 */
export function readTokenAnswer(
  { contentType, body, tokenType }: { contentType: string | null; body: string; tokenType: 'Bearer' | 'DPoP' },
  context: FailureContext,
): TokenAnswer {
  const mediaType = contentType?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (!/^application\/([a-z0-9.+-]+\+)?json$/.test(mediaType)) throw failureOfContent('something other than JSON (RFC 6749 §5.1)', context);
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    throw failureOfContent(body.trim() === '' ? 'an empty body' : 'a body that is no JSON', context);
  }
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) throw failureOfContent('JSON that is no object', context);
  const { access_token: accessToken, token_type: type, scope: given, expires_in: expiresIn } = answer as Record<string, unknown>;
  // Where a serializer writes out what is not there.
  const scope = given ?? undefined;
  if (typeof accessToken !== 'string' || typeof type !== 'string' || (scope !== undefined && typeof scope !== 'string'))
    throw failureOfContent('JSON that is no token answer (RFC 6749 §5.1)', context);
  // A Bearer token where a bound one was asked for would be weaker than what the program relies on (RFC 9449 §5).
  if (type.toLowerCase() !== tokenType.toLowerCase()) throw failureOfContent(`a token that is no ${tokenType} token`, context);
  // VSCHAR (RFC 6749 A.12) without the blank: nothing else may stand in a header.
  if (!/^[\x21-\x7e]+$/.test(accessToken)) throw failureOfContent('an `access_token` with characters that no token has', context);
  return { accessToken, tokenType, scope, expiresIn };
}

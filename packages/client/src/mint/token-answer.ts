import * as oauth from 'oauth4webapi';
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
export async function readTokenAnswer(
  { contentType, body, tokenType }: { contentType: string | null; body: string; tokenType: 'Bearer' | 'DPoP' },
  context: FailureContext,
): Promise<TokenAnswer> {
  const mediaType = contentType?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (!/^application\/([a-z0-9.+-]+\+)?json$/.test(mediaType)) throw failureOfContent('something other than JSON (RFC 6749 §5.1)', context);
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw failureOfContent(body.trim() === '' ? 'an empty body' : 'a body that is no JSON', context);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw failureOfContent('JSON that is no object', context);
  // The lifetime has rules of its own (`lifetimeOf`), wider and stricter than the library's.
  const { expires_in: expiresIn, ...rest } = parsed as Record<string, unknown>;
  let answer: oauth.TokenEndpointResponse;
  try {
    const response = new Response(JSON.stringify(rest), { headers: { 'content-type': 'application/json' } });
    answer = await oauth.processClientCredentialsResponse(
      { issuer: context.request.issuer },
      { client_id: context.request.clientId },
      response,
    );
  } catch {
    // The library's error holds the answer, and with it perhaps a token: it ends here.
    throw failureOfContent('JSON that is no token answer (RFC 6749 §5.1)', context);
  }
  // A Bearer token where a bound one was asked for would be weaker than what the program relies on (RFC 9449 §5).
  if (answer.token_type !== tokenType.toLowerCase()) throw failureOfContent(`a token that is no ${tokenType} token`, context);
  // VSCHAR (RFC 6749 A.12) without the blank: nothing else may stand in a header.
  if (!/^[\x21-\x7e]+$/.test(answer.access_token)) throw failureOfContent('an `access_token` with characters that no token has', context);
  return { accessToken: answer.access_token, tokenType, scope: answer.scope, expiresIn };
}

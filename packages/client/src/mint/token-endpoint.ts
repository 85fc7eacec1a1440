import * as oauth from 'oauth4webapi';
import type { Clock } from '../clock.ts';
import type { Fetch } from '../options.ts';
import type { KeepingPolicy } from '../policy/keeping-policy.ts';
import { jwtLifetimeOf, lifetimeOf } from '../policy/lifetime.ts';
import { BodyTooLongError, readBoundedText } from './bounded-body.ts';
import { type FailureContext, failureOfAnswer, failureOfConnection, failureOfContent, failureOfSecret } from './failure.ts';
import { type CheckedTokenRequest, isConfidential } from './token-request.ts';

/** A token as the issuer answered it. */
export interface MintedToken {
  readonly accessToken: string;
  readonly tokenType: string;
  readonly scope: string | undefined;
  readonly lifetimeMs: number;
  readonly isLifetimeAssumed: boolean;
  /** Wall clock just before the request was sent, epoch ms. */
  readonly askedAt: number;
  /** The same instant on the monotonic clock. */
  readonly askedAtMonotonic: number;
}

/** What a mint needs from around it. */
export interface MintTools {
  readonly clock: Clock;
  readonly fetch: Fetch;
  readonly policy: KeepingPolicy;
}

/**
 * Asks the issuer once for a token (RFC 6749 §4.4), within `policy.mintTimeoutMs` and until `stop`. Keeps nothing.
 * @throws {TokenError} whatever goes wrong.
 */
export async function requestToken(
  request: CheckedTokenRequest,
  { clock, fetch, policy }: MintTools,
  stop: AbortSignal,
): Promise<MintedToken> {
  const deadline = new AbortController();
  const timer = clock.setTimer(() => deadline.abort(), policy.mintTimeoutMs);
  const end = () => deadline.abort();
  stop.addEventListener('abort', end, { once: true });
  // The whole attempt races the deadline: a secret's source or a body that never ends has no say in how long it takes.
  const tooLate = new Promise<never>((_, reject) => {
    deadline.signal.addEventListener('abort', () => reject(failureOfConnection(undefined, true, contextOf(request, '', clock))), {
      once: true,
    });
  });
  try {
    return await Promise.race([attempt(request, { clock, fetch, policy }, deadline.signal), tooLate]);
  } finally {
    timer.cancel();
    stop.removeEventListener('abort', end);
  }
}

async function attempt(request: CheckedTokenRequest, { clock, fetch, policy }: MintTools, signal: AbortSignal): Promise<MintedToken> {
  const secret = await readSecret(request);
  const context = contextOf(request, secret, clock);
  const askedAt = clock.now();
  const askedAtMonotonic = clock.monotonic();
  let response: Response;
  let body: string;
  try {
    response = await send(request, secret, fetch, signal);
    body = await readBoundedText(response);
  } catch (error) {
    if (error instanceof BodyTooLongError) throw failureOfContent('far more than a token', context);
    throw failureOfConnection(error, signal.aborted, context);
  }
  if (response.status !== 200) throw failureOfAnswer(response, body, { ...context, now: clock.now() });
  const answer = await readAnswer(response, body, context);
  const lifetime = lifetimeOf(answer.expiresIn, jwtLifetimeOf(answer.accessToken), policy.defaultLifetimeSeconds);
  if (!lifetime.ok) throw failureOfContent(`an \`expires_in\` that is no positive number (${lifetime.given})`, context, 'invalid_lifetime');
  return {
    accessToken: answer.accessToken,
    tokenType: answer.tokenType,
    scope: answer.scope,
    lifetimeMs: lifetime.seconds * 1000,
    isLifetimeAssumed: lifetime.isAssumed,
    askedAt,
    askedAtMonotonic,
  };
}

async function readSecret({ clientSecret, facts }: CheckedTokenRequest): Promise<string> {
  let secret: unknown;
  try {
    secret = typeof clientSecret === 'function' ? await clientSecret() : clientSecret;
  } catch {
    throw failureOfSecret(facts);
  }
  if (typeof secret !== 'string' || secret === '') throw failureOfSecret(facts);
  return secret;
}

function send(request: CheckedTokenRequest, secret: string, fetch: Fetch, signal: AbortSignal): Promise<Response> {
  const { tokenEndpoint, clientId } = request.facts;
  const url = new URL(tokenEndpoint);
  const authenticate =
    request.clientAuthentication === 'client_secret_basic' ? oauth.ClientSecretBasic(secret) : oauth.ClientSecretPost(secret);
  return oauth.clientCredentialsGrantRequest(
    { issuer: url.origin, token_endpoint: url.href },
    { client_id: clientId },
    authenticate,
    { ...request.parameters },
    {
      [oauth.customFetch]: (href, init) => fetch(href, init as RequestInit),
      // Only ever true for loopback: see `isConfidential`, which was asked when the request was checked.
      [oauth.allowInsecureRequests]: url.protocol === 'http:' && isConfidential(url),
      signal,
    },
  );
}

async function readAnswer(
  response: Response,
  body: string,
  context: FailureContext,
): Promise<{ accessToken: string; tokenType: string; scope: string | undefined; expiresIn: unknown }> {
  const mediaType = response.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
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
    const headers = { 'content-type': 'application/json' };
    answer = await oauth.processClientCredentialsResponse(
      { issuer: context.request.tokenEndpoint },
      { client_id: context.request.clientId },
      new Response(JSON.stringify(rest), { headers }),
    );
  } catch {
    // The library's error holds the answer, and with it perhaps a token: it ends here.
    throw failureOfContent('JSON that is no Bearer token answer (RFC 6749 §5.1)', context);
  }
  if (answer.token_type !== 'bearer') throw failureOfContent('a token that is no Bearer token', context);
  // VSCHAR (RFC 6749 A.12) without the blank: nothing else may stand in a header.
  if (!/^[\x21-\x7e]+$/.test(answer.access_token)) throw failureOfContent('an `access_token` with characters that no token has', context);
  return { accessToken: answer.access_token, tokenType: 'Bearer', scope: answer.scope, expiresIn };
}

function contextOf(request: CheckedTokenRequest, secret: string, clock: Clock): FailureContext {
  return { request: request.facts, secret, now: clock.now() };
}

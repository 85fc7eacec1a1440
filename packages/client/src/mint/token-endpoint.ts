import type { Clock } from '../clock.ts';
import { TokenError } from '../errors.ts';
import type { Fetch } from '../options.ts';
import { marksOf } from '../policy/freshness.ts';
import type { KeepingPolicy } from '../policy/keeping-policy.ts';
import { jwtLifetimeOf, lifetimeOf } from '../policy/lifetime.ts';
import { quotasOf } from '../policy/quota.ts';
import { dateOf } from '../policy/retry-after.ts';
import type { QuotaReading, TokenRequestFacts } from '../status.ts';
import { BodyTooLongError, readBoundedText } from './bounded-body.ts';
import { type ClientProof, type ProofTools, proofsOf } from './client-proof.ts';
import {
  type FailureContext,
  failureOfAnswer,
  failureOfConnection,
  failureOfContent,
  failureOfKey,
  failureOfLateToken,
  failureOfSlowPart,
} from './failure.ts';
import type { IssuerDirectory } from './issuer-directory.ts';
import { readTokenAnswer } from './token-answer.ts';
import { type BindingKey, callTokenEndpoint } from './token-endpoint-call.ts';
import type { CheckedTokenRequest } from './token-request.ts';

/** Clocks that moved apart by more than this during a request: the machine slept, or the wall clock was set. */
const clocksApartMs = 1_000;
/** A deadline of which this process hears later than by this: it was stopped (a frozen runtime, SIGSTOP), and with it whatever it would have read. */
export const STOPPED_MS = 1_000;
/** What the issuer answered meanwhile is read within this time. */
const CATCHING_UP_MS = 500;

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
  /** Which of several secrets the issuer took; 0 where there is one or none. */
  readonly secretIndex: number;
}

/** What a mint needs from around it. */
export interface MintTools {
  readonly clock: Clock;
  readonly fetch: Fetch;
  readonly policy: KeepingPolicy;
  readonly directory: IssuerDirectory;
  /** The issuer's time, epoch seconds. */
  readonly issuerSeconds: ProofTools['issuerSeconds'];
  /** Which of several secrets to try first. */
  readonly firstSecret: ProofTools['firstSecret'];
  /** The key to bind the token to. */
  readonly dpop: BindingKey | undefined;
  /** Called with what each answer's headers tell, a refusal's too. */
  readonly onHeaders: (told: { readonly date: number | undefined; readonly quotas: readonly QuotaReading[] }) => void;
}

/**
 * Asks the issuer once for a token (RFC 6749 §4.4), within `policy.mintTimeoutMs` and until `stop`. Where there are several secrets, one that is
 * refused is followed by the next. Keeps nothing.
 * @throws {TokenError} whatever goes wrong.
 */
export async function requestToken(request: CheckedTokenRequest, tools: MintTools, stop: AbortSignal): Promise<MintedToken> {
  const { clock, policy } = tools;
  const waiting: ProofTools['waiting'] = { for: undefined };
  const deadline = new AbortController();
  const end = () => deadline.abort();
  const endsAt = clock.monotonic() + policy.mintTimeoutMs;
  let timer = clock.setTimer(() => {
    if (clock.monotonic() - endsAt < STOPPED_MS) end();
    else timer = clock.setTimer(end, CATCHING_UP_MS);
  }, policy.mintTimeoutMs);
  stop.addEventListener('abort', end, { once: true });
  // The whole attempt races the deadline: a secret's source or a body that never ends has no say in how long it takes.
  const tooLate = new Promise<never>((_, reject) => {
    const { facts } = request;
    const failure = () =>
      waiting.for === undefined
        ? failureOfConnection(undefined, true, { request: facts })
        : failureOfSlowPart(facts, waiting.for, policy.mintTimeoutMs);
    deadline.signal.addEventListener('abort', () => reject(failure()), { once: true });
  });
  try {
    return await Promise.race([attempt(request, { ...tools, waiting }, deadline.signal), tooLate]);
  } finally {
    timer.cancel();
    stop.removeEventListener('abort', end);
  }
}

async function attempt(request: CheckedTokenRequest, tools: MintTools & ProofTools, signal: AbortSignal): Promise<MintedToken> {
  const { issuer } = request.facts;
  const isMutualTls = request.credential.method === 'tls_client_auth';
  const tokenEndpoint = request.facts.tokenEndpoint ?? (await tools.directory.tokenEndpointOf(issuer, signal, { isMutualTls }));
  const facts = { ...request.facts, tokenEndpoint };
  let refusal: TokenError | undefined;
  for await (const proof of proofsOf(request, tools)) {
    try {
      return await askWithNonce(request, facts, proof, tools, signal);
    } catch (error) {
      if (!(error instanceof TokenError) || !isRefusedProof(error)) throw error;
      refusal = error;
    }
  }
  throw refusal;
}

/** What an issuer answers to a secret that is not the client's (RFC 6749 §5.2; Auth0: 401 `access_denied`). */
function isRefusedProof({ code, details }: TokenError): boolean {
  return code === 'invalid_client' || (code === 'access_denied' && details.status === 401);
}

/** Asks once more where the issuer wants its nonce in the proof (RFC 9449 §8), which its refusal brought. */
async function askWithNonce(...parts: Parameters<typeof ask>): Promise<MintedToken> {
  try {
    return await ask(...parts);
  } catch (error) {
    if (!(error instanceof TokenError) || error.details.oauthError !== 'use_dpop_nonce') throw error;
    return ask(...parts);
  }
}

/** The body of an answer. One that refuses says enough with its head: that its body is too long, or is cut off, does not make another failure of it. */
async function readBody(response: Response, signal: AbortSignal): Promise<string> {
  try {
    return await readBoundedText(response);
  } catch (error) {
    if (response.status === 200 || signal.aborted) throw error;
    return '';
  }
}

async function ask(
  request: CheckedTokenRequest,
  facts: TokenRequestFacts & { tokenEndpoint: string },
  proof: ClientProof,
  { clock, fetch, policy, dpop, onHeaders }: MintTools,
  signal: AbortSignal,
): Promise<MintedToken> {
  const context: FailureContext = { request: facts, secrets: proof.secrets, now: clock.now() };
  const askedAt = clock.now();
  const askedAtMonotonic = clock.monotonic();
  const bound = await dpop?.requests();
  let isSent = false;
  const send: Fetch = (url, init) => {
    isSent = true;
    return fetch(url, init);
  };
  let response: Response;
  let body: string;
  try {
    const call = { ...facts, parameters: request.parameters, authenticate: proof.authenticate };
    response = await (bound === undefined ? callTokenEndpoint(call, send, signal) : bound.askForToken(call, send, signal));
    body = await readBody(response, signal);
  } catch (error) {
    if (error instanceof TokenError) throw error;
    if (error instanceof BodyTooLongError) throw failureOfContent('far more than a token', context);
    // What comes before the request is the proof of the key, made by code of others.
    if (bound !== undefined && !isSent && !signal.aborted) throw failureOfKey(facts, error, 'DPoP key');
    throw failureOfConnection(error, signal.aborted, context);
  }
  const now = clock.now();
  const tookMs = clock.monotonic() - askedAtMonotonic;
  // After a sleep or a stop, or with a clock that was set, nobody can tell when the answer was given: its date says nothing of the time now.
  const isSteady = Math.abs(now - askedAt - tookMs) <= clocksApartMs && tookMs <= policy.mintTimeoutMs;
  onHeaders({ date: isSteady ? dateOf(response.headers, now) : undefined, quotas: quotasOf(response.headers, now) });
  if (response.status !== 200) throw failureOfAnswer(response, body, { ...context, now });
  const { expiresIn, ...token } = readTokenAnswer(
    { contentType: response.headers.get('content-type'), body, tokenType: dpop === undefined ? 'Bearer' : 'DPoP' },
    context,
  );
  const lifetime = lifetimeOf(expiresIn, jwtLifetimeOf(token.accessToken), policy.defaultLifetimeSeconds);
  if (!lifetime.ok) throw failureOfContent(`an \`expires_in\` that is no positive number (${lifetime.given})`, context, 'invalid_lifetime');
  const lifetimeMs = Math.floor(lifetime.seconds * 1000);
  const ageMs = Math.max(tookMs, now - askedAt);
  if (lifetimeMs - ageMs <= marksOf(lifetimeMs, 0, policy).safetyMs) throw failureOfLateToken({ lifetimeMs, ageMs }, context);
  return { ...token, lifetimeMs, isLifetimeAssumed: lifetime.isAssumed, askedAt, askedAtMonotonic, secretIndex: proof.index };
}

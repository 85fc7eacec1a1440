import type { AccessToken, KeptTokenStatus } from '@evertoken/client';
import type { App } from '../apps/app-directory.ts';
import type { BookedToken } from '../tokens/booked-token.ts';
import { type Explanation, explainToPrograms } from '../tokens/explain.ts';
import type { TokenBook } from '../tokens/token-book.ts';

/** Answer of `GET /v1/tokens/NAME` and of `POST /v1/tokens/NAME/reject`. */
export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: string;
  /** Seconds that a caller may rely on from now. */
  readonly expires_in: number;
  /** ISO 8601, UTC. */
  readonly expires_at: string;
  readonly scope?: string;
  readonly fingerprint: string;
  readonly state: KeptTokenStatus['state'];
}

/** One token in the answer of `GET /v1/status`. Instants are ISO 8601 in UTC. */
export interface TokenStatusAnswer {
  readonly name: string;
  /** Whether this app may read the token, or only call through the proxy. */
  readonly may_read: boolean;
  readonly request: {
    issuer: string;
    token_endpoint?: string;
    client_id: string;
    audience?: string;
    scope?: string;
    organization?: string;
  };
  readonly state: KeptTokenStatus['state'];
  readonly is_usable: boolean;
  readonly is_suspect: boolean;
  readonly token?: {
    fingerprint: string;
    token_type: string;
    scope?: string;
    asked_at: string;
    expires_at: string;
    due_at: string;
    lifetime_seconds: number;
    remaining_seconds: number;
    runway_seconds: number;
  };
  readonly next_mint_at?: string;
  /** `by` is the process of the fleet that minted the held token, where the store is shared. */
  readonly last_mint?: { at: string; duration_ms: number; from: 'issuer' | 'store'; by?: string };
  readonly last_failure?: {
    at: string;
    code: string;
    message: string;
    retryable: boolean;
    attempts: number;
    next_attempt_at: string;
  } & Pick<Explanation, 'meaning' | 'step'>;
  readonly mints: number;
  readonly waiters: number;
}

/** Answer of `GET /v1/status`. */
export interface StatusAnswer {
  readonly app: string;
  /**
   * Where tokens survive; `writer` is what the fleet calls this agent, `is_degraded` that the shared store is away and each agent mints for itself,
   * `has_unsaved_tokens` that this agent's own disk has not taken a token yet, which a restart would lose.
   */
  readonly store: { kind: 'file' | 'redis' | 'postgres'; is_degraded: boolean; has_unsaved_tokens: boolean; writer?: string };
  readonly tokens: readonly TokenStatusAnswer[];
}

/** The answer that hands out `live`. */
export function tokenAnswer(token: BookedToken, live: AccessToken): TokenAnswer {
  const scope = token.scopeOf(live);
  return {
    access_token: live.accessToken,
    token_type: live.tokenType,
    expires_in: live.expiresInSeconds,
    expires_at: iso(live.expiresAt),
    ...(scope && { scope }),
    fingerprint: live.fingerprint,
    state: token.status().state,
  };
}

/** {@link tokenAnswer} as JSON. */
export const tokenAnswerText: (token: BookedToken, live: AccessToken) => string = oncePerSecond((token, live) =>
  JSON.stringify(tokenAnswer(token, live)),
);

/** The answer of a token endpoint (RFC 6749 §5.1) as JSON. */
export const grantText: (token: BookedToken, live: AccessToken) => string = oncePerSecond((token, live) => {
  const scope = token.scopeOf(live);
  const { accessToken, expiresInSeconds, tokenType } = live;
  return JSON.stringify({ access_token: accessToken, ...(scope && { scope }), expires_in: expiresInSeconds, token_type: tokenType });
});

/** Makes the text of a token once a second at most, whoever asks. A state in it may be a second old. */
function oncePerSecond(make: (token: BookedToken, live: AccessToken) => string): (token: BookedToken, live: AccessToken) => string {
  const made = new WeakMap<AccessToken, { readonly token: BookedToken; readonly expiresInSeconds: number; readonly text: string }>();
  return (token, live) => {
    const { expiresInSeconds } = live;
    const known = made.get(live);
    // Two names of the config may share one kept token, but their texts differ.
    if (known?.expiresInSeconds === expiresInSeconds && known.token === token) return known.text;
    const text = make(token, live);
    made.set(live, { token, expiresInSeconds, text });
    return text;
  };
}

/** How the store of `book` stands. */
export function storeAnswer({ keeper, shared }: TokenBook): StatusAnswer['store'] {
  const { isSharedStoreDown, hasUnsavedTokens } = keeper;
  return {
    kind: shared?.kind ?? 'file',
    is_degraded: isSharedStoreDown,
    has_unsaved_tokens: hasUnsavedTokens,
    ...(shared && { writer: shared.writer }),
  };
}

/** What `app` may see of the token's state; `writer` is what the fleet calls this agent. */
export function statusAnswer(token: BookedToken, app: App, writer: string | undefined): TokenStatusAnswer {
  const { request, state, isSuspect, token: held, nextMintAt, lastMint, lastFailure, mints, waiters } = token.status();
  const { audience, scope, organization } = request;
  return {
    name: token.name,
    may_read: app.tokens.includes(token.name),
    request: {
      issuer: request.issuer,
      ...(request.tokenEndpoint !== undefined && { token_endpoint: request.tokenEndpoint }),
      client_id: request.clientId,
      ...(audience !== undefined && { audience }),
      ...(scope !== undefined && { scope }),
      ...(organization !== undefined && { organization }),
    },
    state,
    is_usable: token.isUsable,
    is_suspect: isSuspect,
    ...(held && {
      token: {
        fingerprint: held.fingerprint,
        token_type: held.tokenType,
        ...(held.scope !== undefined && { scope: held.scope }),
        asked_at: iso(held.askedAt),
        expires_at: iso(held.expiresAt),
        due_at: iso(held.dueAt),
        lifetime_seconds: held.lifetimeSeconds,
        remaining_seconds: held.remainingSeconds,
        runway_seconds: held.runwaySeconds,
      },
    }),
    ...(nextMintAt !== undefined && { next_mint_at: iso(nextMintAt) }),
    ...(lastMint && { last_mint: mintAnswer(lastMint, writer) }),
    ...(lastFailure && { last_failure: failureAnswer(token, lastFailure) }),
    mints,
    waiters,
  };
}

function mintAnswer(
  { at, durationMs, from, by }: NonNullable<KeptTokenStatus['lastMint']>,
  writer: string | undefined,
): NonNullable<TokenStatusAnswer['last_mint']> {
  const minter = from === 'issuer' ? writer : by;
  return { at: iso(at), duration_ms: Math.round(durationMs), from, ...(minter !== undefined && { by: minter }) };
}

function failureAnswer(
  token: BookedToken,
  failure: NonNullable<KeptTokenStatus['lastFailure']>,
): NonNullable<TokenStatusAnswer['last_failure']> {
  const { what: message, meaning, step } = explainToPrograms(failure, token.config.places);
  const { at, code, retryable, count: attempts, nextAttemptAt } = failure;
  return { at: iso(at), code, message, retryable, attempts, next_attempt_at: iso(nextAttemptAt), meaning, step };
}

function iso(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

import type { Clock } from '../clock.ts';
import type { MintedToken } from '../mint/token-endpoint.ts';
import { type Marks, marksOf, stateOf, type TokenLife } from '../policy/freshness.ts';
import type { KeepingPolicy } from '../policy/keeping-policy.ts';
import type { TokenState } from '../status.ts';
import type { StoredToken } from '../store/token-store.ts';
import { AccessToken } from '../token.ts';
import { Deadline } from './deadline.ts';

/** What it takes to place a token in time; `r` in [0, 1) is its jitter. */
interface JudgingTools {
  readonly clock: Clock;
  readonly policy: KeepingPolicy;
  readonly r: number;
}

/** A token with its place on both clocks and the marks in its life. */
export class HeldToken {
  readonly token: AccessToken;
  readonly stored: StoredToken;
  readonly marks: Marks;
  /** When its minting began if a rejection was the cause, monotonic ms. */
  readonly forcedAt: number | undefined;
  readonly #end: Deadline;

  private constructor(stored: StoredToken, fingerprint: string, marks: Marks, end: Deadline, forcedAt?: number) {
    this.stored = stored;
    this.marks = marks;
    this.forcedAt = forcedAt;
    this.#end = end;
    this.token = new AccessToken(
      stored.accessToken,
      {
        tokenType: stored.tokenType,
        scope: stored.scope,
        fingerprint,
        askedAt: stored.askedAt,
        expiresAt: stored.expiresAt,
        lifetimeMs: stored.lifetimeMs,
      },
      { remainingMs: () => this.remainingMs(), safetyMs: marks.safetyMs },
    );
  }

  /** Takes up a token that the issuer just answered. */
  static async minted(minted: MintedToken, { clock, policy, r }: JudgingTools, forcedAt: number | undefined): Promise<HeldToken> {
    const { accessToken, tokenType, scope, askedAt, askedAtMonotonic, lifetimeMs } = minted;
    const expiresAt = askedAt + lifetimeMs;
    const stored: StoredToken = { accessToken, tokenType, ...(scope === undefined ? {} : { scope }), askedAt, expiresAt, lifetimeMs };
    const end = new Deadline(clock, expiresAt, askedAtMonotonic + lifetimeMs);
    return new HeldToken(stored, await fingerprintOf(accessToken), marksOf(lifetimeMs, r, policy), end, forcedAt);
  }

  /** Takes up a token from a store, where the wall clock alone tells how long it has to live. */
  static async stored(stored: StoredToken, { clock, policy, r }: JudgingTools): Promise<HeldToken> {
    const end = Deadline.in(clock, stored.expiresAt - clock.now());
    return new HeldToken(stored, await fingerprintOf(stored.accessToken), marksOf(stored.lifetimeMs, r, policy), end);
  }

  /** The same token with jitter drawn anew. */
  redrawn(r: number, policy: KeepingPolicy): HeldToken {
    const { stored, token, forcedAt } = this;
    return new HeldToken(stored, token.fingerprint, marksOf(stored.lifetimeMs, r, policy), this.#end, forcedAt);
  }

  remainingMs(): number {
    return this.#end.leftMs;
  }

  /** What its succession is decided by. */
  life(): TokenLife {
    const { fingerprint, lifetimeMs } = this.token;
    return { fingerprint, lifetimeMs, remainingMs: this.remainingMs() };
  }

  state(): Exclude<TokenState, 'empty'> {
    return stateOf(this.remainingMs(), this.marks);
  }

  /** Wall clock at which its successor is due, epoch ms. */
  get dueAt(): number {
    return this.stored.expiresAt - this.marks.dueMs;
  }
}

/** A token's public name: the first 16 hex digits of its SHA-256. */
async function fingerprintOf(accessToken: string): Promise<string> {
  return (await sha256Hex(accessToken)).slice(0, 16);
}

/** SHA-256 in hex. */
export async function sha256Hex(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

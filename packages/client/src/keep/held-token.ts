import type { Clock } from '../clock.ts';
import type { MintedToken } from '../mint/token-endpoint.ts';
import { type DatedLife, type Marks, marksOf, mostToAsk, stateOf } from '../policy/freshness.ts';
import type { KeepingPolicy } from '../policy/keeping-policy.ts';
import type { TokenState } from '../status.ts';
import type { StoredToken } from '../store/token-store.ts';
import { AccessToken, type TokenClock, type TokenParts } from '../token.ts';
import { Deadline } from './deadline.ts';
import { sha256Hex } from './sha256.ts';

/** What it takes to place a token in time; `r` in [0, 1) is its jitter. */
interface JudgingTools {
  readonly clock: Clock;
  readonly policy: KeepingPolicy;
  readonly r: number;
}

/** A token with its place on both clocks and the marks in its life. */
export class HeldToken implements TokenClock {
  readonly token: AccessToken;
  readonly marks: Marks;
  /** When its minting began if a rejection was the cause, monotonic ms. */
  readonly forcedAt: number | undefined;
  /** Name of the process that minted it, where it came from a shared store. */
  readonly mintedBy: string | undefined;
  readonly #end: Deadline;

  private constructor(parts: TokenParts, fingerprint: string, marks: Marks, end: Deadline, forcedAt?: number, mintedBy?: string) {
    this.marks = marks;
    this.forcedAt = forcedAt;
    this.mintedBy = mintedBy;
    this.#end = end;
    this.token = new AccessToken(parts, fingerprint, this);
  }

  /** Takes up a token that the issuer just answered. */
  static async minted(minted: MintedToken, { clock, policy, r }: JudgingTools, forcedAt: number | undefined): Promise<HeldToken> {
    const { accessToken, askedAt, askedAtMonotonic, lifetimeMs } = minted;
    const expiresAt = askedAt + lifetimeMs;
    const end = new Deadline(clock, expiresAt, askedAtMonotonic + lifetimeMs);
    return new HeldToken({ ...minted, expiresAt }, await fingerprintOf(accessToken), marksOf(lifetimeMs, r, policy), end, forcedAt);
  }

  /** Takes up a token from a store, where the wall clock alone tells how long it has to live. */
  static async stored(stored: StoredToken, { clock, policy, r }: JudgingTools): Promise<HeldToken> {
    const { expiresAt, askedAt, lifetimeMs, isForced, mintedBy } = stored;
    const end = Deadline.in(clock, expiresAt - clock.now());
    // Who rejects it too knows then that a newer one will not help, whichever process was told first.
    const forcedAt = isForced ? clock.monotonic() - Math.max(0, clock.now() - askedAt) : undefined;
    return new HeldToken(stored, await fingerprintOf(stored.accessToken), marksOf(lifetimeMs, r, policy), end, forcedAt, mintedBy);
  }

  /** The same token with jitter drawn anew. */
  redrawn(r: number, policy: KeepingPolicy): HeldToken {
    const { token, forcedAt, mintedBy } = this;
    return new HeldToken(token, token.fingerprint, marksOf(token.lifetimeMs, r, policy), this.#end, forcedAt, mintedBy);
  }

  /** What a store needs to know of it. */
  toStored(): StoredToken {
    const { accessToken, tokenType, scope, askedAt, expiresAt, lifetimeMs } = this.token;
    return { accessToken, tokenType, ...(scope === undefined ? {} : { scope }), askedAt, expiresAt, lifetimeMs };
  }

  /** What the other processes need to know of it; `writer` is this one. */
  toShared(writer: string): StoredToken {
    return { ...this.toStored(), mintedBy: this.mintedBy ?? writer, ...(this.forcedAt === undefined ? {} : { isForced: true }) };
  }

  get safetyMs(): number {
    return this.marks.safetyMs;
  }

  remainingMs(): number {
    return this.#end.leftMs;
  }

  /** How long it is fresh yet, ms; so for the next two. */
  get untilDueMs(): number {
    return Math.max(0, this.remainingMs() - this.marks.dueMs);
  }

  get untilUrgentMs(): number {
    return Math.max(0, this.remainingMs() - this.marks.urgentMs);
  }

  get usableMs(): number {
    return Math.max(0, this.remainingMs() - this.marks.safetyMs);
  }

  /** Whether it lives `ms` more; half its lifetime is the most that can be asked of it. */
  lives(ms: number): boolean {
    return this.remainingMs() >= mostToAsk(ms, this.token.lifetimeMs);
  }

  /** What its succession is decided by. */
  life(): DatedLife {
    const { fingerprint, askedAt, lifetimeMs } = this.token;
    return { fingerprint, askedAt, lifetimeMs, remainingMs: this.remainingMs() };
  }

  state(): Exclude<TokenState, 'empty'> {
    return stateOf(this.remainingMs(), this.marks);
  }

  /** Wall clock at which its successor is due, epoch ms. */
  get dueAt(): number {
    return this.token.expiresAt - this.marks.dueMs;
  }
}

/** A token's public name: the first 16 hex digits of its SHA-256. */
async function fingerprintOf(accessToken: string): Promise<string> {
  return (await sha256Hex(accessToken)).slice(0, 16);
}

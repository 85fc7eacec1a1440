import type { Clock, Timer } from '../clock.ts';
import { isTokenError, TokenError } from '../errors.ts';
import { isOfOneClient } from '../mint/failure.ts';
import type { KeepingPolicy } from '../policy/keeping-policy.ts';
import { isFull, type TokenBucket, takeOne } from '../policy/token-bucket.ts';
import { Deadline } from './deadline.ts';
import { ProcessStopped } from './process-stopped.ts';

interface Turn {
  readonly client: string | undefined;
  readonly go: () => void;
  readonly giveUp: (failure: TokenError) => void;
}

/**
 * The door to one issuer, shared by all its token requests: so many a second and no more, and while it fails one probe at a time, whose failure
 * is the answer for all who wait: a 429 for those of the same client, who are held for as long as it asks for.
 */
export class IssuerGate {
  readonly #clock: Clock;
  readonly #policy: KeepingPolicy;
  readonly #waiting = new Set<Turn>();
  /** Clients that asked too often, and until when they are to wait. */
  readonly #held = new Map<string, { readonly failure: TokenError; readonly until: Deadline }>();
  #bucket: TokenBucket | undefined;
  #timer: Timer | undefined;
  #inside = 0;
  #failures = 0;
  #skewMs = 0;

  constructor(clock: Clock, policy: KeepingPolicy) {
    this.#clock = clock;
    this.#policy = policy;
  }

  /** Nobody is at it, and nobody who came would have to wait for his turn. */
  get isAtRest(): boolean {
    const { issuerRatePerSecond: rate, issuerBurst: burst } = this.#policy;
    return this.#inside === 0 && this.#waiting.size === 0 && isFull(this.#bucket, this.#clock.monotonic(), { rate, burst });
  }

  /** It knows something of its issuer: that it fails, whom it asked to wait, or how its clock goes. */
  get hasLearnt(): boolean {
    this.#letGo();
    return this.#failures > 0 || this.#held.size > 0 || this.#skewMs !== 0;
  }

  /** The issuer's time as far as its answers told, epoch seconds; for assertions alone. */
  nowSeconds = (): number => (this.#clock.now() + this.#skewMs) / 1000;

  /** Learns from the `Date` of an answer how far the issuer's clock is from ours. Its second is not split: a difference below two is none. */
  learn(date: number | undefined): void {
    if (date === undefined) return;
    const skewMs = date - this.#clock.now();
    this.#skewMs = Math.abs(skewMs) < 2_000 ? 0 : skewMs;
  }

  /**
   * Does `work` of `client` when it is its turn.
   * @throws what `work` throws, the failure of the probe that it waited for, or that for which its client is held.
   */
  async pass<T>(work: () => Promise<T>, stop: AbortSignal, client?: string): Promise<T> {
    this.#refuseHeld(client);
    await this.#turn(stop, client);
    try {
      stop.throwIfAborted();
      const result = await work();
      this.#failures = 0;
      return result;
    } catch (error) {
      // What ended on this side tells nothing of the issuer.
      if (!stop.aborted && !isOfThisSide(error)) {
        if (isTokenError(error) && error.retryable) this.#fail(error, client);
        else this.#failures = 0;
      }
      throw error;
    } finally {
      this.#inside -= 1;
      this.#admit();
    }
  }

  #turn(stop: AbortSignal, client: string | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const turn: Turn = { client, go: resolve, giveUp: reject };
      // For who waits no more this changes nothing; and `stop` is one attempt's own, so that no listener outlives it.
      stop.addEventListener('abort', () => {
        this.#waiting.delete(turn);
        if (this.#waiting.size === 0) this.#timer?.cancel();
        reject(stop.reason);
      });
      this.#waiting.add(turn);
      this.#admit();
    });
  }

  #fail(failure: TokenError, client: string | undefined): void {
    this.#failures += 1;
    // Of one who asks too often nobody else learns whether the issuer would answer him: the next one is the next probe.
    const isShared = !isOfOneClient(failure);
    const isHeld = !isShared && this.#hold(failure, client);
    if (!this.#isBroken && !isHeld) return;
    this.#timer?.cancel();
    for (const turn of this.#waiting) {
      if (!isShared && turn.client !== client) continue;
      turn.giveUp(failure);
      this.#waiting.delete(turn);
    }
  }

  /** Holds `client` where the issuer said for how long. */
  #hold(failure: TokenError, client: string | undefined): boolean {
    const { retryAfterMs = 0 } = failure;
    if (client === undefined || retryAfterMs === 0) return false;
    this.#letGo();
    const until = Deadline.in(this.#clock, Math.min(this.#policy.retryAfterCapMs, retryAfterMs));
    if ((this.#held.get(client)?.until.leftMs ?? 0) < until.leftMs) this.#held.set(client, { failure, until });
    return true;
  }

  #refuseHeld(client: string | undefined): void {
    const held = client === undefined ? undefined : this.#held.get(client);
    const leftMs = held?.until.leftMs ?? 0;
    if (held === undefined || leftMs <= 0) return;
    const { code, message, retryable, details } = held.failure;
    throw new TokenError(code, message, { retryable, retryAfterMs: leftMs, details });
  }

  #letGo(): void {
    for (const [client, { until }] of this.#held) if (until.leftMs <= 0) this.#held.delete(client);
  }

  get #isBroken(): boolean {
    return this.#failures >= this.#policy.probeAfterFailures;
  }

  #admit(): void {
    for (const turn of this.#waiting) {
      if (this.#isBroken && this.#inside > 0) return;
      const { issuerRatePerSecond: rate, issuerBurst: burst } = this.#policy;
      const { bucket, waitMs } = takeOne(this.#bucket, this.#clock.monotonic(), { rate, burst });
      this.#bucket = bucket;
      if (waitMs > 0) {
        this.#timer?.cancel();
        this.#timer = this.#clock.setTimer(() => this.#admit(), Math.ceil(waitMs));
        return;
      }
      this.#inside += 1;
      this.#waiting.delete(turn);
      turn.go();
    }
  }
}

/** Whether an attempt ended before the issuer was asked, or with this process's own sleep. */
function isOfThisSide(error: unknown): boolean {
  return error instanceof ProcessStopped || (isTokenError(error) && (error.code === 'secret_unavailable' || error.code === 'key_unusable'));
}

import type { Clock, Timer } from '../clock.ts';
import { isTokenError, type TokenError } from '../errors.ts';
import type { KeepingPolicy } from '../policy/keeping-policy.ts';
import { isFull, type TokenBucket, takeOne } from '../policy/token-bucket.ts';

interface Turn {
  readonly go: () => void;
  readonly giveUp: (failure: TokenError) => void;
}

/**
 * The door to one issuer, shared by all its token requests: so many a second and no more, and while it fails one probe at a time, whose failure
 * is the answer for all who wait.
 */
export class IssuerGate {
  readonly #clock: Clock;
  readonly #policy: KeepingPolicy;
  readonly #waiting = new Set<Turn>();
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

  /** It knows something of its issuer: that it fails, or how its clock goes. */
  get hasLearnt(): boolean {
    return this.#failures > 0 || this.#skewMs !== 0;
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
   * Does `work` when it is its turn.
   * @throws what `work` throws, or the failure of the probe that it waited for.
   */
  async pass<T>(work: () => Promise<T>, stop: AbortSignal): Promise<T> {
    await this.#turn(stop);
    try {
      stop.throwIfAborted();
      const result = await work();
      this.#failures = 0;
      return result;
    } catch (error) {
      // What ended on this side tells nothing of the issuer.
      if (!stop.aborted && !isOfThisSide(error)) {
        if (isTokenError(error) && error.retryable) this.#fail(error);
        else this.#failures = 0;
      }
      throw error;
    } finally {
      this.#inside -= 1;
      this.#admit();
    }
  }

  #turn(stop: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const turn: Turn = { go: resolve, giveUp: reject };
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

  #fail(failure: TokenError): void {
    this.#failures += 1;
    if (!this.#isBroken) return;
    this.#timer?.cancel();
    for (const turn of this.#waiting) turn.giveUp(failure);
    this.#waiting.clear();
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

/** Whether an attempt ended before the issuer was asked. */
function isOfThisSide(error: unknown): boolean {
  return isTokenError(error) && (error.code === 'secret_unavailable' || error.code === 'key_unusable');
}

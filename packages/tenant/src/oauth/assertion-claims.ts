import type { Now } from '../clock.ts';
import type { TenantStore } from '../store/tenant-store.ts';

const pruneEveryMs = 60_000;

/** Sees to it that each client assertion is used only once, over all nodes, and that it is forgotten when it has expired. */
export class AssertionClaims {
  readonly #store: Pick<TenantStore, 'claimAssertion' | 'pruneAssertions'>;
  readonly #now: Now;
  readonly #onFault: (error: unknown) => void;
  #prunedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: {
    store: Pick<TenantStore, 'claimAssertion' | 'pruneAssertions'>;
    now: Now;
    onFault: (error: unknown) => void;
  }) {
    this.#store = options.store;
    this.#now = options.now;
    this.#onFault = options.onFault;
  }

  /** Whether this is the first use of the assertion. `deadAtMs`: epoch ms from which it is no longer accepted. */
  async claim(clientId: string, jti: string, deadAtMs: number): Promise<boolean> {
    const isFirst = await this.#store.claimAssertion(clientId, jti, deadAtMs);
    const nowMs = this.#now();
    // A clock that was set back must not stop the pruning.
    if (Math.abs(nowMs - this.#prunedAtMs) >= pruneEveryMs) {
      this.#prunedAtMs = nowMs;
      // The token does not wait for it.
      this.#store.pruneAssertions(nowMs).catch(this.#onFault);
    }
    return isFirst;
  }
}

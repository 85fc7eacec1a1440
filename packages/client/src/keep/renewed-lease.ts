import type { Timer } from '../clock.ts';
import type { Lease } from '../store/shared-token-store.ts';
import type { StoredToken } from '../store/token-store.ts';
import type { KeepingTools } from './minter.ts';

/** How often a lease is renewed … */
const RENEW_EVERY_MS = 5_000;
/** … and a short one after this share of its time. */
const RENEW_SHARE = 1 / 3;

/** A lease that is renewed while the issuer is asked, twice the time that this may take at most. */
export class RenewedLease {
  readonly #lease: Lease;
  readonly #leaseMs: number;
  readonly #tools: KeepingTools;
  readonly #until: number;
  #timer: Timer | undefined;

  constructor(lease: Lease, leaseMs: number, tools: KeepingTools) {
    this.#lease = lease;
    this.#leaseMs = leaseMs;
    this.#tools = tools;
    this.#until = tools.clock.monotonic() + 2 * tools.policy.mintTimeoutMs;
    this.#renewLater();
  }

  save(token: StoredToken, suspect: string | undefined): Promise<boolean> {
    return this.#lease.save(token, suspect);
  }

  /** Ends it. That another process has to wait for its end by itself is all that a failure means. */
  async end(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    const { waitingRoom, policy } = this.#tools;
    await waitingRoom.wait(this.#lease.release(), policy.storeWaitMs).catch(() => undefined);
  }

  #renewLater(): void {
    const { clock } = this.#tools;
    this.#timer = clock.setTimer(
      () => {
        this.#timer = undefined;
        if (clock.monotonic() >= this.#until) return;
        this.#renewLater();
        // Without it the mint goes on: two mints cost a token, not correctness.
        void this.#lease.renew(this.#leaseMs).catch(() => undefined);
      },
      Math.min(RENEW_EVERY_MS, RENEW_SHARE * this.#leaseMs),
    );
  }
}

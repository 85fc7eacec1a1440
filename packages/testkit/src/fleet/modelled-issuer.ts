import type { Fetch } from '@evertoken/client';
import type { FleetTime } from './fleet-time.ts';

/** An issuer without sockets that counts who asks it when. */
export class ModelledIssuer {
  /** Requests in each second since the start. */
  readonly perSecond: number[] = [];
  requests = 0;
  /** Answers 503 to whoever asks. */
  isDown = false;
  readonly #time: FleetTime;
  readonly #random: () => number;
  readonly #lifetimeMs: number;
  readonly #ends = new Map<string, number>();

  constructor(time: FleetTime, random: () => number, lifetimeMs: number) {
    this.#time = time;
    this.#random = random;
    this.#lifetimeMs = lifetimeMs;
  }

  /** Until when it accepts the token itself, ms since the start. */
  endOf(accessToken: string): number {
    return this.#ends.get(accessToken) ?? Number.NEGATIVE_INFINITY;
  }

  /** What a node asks it with. It answers after 50 to 350 ms. */
  readonly fetch: Fetch = (_url, init) => {
    const { nowMs } = this.#time;
    const second = Math.floor(nowMs / 1000);
    while (this.perSecond.length <= second) this.perSecond.push(0);
    this.perSecond[second] = (this.perSecond[second] ?? 0) + 1;
    this.requests += 1;
    const number = this.requests;
    const signal = init?.signal ?? undefined;
    return new Promise((resolve, reject) => {
      const timer = this.#time.in(50 + 300 * this.#random(), () => {
        if (this.isDown) return resolve(Response.json({ error: 'temporarily_unavailable' }, { status: 503 }));
        const accessToken = `token-${number}`;
        this.#ends.set(accessToken, this.#time.nowMs + this.#lifetimeMs);
        resolve(Response.json({ access_token: accessToken, token_type: 'Bearer', expires_in: this.#lifetimeMs / 1000 }));
      });
      signal?.addEventListener('abort', () => {
        timer.cancel();
        reject(signal.reason);
      });
    });
  };
}

import type { ServerResponse } from 'node:http';
import { ByCaller, type CallerId } from '../apps/by-caller.ts';

interface Count {
  requests: number;
}

/**
 * Counts what is under way for each caller, so that a caller that takes its answers slowly, or whose issuer is silent, leaves connections to others. A count
 * stays when it is back at zero: a table from which each request takes its entry away again is what decision 8 found costly. There are as many as the config has
 * apps and the agent tokens.
 */
export class UnderWay {
  readonly #most: () => number;
  readonly #counts = new ByCaller<Count>();

  /** `most` is how many requests of one caller may be under way at once; asked each time. */
  constructor(most: () => number) {
    this.#most = most;
  }

  /** Whether `whose`, the name of an app or the token whose holder asks, has so much under way that no more is to be let in. */
  isFull(whose: CallerId): boolean {
    const count = this.#counts.get(whose);
    return count !== undefined && count.requests > 0 && count.requests >= this.#most();
  }

  /** Counts a request of `whose`. Call {@link leave} when it has ended. */
  enter(whose: CallerId): void {
    this.#countOf(whose).requests += 1;
  }

  leave(whose: CallerId): void {
    this.#countOf(whose).requests -= 1;
  }

  /** What `work` comes to; until then it counts for `whose`, or until the program has left, whose connection is free then. */
  async during<T>(whose: CallerId, response: Pick<ServerResponse, 'once' | 'off'>, work: Promise<T>): Promise<T> {
    this.enter(whose);
    let isIn = true;
    const leave = (): void => {
      if (isIn) this.leave(whose);
      isIn = false;
    };
    response.once('close', leave);
    try {
      return await work;
    } finally {
      response.off('close', leave);
      leave();
    }
  }

  #countOf(whose: CallerId): Count {
    const known = this.#counts.get(whose);
    if (known !== undefined) return known;
    const count: Count = { requests: 0 };
    this.#counts.set(whose, count);
    return count;
  }
}

import { type AccessToken, type KeepOptions, type KeptToken, TokenError, TokenKeeper, type TokenRequest } from '@evertoken/client';
import type { KeeperMaker } from '@evertoken/testkit/simulation';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

/** A keeper whose numbers are not the promised ones. */
export function misguided(policy: NonNullable<ConstructorParameters<typeof TokenKeeper>[0]>['policy']): KeeperMaker {
  return (options) => new TokenKeeper({ ...options, policy: { ...options.policy, ...policy } });
}

/** A keeper whose kept tokens are changed. */
function withKept(change: (kept: KeptToken) => void): KeeperMaker {
  return (options) =>
    new (class extends TokenKeeper {
      readonly #changed = new Set<KeptToken>();
      override keep(request: TokenRequest, keep?: KeepOptions): KeptToken {
        const kept = super.keep(request, keep);
        if (!this.#changed.has(kept)) change(kept);
        this.#changed.add(kept);
        return kept;
      }
    })(options);
}

/** A keeper whose reads come to something else once a token is held. */
export function withGet(get: () => Promise<AccessToken>): KeeperMaker {
  return withKept((kept) => {
    const honest = kept.get.bind(kept);
    kept.get = (some) => (kept.peek() === undefined ? honest(some) : get());
  });
}

/** Hears no caller who gives up. */
export const deaf: KeeperMaker = withKept((kept) => {
  const honest = kept.get.bind(kept);
  kept.get = (some) => honest({ minTtlSeconds: some?.minTtlSeconds ?? 0 });
});

/** Tells whoever needs more life than is left that there is none, without a request to the issuer. */
export const idle: KeeperMaker = withKept((kept) => {
  const honest = kept.get.bind(kept);
  kept.get = async (some) => {
    const token = await honest();
    const neededMs = Math.min((some?.minTtlSeconds ?? 0) * SECOND, token.lifetimeMs / 2);
    if (token.remainingMs < neededMs) throw new TokenError('min_ttl_unmet', 'No longer one could be had.', { retryable: true });
    return token;
  };
});

/** Refuses whoever needs some life, whatever is held. */
export const stingy: KeeperMaker = withGet(() =>
  Promise.reject(new TokenError('min_ttl_unmet', 'No longer one could be had.', { retryable: true })),
);

/** Does not hear how much life a caller needs. */
export const careless: KeeperMaker = withKept((kept) => {
  const honest = kept.get.bind(kept);
  kept.get = (some) => honest(some?.signal === undefined ? undefined : { signal: some.signal });
});

/** Closes no token. */
export const lingering: KeeperMaker = withKept((kept) => {
  kept.close = () => Promise.resolve();
});

/** Says of each token that it was never minted. */
export const clueless: KeeperMaker = withKept((kept) => {
  const honest = kept.status.bind(kept);
  kept.status = () => ({ ...honest(), mints: 0 });
});

/** A keeper with a clock that runs at half speed. */
export const slow: KeeperMaker = (options) => {
  const { clock } = options;
  if (clock === undefined) throw new Error('The simulation passes a clock.');
  const [wall, monotonic] = [clock.now(), clock.monotonic()];
  const half = {
    now: () => wall + (clock.now() - wall) / 2,
    monotonic: () => monotonic + (clock.monotonic() - monotonic) / 2,
    setTimer: (wake: () => void, ms: number) => clock.setTimer(wake, ms),
  };
  // Its status would tell on it before anything is wrong with its tokens.
  return withKept((kept) => {
    const honest = kept.status.bind(kept);
    kept.status = () => {
      const status = honest();
      return { ...status, token: undefined as never, nextMintAt: Number.POSITIVE_INFINITY };
    };
  })({ ...options, clock: half });
};

/** A keeper that is told no time. */
export const timeless: KeeperMaker = ({ fetch, ...options }) =>
  new TokenKeeper({
    ...options,
    fetch: async (...request) => {
      const response = await (fetch ?? globalThis.fetch)(...request);
      response.headers.delete('date');
      return response;
    },
  });

/** Two keepers where one is promised. */
export const twofold: KeeperMaker = (options) => {
  const other = new TokenKeeper({ ...options, random: () => 0 });
  return new (class extends TokenKeeper {
    override keep(request: TokenRequest, keep?: KeepOptions): KeptToken {
      other.keep(request, keep);
      return super.keep(request, keep);
    }
    override async close(): Promise<void> {
      await other.close();
      await super.close();
    }
  })(options);
};

/** Sets a timer that nobody needs. */
export const watchful: KeeperMaker = (options) => {
  options.clock?.setTimer(() => undefined, 20 * HOUR);
  return new TokenKeeper(options);
};

/** Is never closed. */
export const restless: KeeperMaker = (options) =>
  new (class extends TokenKeeper {
    override async close(): Promise<void> {}
  })(options);

import { setImmediate } from 'node:timers/promises';
import { type KeptToken, type SharedTokenStore, TokenKeeper, type TokenKeeperOptions } from '@evertoken/client';
import { ManualClock, SharedMemory } from '@evertoken/testkit';
import { afterEach, beforeEach } from 'vitest';

export const HOUR = 3_600_000;
/** What all the keepers keep. */
export const request = { tokenEndpoint: 'https://login.example.com/token', clientId: 'worker', clientSecret: 's3cret' };

/** What the tests of sharing stand on: keepers over one store in memory, an issuer that counts, and a clock that is moved. */
export interface SharingStage {
  clock: ManualClock;
  memory: SharedMemory;
  keepers: TokenKeeper[];
  /** Requests at the issuer. */
  asked: number;
  /** How the issuer answers; a promise that never ends for one that hangs. */
  issue: () => Promise<Response>;
}

/** A fresh stage for each test of the file that calls it, and how the tests move on it. */
export function aSharingStage() {
  const stage = {} as SharingStage;
  beforeEach(() => {
    const clock = new ManualClock();
    const issue = () =>
      Promise.resolve(Response.json({ access_token: `token-${stage.asked}`, token_type: 'Bearer', expires_in: HOUR / 1000 }));
    Object.assign(stage, { clock, memory: new SharedMemory(clock), keepers: [], asked: 0, issue } satisfies SharingStage);
  });
  afterEach(() => Promise.all(stage.keepers.map((keeper) => keeper.close())));

  function aKeeper(
    options: TokenKeeperOptions = {},
    store: SharedTokenStore = stage.memory.store(`process-${stage.keepers.length}`),
  ): TokenKeeper {
    const fetch = () => {
      stage.asked += 1;
      return stage.issue();
    };
    const keeper = new TokenKeeper({ clock: stage.clock, store, fetch, random: Math.random, ...options });
    stage.keepers.push(keeper);
    return keeper;
  }
  const keepOne = (options?: TokenKeeperOptions): KeptToken => aKeeper(options).keep(request);
  const turns = async () => {
    for (let turn = 0; turn < 12; turn += 1) {
      // Digests of the keepers are made in turn: when this one is there, so are those that were asked for before.
      if (turn % 3 === 0) await crypto.subtle.digest('SHA-256', new Uint8Array(1));
      await setImmediate();
    }
  };
  /** Lets time pass until `isThere`, in steps short enough for whatever waits for a store. */
  async function passUntil(isThere: () => boolean, mostMs = 60_000, stepMs = 50): Promise<void> {
    for (let passed = 0; !isThere(); passed += stepMs) {
      if (passed > mostMs) throw new Error(`${mostMs} ms passed, and it did not come to be.`);
      await turns();
      stage.clock.advance(stepMs);
    }
    await turns();
  }
  /** Lets `ms` pass from timer to timer. */
  async function pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; ) {
      const step = Math.min(left, Math.max(1, stage.clock.untilNextTimer ?? left));
      stage.clock.advance(step);
      left -= step;
      await turns();
    }
  }
  const tokensOf = (kept: readonly { peek(): { accessToken: string } | undefined }[]) => kept.map((one) => one.peek()?.accessToken);
  return { stage, aKeeper, keepOne, passUntil, pass, tokensOf };
}

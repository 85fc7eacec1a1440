import {
  type AccessToken,
  type KeptToken,
  type TokenError,
  TokenKeeper,
  type TokenKeeperOptions,
  type TokenRequest,
} from '@evertoken/client';
import { ManualClock, nextTurn, type Script, startTokenEndpoint, type TokenEndpoint } from '@evertoken/testkit';
import { afterEach, beforeEach } from 'vitest';

/** What the tests of keeping stand on: an issuer on a free port, a clock that is moved, and keepers that are closed at the end. */
export interface Stage {
  readonly endpoint: TokenEndpoint;
  readonly clock: ManualClock;
  readonly request: TokenRequest;
  keeper(options?: TokenKeeperOptions): TokenKeeper;
}

/** A fresh stage for each test of the file that calls it. */
export function aStage(): Stage {
  let endpoint: TokenEndpoint;
  let clock: ManualClock;
  let keepers: TokenKeeper[];
  beforeEach(async () => {
    endpoint = await startTokenEndpoint();
    clock = new ManualClock();
    keepers = [];
  });
  afterEach(async () => {
    await Promise.all(keepers.map((keeper) => keeper.close()));
    await endpoint.close();
  });
  return {
    get endpoint() {
      return endpoint;
    },
    get clock() {
      return clock;
    },
    get request() {
      return { tokenEndpoint: endpoint.url, clientId: 'worker', clientSecret: 's3cret', audience: 'https://orders.example.com' };
    },
    keeper: (options = {}) => {
      const keeper = new TokenKeeper({ clock, random: () => 0, ...options });
      keepers.push(keeper);
      return keeper;
    },
  };
}

/** The failure of a read that must fail. */
export function failureOf(work: Promise<AccessToken>): Promise<TokenError> {
  return work.then(
    () => Promise.reject(new Error('a token came where a failure was expected')),
    (error: TokenError) => error,
  );
}

/** Answers as `script` does, once it is told to: what has come until then. */
export function heldBack(script: Script): { readonly script: Script; readonly release: () => void } {
  const held: (() => void)[] = [];
  return {
    script: (request, response) => {
      held.push(() => void script(request, response));
    },
    release: () => {
      for (const answer of held.splice(0)) answer();
    },
  };
}

/** Ends when a caller waits for a mint. */
export async function untilWaiting(kept: KeptToken): Promise<void> {
  const isThere = ({ waiters, isMinting }: ReturnType<KeptToken['status']>) => waiters > 0 && isMinting;
  for (let turn = 0; !isThere(kept.status()); turn += 1) {
    if (turn > 10_000) throw new Error('Nobody came to wait.');
    await nextTurn();
  }
}

/** Ends when the issuer has seen `count` requests, and no more. */
export async function untilRequests({ requests }: TokenEndpoint, count: number): Promise<void> {
  for (let turn = 0; requests.length < count; turn += 1) {
    if (turn > 100_000) throw new Error(`Only ${requests.length} of ${count} requests came.`);
    await nextTurn();
  }
  if (requests.length > count) throw new Error(`${requests.length} requests came where ${count} may.`);
}

import type { AccessToken, GetOptions } from '@evertoken/client';
import type { CallerId } from '../apps/by-caller.ts';
import type { BookedToken } from '../tokens/booked-token.ts';
import type { Exchange } from './exchange.ts';
import { tooManyWaiting } from './too-many-requests.ts';
import type { UnderWay } from './under-way.ts';

/**
 * The live token for a request of `whose`; no promise where it is there, as it nearly always is. Of whoever has too many requests that
 * wait, one more gets what is held already.
 * @throws {Refusal} 429 where that is nothing, and whatever `BookedToken.get` throws.
 */
export function liveToken(
  token: BookedToken,
  whose: CallerId,
  { response, waiting }: { readonly response: Exchange['response']; readonly waiting: UnderWay },
  options?: Pick<GetOptions, 'minTtlSeconds'>,
): AccessToken | Promise<AccessToken> {
  if (waiting.isFull(whose)) {
    const held = token.peek();
    if (held === undefined || held.expiresInSeconds < (options?.minTtlSeconds ?? 0)) throw tooManyWaiting();
    return held;
  }
  const live = token.get(options);
  return live instanceof Promise ? waiting.during(whose, response, live) : live;
}

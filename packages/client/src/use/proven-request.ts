import * as oauth from 'oauth4webapi';
import type { Fetch } from '../options.ts';
import { isReplayable } from './replay.ts';
import type { GivenToken } from './token-giver.ts';

/** Sends a request with a DPoP token and a proof for it (RFC 9449 §7); once more with the nonce that the API asked for (§9), if the body can be sent again. */
export async function sendProven(dpop: oauth.DPoPHandle, fetch: Fetch, url: URL, init: RequestInit, token: GivenToken): Promise<Response> {
  const first = await attempt(dpop, fetch, url, init, token);
  if (!first.wantsNonce || !isReplayable(init.body)) return first.response;
  await first.response.body?.cancel();
  return (await attempt(dpop, fetch, url, init, token)).response;
}

async function attempt(
  dpop: oauth.DPoPHandle,
  fetch: Fetch,
  url: URL,
  init: RequestInit,
  token: GivenToken,
): Promise<{ response: Response; wantsNonce: boolean }> {
  let answered: Response | undefined;
  try {
    const response = await oauth.protectedResourceRequest(
      token.accessToken,
      init.method ?? 'GET',
      url,
      new Headers(init.headers),
      undefined,
      {
        DPoP: dpop,
        [oauth.allowInsecureRequests]: url.protocol === 'http:',
        // The caller's own options go with the request; of the library's, what proves it.
        [oauth.customFetch]: async (href, { headers }) => {
          answered = await fetch(href, { ...init, headers });
          return answered;
        },
      },
    );
    return { response, wantsNonce: false };
  } catch (error) {
    // The library takes a challenge for an error; the caller wants the answer.
    if (answered === undefined) throw error;
    return { response: answered, wantsNonce: oauth.isDPoPNonceError(error) };
  }
}

import * as oauth from 'oauth4webapi';
import type { Clock } from '../clock.ts';
import type { TokenEndpointCall } from '../mint/token-endpoint-call.ts';
import type { DpopKeyPair, Fetch } from '../options.ts';
import type { SentRequest } from '../use/authorized-fetch.ts';
import { isReplayable } from '../use/replay.ts';
import type { GivenToken } from '../use/token-giver.ts';

/** Sends requests with a proof of one key (RFC 9449), and remembers the nonces that servers ask for. */
export class ProvenRequests {
  readonly #dpop: oauth.DPoPHandle;

  private constructor(dpop: oauth.DPoPHandle) {
    this.#dpop = dpop;
  }

  /** Each proof has an id (`jti`) of its own and the time of `clock`. */
  static async with(keyPair: DpopKeyPair | undefined, clock: Clock): Promise<ProvenRequests> {
    const dpop = oauth.DPoP({}, keyPair ?? (await oauth.generateKeyPair('ES256')), {
      [oauth.modifyAssertion]: (_header, payload) => {
        payload['iat'] = Math.floor(clock.now() / 1000);
      },
    });
    return new ProvenRequests(dpop);
  }

  /** Asks for a token that is bound to the key (§5). */
  askForToken(
    { issuer, tokenEndpoint, clientId, parameters, authenticate }: TokenEndpointCall,
    fetch: Fetch,
    signal: AbortSignal,
  ): Promise<Response> {
    return oauth.clientCredentialsGrantRequest(
      { issuer, token_endpoint: tokenEndpoint },
      { client_id: clientId },
      (_server, _client, body, headers) => authenticate({ clientId, body, headers }),
      { ...parameters },
      {
        [oauth.customFetch]: (href, init) => fetch(href, init as RequestInit),
        // Only ever http to loopback: see `isConfidential`, which was asked when the address was read.
        [oauth.allowInsecureRequests]: tokenEndpoint.startsWith('http:'),
        DPoP: this.#dpop,
        signal,
      },
    );
  }

  /** Calls an API with a bound token (§7); once more with the nonce that the API asked for (§9), if the body can be sent again. */
  async callApi(fetch: Fetch, url: URL, init: RequestInit, token: GivenToken): Promise<SentRequest> {
    const first = await this.#attempt(fetch, url, init, token);
    if (!first.wantsNonce || !isReplayable(init.body)) return first;
    await first.response.body?.cancel();
    return this.#attempt(fetch, url, init, token);
  }

  async #attempt(fetch: Fetch, url: URL, init: RequestInit, token: GivenToken): Promise<SentRequest> {
    let answered: Response | undefined;
    const options = {
      DPoP: this.#dpop,
      [oauth.allowInsecureRequests]: url.protocol === 'http:',
      // The caller's own options go with the request; of the library's, what proves it.
      [oauth.customFetch]: async (href: string, { headers }: { headers: Record<string, string> }) => {
        answered = await fetch(href, { ...init, headers });
        return answered;
      },
    };
    try {
      const { method = 'GET', headers } = init;
      const response = await oauth.protectedResourceRequest(token.accessToken, method, url, new Headers(headers), undefined, options);
      return { response, wantsNonce: false };
    } catch (error) {
      // The library takes a challenge for an error; the caller wants the answer.
      if (answered === undefined) throw error;
      return { response: answered, wantsNonce: oauth.isDPoPNonceError(error) };
    }
  }
}

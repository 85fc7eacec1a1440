/** What an adapter needs of a token; an `AccessToken` is one. */
export interface GivenToken {
  readonly accessToken: string;
  /** Value of the `Authorization` header that carries it. */
  readonly authorization: string;
  readonly fingerprint: string;
}

/** What an adapter needs of a kept token; a `KeptToken` is one. */
export interface TokenGiver {
  /** A token that may be used now. */
  get(options?: { signal?: AbortSignal }): Promise<GivenToken>;
  /** Tells that an API answered 401 to the token of this fingerprint; resolves with the token to use now, which may be the same. `signal` ends the wait. */
  reject(fingerprint: string, options?: { signal?: AbortSignal }): Promise<GivenToken>;
}

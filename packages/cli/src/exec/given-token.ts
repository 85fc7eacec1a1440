/** A token as it is given to a program. */
export interface GivenToken {
  readonly value: string;
  readonly fingerprint: string;
  /** For how many seconds from now it can be relied on. */
  readonly expiresInSeconds: number;
}

/** Where the tokens of a program come from. */
export interface TokenSource {
  /** The live token. Throws an error for people where it cannot be had, or the reason of `signal`. */
  get(name: string, signal?: AbortSignal): Promise<GivenToken>;
  /** Environment variables with what mints or opens tokens: client secrets, keys of stores, the app key. */
  readonly secretVariables: readonly string[];
  close(): Promise<void>;
}

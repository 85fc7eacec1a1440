/** A token as it is given to a program. */
export interface GivenToken {
  readonly value: string;
  readonly fingerprint: string;
  /** Seconds for which it can be relied on from now. */
  readonly expiresInSeconds: number;
}

/** Where the tokens of a program come from. */
export interface TokenSource {
  /** The live token. Throws what is wrong for a person; ends with `signal`. */
  get(name: string, signal?: AbortSignal): Promise<GivenToken>;
  /** Environment variables with secrets of the issuer, from which the tokens came. */
  readonly secretVariables: readonly string[];
  close(): Promise<void>;
}

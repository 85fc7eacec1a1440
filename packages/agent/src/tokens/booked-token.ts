import { timingSafeEqual } from 'node:crypto';
import type { AccessToken, Clock, GetOptions, KeptToken, KeptTokenStatus } from '@evertoken/client';
import type { TokenConfig } from '../config/agent-config.ts';
import { sha256Of } from '../sha256.ts';

const remembered = 4;

/** A token of the config, and the kept token of the client package behind it. */
export class BookedToken {
  readonly name: string;
  #config: TokenConfig;
  readonly #kept: KeptToken;
  readonly #clock: Clock;
  /** The promise that the kept token answered last, and the token that it resolved with. */
  #answer: Promise<AccessToken> | undefined;
  #answered: AccessToken | undefined;
  #handedOut: readonly { fingerprint: string; hash: Buffer; expiresAt: number }[] = [];

  constructor(config: TokenConfig, kept: KeptToken, clock: Clock) {
    this.name = config.name;
    this.#config = config;
    this.#kept = kept;
    this.#clock = clock;
  }

  get config(): TokenConfig {
    return this.#config;
  }

  /** Takes another config with the same name and request, which `kept` keeps. Answers false, and changes nothing, where name or request differ. */
  take(config: TokenConfig, kept: KeptToken): boolean {
    if (kept !== this.#kept || config.name !== this.name) return false;
    this.#config = config;
    return true;
  }

  /** The live token if it may be used now; never waits. */
  peek(): AccessToken | undefined {
    return this.#kept.peek();
  }

  /** The live token, at once where it need not be waited for; see `KeptToken.get`. */
  get(options?: GetOptions): AccessToken | Promise<AccessToken> {
    const answer = this.#kept.get(options);
    // As long as its token is fresh, the kept token answers with the same promise.
    if (answer === this.#answer) return this.#answered as AccessToken;
    return answer.then((token) => {
      if (options === undefined) [this.#answer, this.#answered] = [answer, token];
      return this.#remember(token);
    });
  }

  /** The token to use after an API answered 401 to the one named; see `KeptToken.reject`. */
  async reject(fingerprint: string): Promise<AccessToken> {
    return this.#remember(await this.#kept.reject(fingerprint));
  }

  /** Mints it before it is due; see `KeptToken.mintNow`. */
  mintNow(): ReturnType<KeptToken['mintNow']> {
    return this.#kept.mintNow();
  }

  /** Whether both have the same request, so that one kept token serves both. */
  sharesWith(other: BookedToken): boolean {
    return other.#kept === this.#kept;
  }

  /** Keeps it no more; the store still has it. */
  end(): Promise<void> {
    return this.#kept.close();
  }

  status(): KeptTokenStatus {
    return this.#kept.status();
  }

  /** Whether a caller would get a token now without waiting. */
  get isUsable(): boolean {
    return this.#kept.peek() !== undefined;
  }

  /** The scope that its holder has: what the issuer granted, else what was asked for (RFC 6749 §5.1). */
  scopeOf(token: AccessToken): string | undefined {
    const asked = this.config.request.scope;
    return token.scope ?? (typeof asked === 'object' ? asked.join(' ') : asked);
  }

  /**
   * Whether `hash` is the SHA-256 of this token as some program holds it: the live one, or one handed out lately that has not expired.
   * Takes the same time for any hash.
   */
  isHolder(hash: Buffer): boolean {
    const live = this.#kept.peek();
    if (live !== undefined) this.#remember(live);
    const now = this.#clock.now();
    let isHolder = false;
    for (const token of this.#handedOut) {
      if (timingSafeEqual(token.hash, hash) && token.expiresAt > now) isHolder = true;
    }
    return isHolder;
  }

  #remember(token: AccessToken): AccessToken {
    if (this.#handedOut[0]?.fingerprint !== token.fingerprint) {
      const { fingerprint, expiresAt } = token;
      const others = this.#handedOut.filter((other) => other.fingerprint !== fingerprint);
      this.#handedOut = [{ fingerprint, hash: sha256Of(token.accessToken), expiresAt }, ...others].slice(0, remembered);
    }
    return token;
  }
}

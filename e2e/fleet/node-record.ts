/** One answer to a reader, epoch ms. */
export type Read =
  | { readonly askedAt: number; readonly answeredAt: number; readonly fingerprint: string; readonly audience: string; readonly exp: number }
  | { readonly askedAt: number; readonly answeredAt: number; readonly code: string };

/** What a token is kept back for at its end; it ends in the issuer's whole seconds besides. */
const SAFETY_MS = 1_000;
/** A reader who waited longer than this waited for a mint. */
const AT_ONCE_MS = 250;

interface Span {
  readonly from: number;
  to: number;
}

/** What one node of the fleet did, over all its lives. */
export class NodeRecord {
  reads = 0;
  /** Reads that took longer than a moment, and the longest. */
  waited = 0;
  longestMs = 0;
  /** Reads during which the node was frozen: they prove nothing. */
  frozenReads = 0;
  /** Reads that failed with nothing usable in the node. */
  readonly empty: { readonly at: number; readonly code: string }[] = [];
  /** Reads that broke a promise. */
  readonly broken: string[] = [];
  /** Calls to the API, and those whose caller saw a 401, or another failure. */
  calls = 0;
  readonly callsFailed: { readonly at: number; readonly status: number }[] = [];
  minted = 0;
  adopted = 0;
  rejected = 0;
  failedMints = 0;
  secretsChanged = 0;
  /** Fingerprints of all tokens that were read. */
  readonly fingerprints: Set<string> = new Set();
  readonly degraded: Span[] = [];
  readonly frozen: Span[] = [];
  /** End of the last read that brought a token, and which one. */
  servedAt = 0;
  lastFingerprint: string | undefined;
  readonly #name: string;
  readonly #audience: string;
  /** When it came to hold which tokens, and when they end. */
  #held: { readonly at: number; readonly expiresAt: number }[] = [];

  constructor(name: string, audience: string) {
    this.#name = name;
    this.#audience = audience;
  }

  /** Takes down a read and judges it. */
  read(read: Read): void {
    const { askedAt, answeredAt } = read;
    this.reads += 1;
    if (this.#wasFrozen(askedAt, answeredAt)) {
      this.frozenReads += 1;
      return;
    }
    const tookMs = answeredAt - askedAt;
    if (tookMs > AT_ONCE_MS) this.waited += 1;
    this.longestMs = Math.max(this.longestMs, tookMs);
    if ('code' in read) {
      const leftMs =
        Math.max(0, ...this.#held.filter(({ at }) => at <= askedAt).map(({ expiresAt }) => expiresAt)) - SAFETY_MS - answeredAt;
      if (leftMs > 50) this.#breaks(`a read failed (${read.code}) though a token was good for ${Math.round(leftMs)} ms more`);
      else this.empty.push({ at: answeredAt, code: read.code });
      return;
    }
    this.servedAt = answeredAt;
    this.fingerprints.add(read.fingerprint);
    this.lastFingerprint = read.fingerprint;
    if (read.exp * 1_000 <= askedAt) this.#breaks(`a token was handed out ${Math.round(askedAt - read.exp * 1_000)} ms after its end`);
    if (read.audience !== this.#audience) this.#breaks('a token of another audience was handed out');
  }

  /** Takes down a call to the API; one that failed while the node was frozen proves nothing. */
  call(askedAt: number, at: number, status: number): void {
    this.calls += 1;
    if (this.#wasFrozen(askedAt, at)) return;
    if (status !== 200) this.callsFailed.push({ at, status });
  }

  /** Since `at` it holds a token that lives until `expiresAt`. */
  holds(at: number, expiresAt: number): void {
    if (this.#held.every((known) => known.expiresAt < expiresAt)) this.#held = [...this.#held.slice(-3), { at, expiresAt }];
  }

  degrade(at: number): void {
    if (!this.isDegraded) this.degraded.push({ from: at, to: Number.POSITIVE_INFINITY });
  }

  recover(at: number): void {
    for (const span of this.degraded) span.to = Math.min(span.to, at);
  }

  freeze(at: number): void {
    this.frozen.push({ from: at, to: Number.POSITIVE_INFINITY });
  }

  thaw(at: number): void {
    for (const span of this.frozen) span.to = Math.min(span.to, at);
  }

  /** Its process is gone, and with it what it held. */
  gone(at: number): void {
    this.#held = [];
    this.recover(at);
    this.thaw(at);
  }

  get isDegraded(): boolean {
    return this.degraded.at(-1)?.to === Number.POSITIVE_INFINITY;
  }

  /** How long it kept tokens for itself between two moments, with `afterMs` to come to again. */
  aloneMs(from: number, to: number, afterMs: number): number {
    return this.degraded.reduce((sum, span) => sum + Math.max(0, Math.min(to, span.to + afterMs) - Math.max(from, span.from)), 0);
  }

  #wasFrozen(since: number, until: number): boolean {
    return this.frozen.some(({ from, to }) => from <= until && to >= since);
  }

  #breaks(what: string): void {
    this.broken.push(`${this.#name}: ${what}`);
  }
}

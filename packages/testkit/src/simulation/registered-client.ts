import type { Delivery } from './delivery.ts';
import type { IssuerWatch } from './issuer-watch.ts';
import type { Instant, WorldTime } from './world-time.ts';
import type { LifetimeTold } from './year-script.ts';

export type Life = { readonly seconds: number; readonly told: LifetimeTold };

interface Issued {
  readonly value: string;
  readonly endTrueMs: number;
  readonly lifetimeMs: number;
}

/** What a client assumes where nothing tells a lifetime, seconds. */
const ASSUMED_SECONDS = 300;

/** What an issuer knows of one client with its API: the secrets that are valid, and the tokens that it issued. */
export class RegisteredClient {
  /** Place among the year's tokens; each client is answered a little later than the one before, so that a year is the same each time. */
  readonly index: number;
  readonly watch: IssuerWatch;
  /** Answers under way. */
  pending = 0;
  readonly revoked: Set<string> = new Set();
  /** The assertion that came last, for none may come twice. */
  lastAssertion = '';
  readonly #time: WorldTime;
  readonly #life: Life;
  readonly #deliveries = new Map<string, Delivery>();
  #episode: { readonly life: Life; tokens: number } | undefined;
  #last: Issued | undefined;
  #issued = 0;
  #secrets = 0;
  #valid: readonly string[] = [this.newestSecret];

  constructor(index: number, time: WorldTime, watch: IssuerWatch, life: Life) {
    this.index = index;
    this.#time = time;
    this.watch = watch;
    this.#life = life;
  }

  /** The next `tokens` tokens live otherwise. */
  live(life: Life, tokens: number): void {
    this.#episode = { life, tokens };
  }

  get newestSecret(): string {
    return `secret-${this.#secrets}`;
  }

  /** Makes another secret for the client, not yet valid. */
  newSecret(): string {
    this.#secrets += 1;
    return this.newestSecret;
  }

  /** Accepts these secrets and no other. */
  accept(secrets: readonly string[]): void {
    this.#valid = secrets;
  }

  accepts(secret: string): boolean {
    return this.#valid.includes(secret);
  }

  /** A token that arrives `latencyMs` from now, with what the answer says of its life; the one handed out last where the issuer repeats itself. */
  issue(latencyMs: number, isRepeating: boolean, epochSeconds: number): { readonly delivery: Delivery; readonly expiresIn: object } {
    const asked = this.#time.now();
    const life = this.#takeLife();
    const repeated = isRepeating ? this.#repeatable(asked) : undefined;
    // Issued while the request is on its way there: after it was asked for, before the answer arrives.
    const issuedAt = asked.trueMs + latencyMs / 2;
    const lifetimeMs = life.seconds * 1000;
    const token = repeated ?? { value: this.#newValue(life, epochSeconds), endTrueMs: issuedAt + lifetimeMs, lifetimeMs };
    this.#last = token;
    const leftSeconds = Math.floor(Math.min(token.lifetimeMs, token.endTrueMs - asked.trueMs) / 1000);
    // Of an old token neither its own `exp − iat` nor silence would tell how long it has left: such an issuer names it.
    const told = repeated === undefined ? life.told : 'number';
    const isSilent = told === 'nowhere' || told === 'in the JWT';
    const toldSeconds = told === 'nowhere' ? Math.min(ASSUMED_SECONDS, leftSeconds) : leftSeconds;
    const expiresIn = isSilent ? {} : { expires_in: told === 'string' ? String(leftSeconds) : leftSeconds };
    const delivery = { value: token.value, endTrueMs: token.endTrueMs, toldMs: toldSeconds * 1000, asked };
    this.#deliveries.set(nameOf(delivery.value, asked.wallMs), delivery);
    return { delivery, expiresIn };
  }

  /** What it once delivered, by what a store holds of it. */
  deliveryOf(value: string, askedAtWallMs: number): Delivery | undefined {
    return this.#deliveries.get(nameOf(value, askedAtWallMs));
  }

  /** The token handed out last; such issuers stop some time before its end. */
  #repeatable(now: Instant): Issued | undefined {
    if (this.#last === undefined) return undefined;
    return this.#last.endTrueMs - now.trueMs > Math.max(60_000, 0.1 * this.#last.lifetimeMs) ? this.#last : undefined;
  }

  #newValue({ seconds, told }: Life, iat: number): string {
    this.#issued += 1;
    if (told !== 'in the JWT') return `opaque-${this.index}-${this.#issued}`;
    const claims = { iat, exp: iat + seconds, n: `${this.index}-${this.#issued}` };
    return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature`;
  }

  #takeLife(): Life {
    if (this.#episode === undefined) return this.#life;
    const { life } = this.#episode;
    this.#episode.tokens -= 1;
    if (this.#episode.tokens <= 0) this.#episode = undefined;
    return life;
  }
}

function nameOf(value: string, askedAtWallMs: number): string {
  return `${value} of ${askedAtWallMs}`;
}

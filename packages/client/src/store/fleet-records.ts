import { createHash, randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Lease, SharedTokenStore } from './shared-token-store.ts';
import type { TokenSeal } from './token-seal.ts';
import { isBelievable, type StoredToken } from './token-store.ts';

/** Format of the records. */
const VERSION = '1';
/** A token's end by the clock of the server is believed where it is earlier than its own by more than this: ways and roundings take some time. */
const SERVER_CLOCK_TOLERANCE_MS = 1_000;

/** What is stored of a token: the token sealed, and what records are compared by. */
export interface FleetRecord {
  readonly version: string;
  /** Digits of a number above 0, which grows with each lease, and each save without one, of the token. */
  readonly generation: string;
  /** The first 16 hex digits of the access token's SHA-256. */
  readonly fingerprint: string;
  readonly sealed: Uint8Array;
}

/** A record as it was found. Anything may stand in the place of what {@link FleetRecords.write} made. */
export interface FoundRecord {
  readonly version: unknown;
  readonly generation: unknown;
  readonly fingerprint: unknown;
  readonly sealed: unknown;
  /** What is left of its life by the clock of the server, ms. Where it is no such number, the token's own end counts. */
  readonly leftMs: unknown;
  /** The last generation that was given to anybody, as digits. */
  readonly last: unknown;
}

/** Records that were taken for none. */
export interface RecordCounts {
  /** Those that could not be read, or whose token would live longer than it can. */
  unreadable: number;
  /** Those whose token has ended by this machine's clock, and lives by that of the server: one of the clocks is wrong. */
  endedHere: number;
}

interface OpenedRecord {
  readonly token: StoredToken;
  readonly sealedToken: StoredToken;
  readonly generation: string;
  readonly isOfFirstKey: boolean;
  readonly leftMs: unknown;
}

/** The records of a store that processes share: what is written of a token, and whether what is read is one. */
export class FleetRecords {
  readonly #seal: TokenSeal;
  readonly #clock: Clock;
  readonly #counts: RecordCounts;
  /** Of tokens whose record cannot be read: the generation it claims. What is minted next replaces it. */
  readonly #unreadable = new Map<string, string>();

  /** `counts` is counted up with each record that {@link read} takes for none. */
  constructor(seal: TokenSeal, clock: Clock, counts: RecordCounts) {
    this.#seal = seal;
    this.#clock = clock;
    this.#counts = counts;
  }

  /**
   * The token in the record that was found under `name`, or none: a record that cannot be read is counted, and the next one may replace it. One whose token has
   * ended by this machine's clock alone is good for the others, and stays until one that lives longer replaces it.
   */
  read(name: string, found: FoundRecord | undefined): StoredToken | undefined {
    const opened = found && this.#open(name, found);
    const standing = opened && standingOf(opened, this.#clock.now());
    if (found !== undefined && (standing === undefined || standing === 'unbelievable')) {
      this.#counts.unreadable += 1;
      this.#unreadable.set(name, typeof found.generation === 'string' ? found.generation : '');
      return undefined;
    }
    this.#unreadable.delete(name);
    if (standing === 'ended here') this.#counts.endedHere += 1;
    return standing === 'good' ? opened?.token : undefined;
  }

  /**
   * The record of `token` under `name`, how long it lives (ms), and the generation of the unreadable one which it may replace whatever the rules say, `''` where
   * there is none. Undefined where the token has ended.
   */
  write(name: string, generation: string, token: StoredToken): (FleetRecord & { lifeMs: number; replaces: string }) | undefined {
    const lifeMs = Math.floor(token.expiresAt - this.#clock.now());
    if (lifeMs <= 0) return undefined;
    const sealed = this.#seal.seal(token, boundTo(name, generation));
    const replaces = this.#unreadable.get(name) ?? '';
    return { version: VERSION, generation, fingerprint: fingerprintOf(token), sealed, lifeMs, replaces };
  }

  /** A record was saved under `name`: none that cannot be read is there now. */
  saved(name: string): void {
    this.#unreadable.delete(name);
  }

  /** What is in the place of `sealed` once it is sealed with the first key; `current` where it is already, `unreadable` where it is no record. */
  reseal(name: string, found: FoundRecord): Uint8Array | 'current' | 'unreadable' {
    const opened = this.#open(name, found);
    if (opened === undefined || standingOf(opened, this.#clock.now()) === 'unbelievable') return 'unreadable';
    return opened.isOfFirstKey ? 'current' : this.#seal.seal(opened.sealedToken, boundTo(name, opened.generation));
  }

  #open(name: string, { version, generation, fingerprint, sealed, leftMs, last }: FoundRecord): OpenedRecord | undefined {
    if (version !== VERSION || !isGeneration(generation) || !(sealed instanceof Uint8Array)) return undefined;
    // Nobody has been given a generation after the last one.
    if (!isGeneration(last) || BigInt(generation) > BigInt(last)) return undefined;
    const opened = this.#seal.open(sealed, boundTo(name, generation));
    if (opened === undefined || fingerprintOf(opened.token) !== fingerprint) return undefined;
    const token = endingWith(opened.token, leftMs, this.#clock.now());
    return { token, sealedToken: opened.token, generation, isOfFirstKey: opened.isOfFirstKey, leftMs };
  }
}

/** Uses all that a store needs once, under a key that nobody else uses, and leaves nothing there. Rejects with what the store does. */
export async function useOnce(store: SharedTokenStore, clock: Clock): Promise<void> {
  const key = `check/${randomUUID()}`;
  const lease: Lease | undefined = await store.acquire(key, 1_000);
  const now = clock.now();
  await lease?.save({ accessToken: key, tokenType: 'check', askedAt: now, expiresAt: now + 5_000, lifetimeMs: 5_000 });
  await store.load(key);
  await store.remove(key);
  await lease?.release();
}

/** What a sealed record is bound to, so that it can be swapped neither between tokens nor between generations. */
function boundTo(name: string, generation: string): string {
  return `${name}/${generation}`;
}

function isGeneration(value: unknown): value is string {
  return typeof value === 'string' && /^[1-9]\d{0,18}$/.test(value);
}

function fingerprintOf({ accessToken }: StoredToken): string {
  return createHash('sha256').update(accessToken).digest('hex').slice(0, 16);
}

/** What the clocks say of a record. */
function standingOf({ token, leftMs }: OpenedRecord, now: number): 'good' | 'ended here' | 'unbelievable' {
  if (isBelievable(token, now)) return 'good';
  const livesThere = typeof leftMs === 'number' && leftMs > 0 && leftMs <= token.lifetimeMs;
  return livesThere && token.expiresAt <= now ? 'ended here' : 'unbelievable';
}

/**
 * The clock of the server, which all processes share, is believed where this one's or the writer's would make the token live longer. Never the other way: a
 * server's clock that was set back would let all processes hand out what has ended.
 */
function endingWith(token: StoredToken, leftMs: unknown, now: number): StoredToken {
  if (typeof leftMs !== 'number' || !(leftMs >= 0)) return token;
  const expiresAt = Math.floor(now + leftMs);
  return expiresAt < token.expiresAt - SERVER_CLOCK_TOLERANCE_MS ? { ...token, expiresAt } : token;
}

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** How long links and sessions live, and how many there may be at once. */
export interface PageSessionLimits {
  /** Default 60 000. */
  readonly linkMs: number;
  /** Default 16; beyond it the oldest one gives way. */
  readonly links: number;
  /** Without a request, default 30 min. */
  readonly idleMs: number;
  /** In all, default 12 h. */
  readonly sessionMs: number;
  /** Default 64; beyond it the one that was idle for longest gives way. */
  readonly sessions: number;
}

const minuteMs = 60_000;
const usual: PageSessionLimits = { linkMs: minuteMs, links: 16, idleMs: 30 * minuteMs, sessionMs: 720 * minuteMs, sessions: 64 };

interface Link {
  readonly hash: Buffer;
  readonly endsAt: number;
}
interface Session {
  readonly hash: Buffer;
  readonly endsAt: number;
  seenAt: number;
}

/**
 * One-time links to the pages of a process, and the sessions that they begin: only a browser with a session sees what the pages show. Codes and session ids
 * have 256 random bits, and only their SHA-256 is held. Links and sessions end with the process.
 */
export class PageSessions {
  readonly #now: () => number;
  readonly #limits: PageSessionLimits;
  #links: Link[] = [];
  #sessions: Session[] = [];

  /** `now` in milliseconds, of a clock that nobody outside can set. */
  constructor({ now, limits = {} }: { now: () => number; limits?: Partial<PageSessionLimits> | undefined }) {
    this.#now = now;
    this.#limits = { ...usual, ...limits };
  }

  /** A new code for a link, to be redeemed once until `endsAt`. */
  newCode(): { code: string; endsAt: number } {
    this.#forgetEnded();
    const code = newSecret();
    const endsAt = this.#now() + this.#limits.linkMs;
    this.#links = [...this.#links, { hash: hashOf(code), endsAt }].slice(-this.#limits.links);
    return { code, endsAt };
  }

  /** Begins a session; undefined for a code that was used, has ended or was never made. */
  redeem(code: string): string | undefined {
    this.#forgetEnded();
    const link = find(this.#links, code);
    if (link === undefined) return undefined;
    this.#links = this.#links.filter((other) => other !== link);
    const id = newSecret();
    const now = this.#now();
    const longestSeen = [...this.#sessions].sort((one, other) => other.seenAt - one.seenAt);
    this.#sessions = longestSeen.slice(0, this.#limits.sessions - 1);
    this.#sessions.push({ hash: hashOf(id), endsAt: now + this.#limits.sessionMs, seenAt: now });
    return id;
  }

  /** Whether the session lives; it is then idle no more. */
  isLiving(id: string): boolean {
    this.#forgetEnded();
    const session = find(this.#sessions, id);
    if (session === undefined) return false;
    session.seenAt = this.#now();
    return true;
  }

  /** Ends a session; no-op for one that does not live. */
  end(id: string): void {
    const session = find(this.#sessions, id);
    this.#sessions = this.#sessions.filter((other) => other !== session);
  }

  #forgetEnded(): void {
    const now = this.#now();
    this.#links = this.#links.filter(({ endsAt }) => now < endsAt);
    this.#sessions = this.#sessions.filter(({ endsAt, seenAt }) => now < endsAt && now < seenAt + this.#limits.idleMs);
  }
}

const newSecret = (): string => randomBytes(32).toString('base64url');
const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/** Looks at all of them, in the same time for each answer. */
function find<T extends { readonly hash: Buffer }>(held: readonly T[], secret: string): T | undefined {
  const hash = hashOf(secret);
  return held.filter((one) => timingSafeEqual(one.hash, hash))[0];
}

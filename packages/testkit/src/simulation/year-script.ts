import { inDays, inWords } from './time-in-words.ts';

/** How an issuer that is down fails. */
export type OutageKind =
  | 'refuses connections'
  | 'hangs'
  | 'answers 500'
  | 'answers 503'
  | 'answers 200 with HTML'
  | 'answers 200 with nothing';

/** How an issuer says for how long it wants to be left alone with its 429. */
export type RateLimitKind = 'Retry-After' | 'Retry-After as a date' | 'X-RateLimit-Reset' | 'no header';

/** How an issuer tells a token's lifetime. */
export type LifetimeTold = 'number' | 'string' | 'nowhere' | 'in the JWT';

/** How a secret is rotated: the new one is known to the client before, while both are valid, or only after the old one ended. */
export type RotationWay = 'known before' | 'while both are valid' | 'too late';

/** One thing that happens; times in ms. */
export type Happening =
  | { readonly kind: 'outage'; readonly how: OutageKind; readonly forMs: number }
  | { readonly kind: 'latency'; readonly latencyMs: number; readonly forMs: number }
  | { readonly kind: 'rate limit'; readonly how: RateLimitKind; readonly seconds: number; readonly forMs: number }
  | { readonly kind: 'quota'; readonly remaining: number; readonly resetSeconds: number; readonly forMs: number }
  | { readonly kind: 'lifetime'; readonly seconds: number; readonly told: LifetimeTold; readonly tokens: number }
  | { readonly kind: 'same token'; readonly forMs: number }
  | { readonly kind: 'clock'; readonly byMs: number }
  | { readonly kind: 'sleep'; readonly forMs: number }
  | { readonly kind: 'rotation'; readonly way: RotationWay; readonly stepMs: number }
  | { readonly kind: 'revocation'; readonly callers: number; readonly times: number; readonly everyMs: number }
  | { readonly kind: 'rejections'; readonly callers: number; readonly times: number; readonly everyMs: number }
  | { readonly kind: 'restart' }
  | { readonly kind: 'burst'; readonly callers: number; readonly minTtlSeconds: number };

/** A happening at its true time since the start, ms. */
export type Dated = Happening & { readonly at: number };

/** All that a simulated year depends on: the same script gives the same year. */
export interface YearScript {
  /** Of the keeper's random numbers. */
  readonly seed: number;
  readonly days: number;
  readonly lifetimeSeconds: number;
  readonly told: LifetimeTold;
  readonly latencyMs: number;
  readonly schedule: 'timer' | 'on-access';
  readonly maxSleepMs: number;
  /** A caller comes this often; undefined: only happenings bring callers. */
  readonly readEveryMs: number | undefined;
  readonly happenings: readonly Dated[];
}

/** The script for people: one line for the circumstances, one for each happening. */
export function linesOf(script: YearScript): readonly string[] {
  const { days, lifetimeSeconds, told, latencyMs, schedule, maxSleepMs, readEveryMs, seed, happenings } = script;
  const readers = readEveryMs === undefined ? 'no steady caller' : `a caller every ${inWords(readEveryMs)}`;
  return [
    `${days} days: tokens live ${inWords(lifetimeSeconds * 1000)} (told: ${told}), the issuer takes ${inWords(latencyMs)}, ${readers}, ` +
      `schedule ${schedule}, longest sleep of the timer ${inWords(maxSleepMs)}, random seed ${seed}`,
    ...happenings.map((happening) => `${inDays(happening.at)}: ${lineOf(happening)}`),
  ];
}

function lineOf(happening: Happening): string {
  switch (happening.kind) {
    case 'outage':
      return `the issuer ${happening.how} for ${inWords(happening.forMs)}`;
    case 'latency':
      return `the issuer takes ${inWords(happening.latencyMs)} for ${inWords(happening.forMs)}`;
    case 'rate limit':
      return `the issuer answers 429 with ${happening.how} (${happening.seconds} s) for ${inWords(happening.forMs)}`;
    case 'quota':
      return `the quota has ${happening.remaining} of 50 left and resets in ${happening.resetSeconds} s, told for ${inWords(happening.forMs)}`;
    case 'lifetime':
      return `the next ${happening.tokens} tokens live ${happening.seconds} s (told: ${happening.told})`;
    case 'same token':
      return `the issuer hands out the same token again for ${inWords(happening.forMs)}`;
    case 'clock':
      return `the wall clock is set ${happening.byMs < 0 ? 'back' : 'forward'} by ${inWords(Math.abs(happening.byMs))}`;
    case 'sleep':
      return `the machine sleeps for ${inWords(happening.forMs)}`;
    case 'rotation':
      return `the secret is rotated, the new one given to the client ${happening.way}, in steps of ${inWords(happening.stepMs)}`;
    case 'revocation':
      return `the held token is revoked; ${storm(happening)}`;
    case 'rejections':
      return `the API answers 401 to every token; ${storm(happening)}`;
    case 'restart':
      return 'the process restarts';
    case 'burst':
      return `${happening.callers} callers at once${happening.minTtlSeconds > 0 ? `, who need ${happening.minTtlSeconds} s of life` : ''}`;
  }
}

function storm({ callers, times, everyMs }: { readonly callers: number; readonly times: number; readonly everyMs: number }): string {
  return `${callers} callers meet its 401${times > 1 ? `, ${times} times, every ${inWords(everyMs)}` : ''}`;
}

import { inDays, inWords } from './time-in-words.ts';
import type { Happening, TokenScript, YearScript } from './year-script.ts';

/** The script for people: a line for the circumstances, one for each token, one for each happening. */
export function linesOf(script: YearScript): readonly string[] {
  const { days, latencyMs, schedule, maxSleepMs, store, maxUndeclared, maxMintsPerDay, seed, tokens, happenings } = script;
  const limits = [
    ...(tokens.some(({ isDeclared }) => !isDeclared) ? [`at most ${maxUndeclared} undeclared`] : []),
    ...(maxMintsPerDay < Number.POSITIVE_INFINITY ? [`at most ${maxMintsPerDay} requests a day for each`] : []),
  ];
  return [
    `${days} days: ${store === undefined ? 'no store' : `a store in ${store}`}, the issuers take ${inWords(latencyMs)}, schedule ${schedule}, ` +
      `longest sleep of the timer ${inWords(maxSleepMs)}, ${[...limits, `random seed ${seed}`].join(', ')}`,
    ...tokens.map(lineOfToken),
    ...happenings.map((happening) => `${inDays(happening.at)}: ${lineOf(happening, tokens.length)}`),
  ];
}

function lineOfToken({ issuer, isDeclared, proof, lifetimeSeconds, told, readEveryMs }: TokenScript, index: number): string {
  const readers = readEveryMs === undefined ? 'no steady caller' : `a caller every ${inWords(readEveryMs)}`;
  const life = `lives ${inWords(lifetimeSeconds * 1000)} (told: ${told})`;
  return `token ${index} of issuer ${issuer} ${life}, ${readers}, by ${proof}${isDeclared ? '' : ', undeclared'}`;
}

function lineOf(happening: Happening, tokens: number): string {
  const issuer = 'issuer' in happening ? `issuer ${happening.issuer}` : '';
  const token = 'token' in happening ? `token ${happening.token % tokens}` : '';
  switch (happening.kind) {
    case 'outage':
      return `${issuer} ${happening.how} for ${inWords(happening.forMs)}`;
    case 'latency':
      return `${issuer} takes ${inWords(happening.latencyMs)} for ${inWords(happening.forMs)}`;
    case 'rate limit':
      return `${issuer} answers 429 with ${happening.how} (${happening.seconds} s) for ${inWords(happening.forMs)}`;
    case 'quota':
      return `the quota of ${issuer} has ${happening.remaining} of 50 left and resets in ${happening.resetSeconds} s, told for ${inWords(happening.forMs)}`;
    case 'same token':
      return `${issuer} hands out the same tokens again for ${inWords(happening.forMs)}`;
    case 'issuer clock':
      return `the clock of ${issuer} is set ${backOrForward(happening.byMs)}`;
    case 'lifetime':
      return `${token}: the next ${happening.tokens} live ${happening.seconds} s (told: ${happening.told})`;
    case 'rotation':
      return `${token}: the secret is rotated, the new one given to the client ${happening.way}, in steps of ${inWords(happening.stepMs)}`;
    case 'no secret':
      return `${token}: the source of the secret fails for ${inWords(happening.forMs)}`;
    case 'revocation':
      return `${token} is revoked; ${storm(happening)}`;
    case 'rejections':
      return `${token}: the API answers 401 to every one; ${storm(happening)}`;
    case 'burst':
      return `${token}: ${happening.callers} callers at once${demands(happening)}`;
    case 'close':
      return `${token} is closed for ${inWords(happening.forMs)}`;
    case 'rush':
      return `${happening.callers} callers at once for each token`;
    case 'store':
      return happening.how === 'forgets' ? 'the store loses what it had' : `the store ${happening.how} for ${inWords(happening.forMs)}`;
    case 'clock':
      return `the wall clock is set ${backOrForward(happening.byMs)}`;
    case 'sleep':
      return `the machine sleeps for ${inWords(happening.forMs)}`;
    case 'restart':
      return `the process restarts${happening.isStoreLost ? ' with an empty store' : ''}`;
  }
}

function backOrForward(ms: number): string {
  return `${ms < 0 ? 'back' : 'forward'} by ${inWords(Math.abs(ms))}`;
}

function demands({ minTtlSeconds, abortMs }: { readonly minTtlSeconds: number; readonly abortMs: number }): string {
  const life = minTtlSeconds > 0 ? `, who need ${minTtlSeconds} s of life` : '';
  return abortMs > 0 ? `${life}, who give up after ${inWords(abortMs)}` : life;
}

function storm({ callers, times, everyMs }: { readonly callers: number; readonly times: number; readonly everyMs: number }): string {
  return `${callers} callers meet its 401${times > 1 ? `, ${times} times, every ${inWords(everyMs)}` : ''}`;
}

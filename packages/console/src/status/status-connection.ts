import type { StatusUpdate } from '@evertoken/agent/contract';
import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { readEvents } from '../parts/event-reader.ts';
import { browserClock, type PageClock } from '../parts/page-clock.ts';
import { PageRequestError, problemOf } from '../parts/request-json.ts';

/** How the page hears of the agent. */
export type Hearing =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** Nothing came for too long, for this reason in a sentence; it is tried again by itself. */
  | { readonly kind: 'away'; readonly reason: string }
  /** The agent answers, but not this session. */
  | { readonly kind: 'refused'; readonly command: string };

/** The way to the agent, for as long as the page is there. */
export interface StatusConnection {
  readonly hearing: Signal<Hearing>;
  /** When something was heard last, by this machine's clock; undefined before. */
  readonly lastHeard: Signal<number | undefined>;
}

/** The agent sends something every five seconds; after twice that it is taken for gone. */
const silenceMs = 11_000;
const longestPauseMs = 10_000;
/** A page that nobody sees looks so often: its title tells of trouble, and its session does not end. */
const glanceEveryMs = 30_000;

/**
 * Hears what the agent tells, and comes back by itself whenever it stops. While nobody sees the page it only glances: a browser has six connections to
 * one origin, and pages that are left open would take them all.
 */
export function connectToAgent(
  take: (update: StatusUpdate) => void,
  {
    isSeen,
    fetch = globalThis.fetch.bind(globalThis),
    clock = browserClock,
  }: { isSeen: ReadonlySignal<boolean>; fetch?: typeof globalThis.fetch; clock?: PageClock },
): StatusConnection {
  const hearing = signal<Hearing>({ kind: 'connecting' });
  const lastHeard = signal<number | undefined>(undefined);
  let lastId: string | undefined;

  /** Answers true where it was ended because nobody sees the page. */
  async function hear(): Promise<boolean> {
    const end = new AbortController();
    let isGlance = true;
    let isLetGo = false;
    const unsubscribe = isSeen.subscribe((isSeenNow) => {
      if (isSeenNow) {
        // Also one that began as a glance: whoever looks hears all that comes.
        isGlance = false;
        // What was glanced at is not of this moment.
        if (hearing.peek().kind === 'live') hearing.value = { kind: 'connecting' };
      } else if (!isGlance) {
        isLetGo = true;
        end.abort();
      }
    });
    let timer = clock.setTimer(() => end.abort(), silenceMs);
    const onHeard = () => {
      timer.cancel();
      timer = clock.setTimer(() => end.abort(), silenceMs);
      lastHeard.value = clock.now();
    };
    try {
      const headers = lastId === undefined ? {} : { 'last-event-id': lastId };
      const answer = await fetch('events', { headers, signal: end.signal });
      if (!answer.ok || answer.body === null) throw await problemOf(answer);
      for await (const { id, data } of readEvents(answer.body, onHeard)) {
        take(JSON.parse(data) as StatusUpdate);
        lastId = id;
        hearing.value = { kind: 'live' };
        if (isGlance) return true;
      }
    } catch (error) {
      if (!isLetGo) throw error;
    } finally {
      timer.cancel();
      unsubscribe();
    }
    return isLetGo;
  }

  /** Until then, or until somebody sees the page again. */
  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wasSeen = isSeen.peek();
      const timer = clock.setTimer(goOn, ms);
      const unsubscribe = isSeen.subscribe((isSeenNow) => {
        if (isSeenNow && !wasSeen) goOn();
      });
      function goOn(): void {
        timer.cancel();
        unsubscribe();
        resolve();
      }
    });
  }

  async function hearForEver(): Promise<never> {
    for (let pauseMs = 500; ; pauseMs = Math.min(longestPauseMs, 2 * pauseMs)) {
      let isLetGo = false;
      let reason = 'The agent does not answer.';
      try {
        isLetGo = await hear();
      } catch (error) {
        if (error instanceof PageRequestError) {
          reason = error.message;
          if (error.status === 401) hearing.value = { kind: 'refused', command: error.command ?? 'evertoken open' };
        }
      }
      if (hearing.value.kind === 'live') pauseMs = 500;
      if (!isLetGo && hearing.value.kind !== 'refused') hearing.value = { kind: 'away', reason };
      // Somebody may look again by now: there is nothing to wait for.
      if (!isLetGo) await pause(pauseMs);
      else if (!isSeen.peek()) await pause(glanceEveryMs);
    }
  }

  void hearForEver();
  return { hearing, lastHeard };
}

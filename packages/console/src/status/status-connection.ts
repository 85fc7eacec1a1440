import type { StatusUpdate } from '@evertoken/agent/contract';
import { type Signal, signal } from '@preact/signals';
import { readEvents } from '../parts/event-reader.ts';
import { browserClock, type PageClock } from '../parts/page-clock.ts';
import { PageRequestError, problemOf } from '../parts/request-json.ts';

/** How the page hears of the agent. */
export type Hearing =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** Nothing came for too long; it is tried again by itself. */
  | { readonly kind: 'away' }
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

/** Hears what the agent tells, and comes back by itself whenever it stops. */
export function connectToAgent(
  take: (update: StatusUpdate) => void,
  { fetch = globalThis.fetch.bind(globalThis), clock = browserClock }: { fetch?: typeof globalThis.fetch; clock?: PageClock } = {},
): StatusConnection {
  const hearing = signal<Hearing>({ kind: 'connecting' });
  const lastHeard = signal<number | undefined>(undefined);
  let lastId: string | undefined;

  async function hear(): Promise<void> {
    const silence = new AbortController();
    let timer = clock.setTimer(() => silence.abort(), silenceMs);
    const onHeard = () => {
      timer.cancel();
      timer = clock.setTimer(() => silence.abort(), silenceMs);
      lastHeard.value = clock.now();
    };
    try {
      const headers = lastId === undefined ? {} : { 'last-event-id': lastId };
      const answer = await fetch('events', { headers, signal: silence.signal });
      if (!answer.ok || answer.body === null) throw await problemOf(answer);
      for await (const { id, data } of readEvents(answer.body, onHeard)) {
        take(JSON.parse(data) as StatusUpdate);
        lastId = id;
        hearing.value = { kind: 'live' };
      }
    } finally {
      timer.cancel();
    }
  }

  async function goOn(): Promise<never> {
    for (let pauseMs = 500; ; pauseMs = Math.min(longestPauseMs, 2 * pauseMs)) {
      try {
        await hear();
      } catch (error) {
        if (error instanceof PageRequestError && error.status === 401) {
          hearing.value = { kind: 'refused', command: error.command ?? 'evertoken open' };
        }
      }
      if (hearing.value.kind === 'live') pauseMs = 500;
      if (hearing.value.kind !== 'refused') hearing.value = { kind: 'away' };
      await new Promise<void>((resolve) => void clock.setTimer(resolve, pauseMs));
    }
  }

  void goOn();
  return { hearing, lastHeard };
}

import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { type Now, type SetTimer, systemSetTimer, type Timer } from '../clock.ts';
import type { JournalEntry, TenantJournal } from '../log/journal-entry.ts';
import { giveFault } from './fault-answer.ts';
import { FaultPlan } from './fault-plan.ts';
import { RequestStream } from './request-stream.ts';
import { ShiftableClock } from './shiftable-clock.ts';

/**
 * The base of a tenant that has test controls: the clock that it uses, and a layer in front of all its routes that injects faults and records requests.
 */
export class ControlStage {
  readonly clock: ShiftableClock;
  readonly plan: FaultPlan;
  readonly stream: RequestStream = new RequestStream();
  readonly #setTimer: SetTimer;
  /** What is delayed now, by what answers it. */
  readonly #delayed = new Map<() => void, Timer>();
  #mayDelay = true;
  /** The journal entry that was written while a request was answered. */
  readonly #told = new AsyncLocalStorage<{ entry?: JournalEntry }>();

  constructor(options: { now: Now; random?: (() => number) | undefined; setTimer?: SetTimer }) {
    this.clock = new ShiftableClock(options.now);
    this.plan = new FaultPlan(options.random ?? Math.random);
    this.#setTimer = options.setTimer ?? systemSetTimer;
  }

  /** `handle` with that layer in front of it. */
  before(handle: RequestListener): RequestListener {
    return (request, response) => {
      const path = (request.url ?? '').split('?', 1)[0] ?? '';
      const { latencyMs, answer } = this.plan.judge(request.method ?? '', path);
      const told: { entry?: JournalEntry } = {};
      this.#watch(request, response, { path, fault: answer?.kind, told });
      // Not `run` alone: the events of the body come out of the connection, and not out of what the handler began.
      this.#told.enterWith(told);
      const go = (): void => {
        if (response.destroyed) return;
        if (answer === undefined) this.#told.run(told, () => handle(request, response));
        else giveFault(response, answer, { path, nowMs: this.clock.now() });
      };
      if (latencyMs === 0 || !this.#mayDelay) go();
      else this.#delay(go, latencyMs, response);
    };
  }

  /** Has what is delayed go on at once. */
  hurry(): void {
    const waiting = [...this.#delayed];
    this.#delayed.clear();
    for (const [go, timer] of waiting) {
      timer.cancel();
      go();
    }
  }

  /** The end: has what is delayed go on, and delays nothing any more. */
  endDelays(): void {
    this.#mayDelay = false;
    this.hurry();
  }

  #delay(go: () => void, latencyMs: number, response: ServerResponse): void {
    const timer = this.#setTimer(() => {
      this.#delayed.delete(go);
      go();
    }, latencyMs);
    this.#delayed.set(go, timer);
    response.once('close', () => {
      if (this.#delayed.delete(go)) timer.cancel();
    });
  }

  /** `journal`, with what is written to it for a request also shown in the record of that request. */
  overhear(journal: TenantJournal): TenantJournal {
    return {
      write: (entry) => {
        const told = this.#told.getStore();
        if (told !== undefined) told.entry = entry;
        journal.write(entry);
      },
    };
  }

  #watch(
    request: IncomingMessage,
    response: ServerResponse,
    { path, fault, told }: { path: string; fault: string | undefined; told: { entry?: JournalEntry } },
  ): void {
    let isTold = false;
    const tell = (status: number | undefined): void => {
      if (isTold) return;
      isTold = true;
      const { clientId, audience, scope, organizationId, description } = told.entry ?? {};
      const about = { client_id: clientId, audience, scope, organization: organizationId, description };
      this.stream.add({ at: new Date(this.clock.now()).toISOString(), method: request.method ?? '', path, status, fault, ...about });
    };
    // Before the last byte is sent: a client that has its answer finds the request among the recorded ones.
    const end = response.end.bind(response) as (...args: unknown[]) => ServerResponse;
    response.end = ((...args: unknown[]) => {
      tell(response.statusCode);
      return end(...args);
    }) as ServerResponse['end'];
    response.once('close', () => tell(undefined));
  }
}

import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Now, SetTimer } from '../clock.ts';
import type { JournalEntry, TenantJournal } from '../log/journal-entry.ts';
import { giveFault } from './fault-answer.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { RequestStream } from './request-stream.ts';

/** What the front works with. */
export interface FrontParts {
  readonly plan: FaultPlan;
  readonly stream: RequestStream;
  readonly now: Now;
  readonly setTimer: SetTimer;
}

/** The one place where faults are injected and requests are watched: in front of all routes. */
export class Front {
  readonly #parts: FrontParts;
  /** What the journal said while a request was answered. */
  readonly #told = new AsyncLocalStorage<{ entry?: JournalEntry }>();

  constructor(parts: FrontParts) {
    this.#parts = parts;
  }

  /** `handle` behind faults and watch. */
  before(handle: RequestListener): RequestListener {
    return (request, response) => {
      const { plan, setTimer, now } = this.#parts;
      const path = (request.url ?? '').split('?', 1)[0] ?? '';
      const { latencyMs, answer } = plan.judge(request.method ?? '', path);
      const told: { entry?: JournalEntry } = {};
      this.#watch(request, response, { path, fault: answer?.kind, told });
      // Not `run` alone: the events of the body come out of the connection, and not out of what the handler began.
      this.#told.enterWith(told);
      const go = (): void => {
        if (response.destroyed) return;
        if (answer === undefined) this.#told.run(told, () => handle(request, response));
        else giveFault(response, answer, { path, nowMs: now() });
      };
      if (latencyMs === 0) go();
      else setTimer(go, latencyMs);
    };
  }

  /** `journal`, overheard: what it is told of a request is shown with the request. */
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
    const { stream, now } = this.#parts;
    let isTold = false;
    const tell = (status: number | undefined): void => {
      if (isTold) return;
      isTold = true;
      const { clientId, audience, scope, organizationId, description } = told.entry ?? {};
      const about = { client_id: clientId, audience, scope, organization: organizationId, description };
      stream.add({ at: new Date(now()).toISOString(), method: request.method ?? '', path, status, fault, ...about });
    };
    // Before the last byte leaves: whoever has its answer finds the request among those that were seen.
    const end = response.end.bind(response) as (...args: unknown[]) => ServerResponse;
    response.end = ((...args: unknown[]) => {
      tell(response.statusCode);
      return end(...args);
    }) as ServerResponse['end'];
    response.once('close', () => tell(undefined));
  }
}

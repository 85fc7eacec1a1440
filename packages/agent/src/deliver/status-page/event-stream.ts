import type { ServerResponse } from 'node:http';
import type { Clock } from '@evertoken/client';

/** How often something is sent in any case, ms. A page that hears nothing for twice as long knows that the agent is gone. */
const beatEveryMs = 5_000;
/** How much may wait for a page that reads too slowly, bytes. Beyond that the stream is closed; the page may connect again. */
const mostUntaken = 8 * 1024 * 1024;

/** An answer that goes on: server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export class EventStream {
  readonly #response: ServerResponse;

  /** `mayGoOn` is asked at each beat. */
  constructor(response: ServerResponse, { clock, mayGoOn }: { clock: Pick<Clock, 'setTimer'>; mayGoOn: () => boolean }) {
    this.#response = response;
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      // nginx would hold back events that are to arrive at once.
      'x-accel-buffering': 'no',
    });
    const beat = (): void => {
      if (!mayGoOn()) {
        this.end();
        return;
      }
      this.#write(': still here\n\n');
      timer = clock.setTimer(beat, beatEveryMs);
    };
    let timer = clock.setTimer(beat, beatEveryMs);
    response.once('close', () => timer.cancel());
  }

  /** Sends `data`, named `event`; `id` is what the page names when it comes again. */
  send(event: string, id: string, data: unknown): void {
    this.#write(`event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  end(): void {
    if (!this.#response.writableEnded) this.#response.end();
  }

  /** Resolves when nobody listens any more. */
  get ended(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#response.destroyed) resolve();
      else this.#response.once('close', resolve);
    });
  }

  #write(text: string): void {
    if (this.#response.destroyed || this.#response.writableEnded) return;
    this.#response.write(text);
    if (this.#response.writableLength > mostUntaken) this.#response.destroy();
  }
}

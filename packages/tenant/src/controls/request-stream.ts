/** A request that the tenant answered. Holds no secret. */
export interface SeenRequest {
  /** Counts from 1. */
  readonly id: number;
  /** ISO 8601, by the tenant's clock. */
  readonly at: string;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Undefined where the connection was cut without an answer. */
  readonly status: number | undefined;
  /** Kind of the answer that a fault gave in place of the real one. */
  readonly fault: string | undefined;
  readonly client_id: string | undefined;
  readonly audience: string | undefined;
  readonly scope: string | undefined;
  readonly organization: string | undefined;
  /** The description of its entry in the tenant's logs, such as the reason of a refusal. */
  readonly description: string | undefined;
}

/** Number of requests that are kept, the newest. */
const mostKept = 1_000;

/** Records the requests as they are answered. */
export class RequestStream {
  readonly #listeners = new Set<(request: SeenRequest) => void>();
  #kept: SeenRequest[] = [];
  #count = 0;

  /** The newest thousand, oldest first. */
  get requests(): readonly SeenRequest[] {
    return this.#kept;
  }

  add(request: Omit<SeenRequest, 'id'>): void {
    this.#count += 1;
    const seen = { id: this.#count, ...request };
    this.#kept = [...this.#kept.slice(1 - mostKept), seen];
    for (const listener of this.#listeners) listener(seen);
  }

  /** Forgets all requests; new ones go on with the next id. */
  clear(): void {
    this.#kept = [];
  }

  /** Calls `listener` with each request from now on; answers a function that ends this. */
  subscribe(listener: (request: SeenRequest) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

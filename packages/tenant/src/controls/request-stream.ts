/** A request that the tenant had, without a secret of it. */
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
  /** What the tenant's logs say of it, such as the reason of a refusal. */
  readonly description: string | undefined;
}

/** Newest that are kept. */
const mostKept = 1_000;

/** The requests as they are answered. */
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

  /** Forgets them; the count goes on. */
  clear(): void {
    this.#kept = [];
  }

  /** Answers the function that ends it. */
  subscribe(listener: (request: SeenRequest) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

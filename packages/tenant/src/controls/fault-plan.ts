import type { Fault, FaultAnswer } from './fault.ts';

/** A fault that is in force. */
export interface PlannedFault extends Fault {
  readonly id: string;
  /** Number of requests that it will still hit; undefined where there is no end. */
  readonly left: number | undefined;
  /** Number of requests that it has hit. */
  readonly hits: number;
}

/** What the faults do to one request. */
export interface Verdict {
  readonly latencyMs: number;
  readonly answer: FaultAnswer | undefined;
}

const harmless: Verdict = { latencyMs: 0, answer: undefined };

/** The faults in force. Where several match a request, their delays add up, and the answer of the oldest one is given. */
export class FaultPlan {
  readonly #random: () => number;
  #faults: PlannedFault[] = [];
  #count = 0;

  /** `random`: 0 up to 1, as `Math.random`. */
  constructor(random: () => number) {
    this.#random = random;
  }

  add(fault: Fault): PlannedFault {
    this.#count += 1;
    const planned = { ...fault, id: String(this.#count), left: fault.times, hits: 0 };
    this.#faults.push(planned);
    return planned;
  }

  get faults(): readonly PlannedFault[] {
    return this.#faults;
  }

  /** Answers whether there was such a fault. */
  remove(id: string): boolean {
    const before = this.#faults.length;
    this.#faults = this.#faults.filter((fault) => fault.id !== id);
    return this.#faults.length < before;
  }

  clear(): void {
    this.#faults = [];
  }

  /** Counts the request against the faults that hit it. `path` without a query. */
  judge(method: string, path: string): Verdict {
    let verdict = harmless;
    for (const fault of this.#faults) {
      if (!matches(fault, method, path)) continue;
      // A second answer would never be seen, and so does not count as given.
      if (fault.answer !== undefined && verdict.answer !== undefined) continue;
      if (fault.share !== undefined && this.#random() >= fault.share) continue;
      this.#hit(fault);
      verdict = { latencyMs: verdict.latencyMs + (fault.latency_ms ?? 0), answer: verdict.answer ?? fault.answer };
    }
    return verdict;
  }

  #hit(hit: PlannedFault): void {
    const counted = { ...hit, hits: hit.hits + 1, left: hit.left === undefined ? undefined : hit.left - 1 };
    this.#faults = this.#faults.flatMap((fault) => (fault.id !== hit.id ? [fault] : counted.left === 0 ? [] : [counted]));
  }
}

function matches({ method, path = '/oauth/token' }: Fault, asked: string, askedPath: string): boolean {
  if (method !== undefined && method !== asked) return false;
  return path.endsWith('/') ? askedPath.startsWith(path) : askedPath === path;
}

import type { Fault } from './fault.ts';
import type { PlannedFault } from './fault-plan.ts';
import type { SeenRequest } from './request-stream.ts';

/** Test controls: they make a tenant fail in every way that a client under test has to bear. */
export interface TenantControls {
  /** Where the controls listen, such as `http://127.0.0.1:8444`; undefined where they can be used in this process alone. */
  readonly url: string | undefined;
  /** What callers of `url` send as bearer. */
  readonly key: string;
  /** The faults in force, oldest first. */
  readonly faults: readonly PlannedFault[];
  /** Throws a `RangeError` or `TypeError` for what is no fault. */
  addFault(fault: Fault): PlannedFault;
  /** Answers whether there was one. */
  removeFault(id: string): boolean;
  /** Requests that one delays just now are answered at once. */
  clearFaults(): void;
  /** How far the tenant's clock is ahead, ms. */
  readonly clockShiftMs: number;
  /** Sets the clock forward, or back where `ms` is negative; whole milliseconds, up to a hundred years either way. */
  setClockShift(ms: number): void;
  /** Makes the next signing key the current one; answers its `kid`. */
  rotateSigningKey(): Promise<string>;
  /** Puts back what the tenant had when the controls were opened; ends faults and clock shift, forgets the requests. */
  reset(): Promise<void>;
  /** The newest thousand requests that were answered, oldest first. */
  readonly requests: readonly SeenRequest[];
  /** Calls `listener` with each request as it is answered; answers the function that ends that. */
  onRequest(listener: (request: SeenRequest) => void): () => void;
}

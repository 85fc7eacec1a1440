import type { Delivery } from './delivery.ts';

/** What came of one request. */
export type Outcome =
  | { readonly kind: 'token'; readonly delivery: Delivery }
  /** The secret is not valid, or the assertion not yet or no longer. */
  | { readonly kind: 'wrong proof' }
  /** `isOfClient`: of how much this one asks, not of the issuer. */
  | { readonly kind: 'failure'; readonly isOfClient?: true; readonly retryAfterMs?: number }
  /** The client gave up first. */
  | { readonly kind: 'cut off' };

/** What the quota headers of an answer said; undefined: no header. */
export type ToldQuota = { readonly remaining: number; readonly resetsAtWallMs: number } | undefined;

/** Who watches one client's door to the issuer. */
export interface IssuerWatch {
  /** `proof` is the secret, or `assertion`. */
  asked(proof: string): void;
  /** `quota` is null where no answer came. */
  answered(outcome: Outcome, quota: ToldQuota | null): void;
}

/** What an assertion is called where secrets are named. */
export const ASSERTION = 'assertion';

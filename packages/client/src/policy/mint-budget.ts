/** Length of the window, ms. */
const DAY_MS = 86_400_000;

/** What a budget says of one more request. */
export type BudgetDecision =
  | { readonly mayMint: true; readonly spent: readonly number[] /** The first request over 80 %. */; readonly isWarning: boolean }
  | {
      readonly mayMint: false;
      readonly spent: readonly number[] /** Until the oldest request leaves the window, ms. */;
      readonly waitMs: number;
    };

/** Spends one request at `now` from a budget of `perDay` in any 24 h; `spent` are the times of the former ones, all ms of one clock. */
export function spendMint(spent: readonly number[], now: number, perDay: number): BudgetDecision {
  // Without a limit there is nothing to remember.
  if (perDay === Number.POSITIVE_INFINITY) return { mayMint: true, spent, isWarning: false };
  const recent = spent.filter((at) => now - at < DAY_MS);
  const oldest = recent[0];
  if (oldest !== undefined && recent.length >= perDay) return { mayMint: false, spent: recent, waitMs: oldest + DAY_MS - now };
  const isWarning = recent.length < 0.8 * perDay && recent.length + 1 >= 0.8 * perDay;
  return { mayMint: true, spent: [...recent, now], isWarning };
}

/** The period that a quota counts in, as the API names it. */
export type QuotaMeasure = 'per_hour' | 'per_day';

const lengthMs: Readonly<Record<QuotaMeasure, number>> = { per_hour: 3_600_000, per_day: 86_400_000 };

/** Start of the UTC hour or UTC day that `nowMs` is in, epoch ms. */
export function windowStart(measure: QuotaMeasure, nowMs: number): number {
  return Math.floor(nowMs / lengthMs[measure]) * lengthMs[measure];
}

/** Unix second at which the window of `nowMs` ends. */
export function windowEndSeconds(measure: QuotaMeasure, nowMs: number): number {
  return (windowStart(measure, nowMs) + lengthMs[measure]) / 1000;
}

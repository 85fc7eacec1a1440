export { type SetTimer, systemSetTimer, type Timer } from '@evertoken/service';

/** Wall clock, milliseconds since the epoch. */
export type Now = () => number;

/** The clock of the machine. */
export const systemNow: Now = Date.now;

import type { Clock, Fetch } from '@evertoken/client';
import type { CheckFinding } from './check-finding.ts';

/** `Date` has whole seconds and an answer takes time to arrive, so that a smaller difference means nothing. */
const toleratedMs = 30_000;

/** Reads from the `Date` of each answer (RFC 9110 §6.6.1) how far the clock of its server is from ours. */
export class ClockComparison {
  readonly fetch: Fetch;
  readonly #differences = new Map<string, number>();

  constructor(clock: Pick<Clock, 'now'>, fetch: Fetch) {
    this.fetch = async (input, init) => {
      const before = clock.now();
      const response = await fetch(input, init);
      const date = Date.parse(response.headers.get('date') ?? '');
      // Plus half a second: on average, that is the fraction which the header leaves out.
      if (!Number.isNaN(date)) this.#differences.set(new URL(input).host, date + 500 - (before + clock.now()) / 2);
      return response;
    };
  }

  /** One finding for each server whose answers had a `Date`. */
  *findings(): Generator<CheckFinding> {
    for (const [subject, difference] of this.#differences) {
      const seconds = Math.round(Math.abs(difference) / 1000);
      if (Math.abs(difference) < toleratedMs) {
        yield { area: 'clock', subject, level: 'ok', what: 'its clock and that of this machine agree' };
        continue;
      }
      yield {
        area: 'clock',
        subject,
        level: 'warning',
        what: `its clock is ${seconds} s ${difference > 0 ? 'ahead of' : 'behind'} that of this machine`,
        meaning: 'Tokens are kept right all the same, but APIs may refuse them as not valid yet or expired.',
        step: 'Let this machine set its clock by NTP: see `timedatectl status`.',
      };
    }
  }
}

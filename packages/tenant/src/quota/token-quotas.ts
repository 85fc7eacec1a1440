import type { Now } from '../clock.ts';
import type { TenantJournal } from '../log/journal-entry.ts';
import { type QuotaMeasure, windowEndSeconds } from './quota-window.ts';
import type { QuotaOwner, TokenQuota } from './token-quota.ts';
import type { UsageCounter } from './usage-counter.ts';

/** A client or an organization that has a quota. */
export interface QuotaHolder {
  readonly owner: QuotaOwner;
  readonly id: string;
  readonly quota: TokenQuota;
}

/** The header that tells the state of a quota, by the kind of its owner. */
const headerNames: Readonly<Record<QuotaOwner, string>> = {
  client: 'Auth0-Client-Quota-Limit',
  organization: 'Auth0-Organization-Quota-Limit',
};

const warnAtPercent = [60, 80, 100];

/** Counts tokens, and tells whether the quota of a client or an organization is used up. */
export class TokenQuotas {
  readonly #counter: UsageCounter;
  readonly #now: Now;
  readonly #journal: TenantJournal;

  constructor({ counter, now, journal }: { counter: UsageCounter; now: Now; journal: TenantJournal }) {
    this.#counter = counter;
    this.#now = now;
    this.#journal = journal;
  }

  /** The headers that tell the state of the quotas of `holders`. */
  headers(holders: readonly (QuotaHolder | undefined)[]): Record<string, string> {
    const headers: Record<string, string> = {};
    for (const holder of holders) if (holder !== undefined) headers[headerNames[holder.owner]] = this.#standing(holder);
    return headers;
  }

  /** The headers of the 429 for `holder`, beside those of {@link headers}; undefined where its quota is not used up. */
  refusal(holder: QuotaHolder | undefined): Record<string, string> | undefined {
    if (holder === undefined || !holder.quota.enforce) return undefined;
    const nowMs = this.#now();
    // Where several are used up, the one that comes back last is what has to be waited for.
    const [used] = measuresOf(holder.quota)
      .filter(({ measure, quota }) => this.#counter.used(nameOf(holder), measure) >= quota)
      .map(({ measure, quota }) => ({ quota, reset: windowEndSeconds(measure, nowMs) }))
      .sort((a, b) => b.reset - a.reset);
    return (
      used && {
        'X-RateLimit-Limit': String(used.quota),
        'X-RateLimit-Remaining': '0',
        'X-RateLimit-Reset': String(used.reset),
        'Retry-After': String(secondsTo(used.reset, nowMs)),
      }
    );
  }

  /** Counts a token for each of `holders`. */
  take(holders: readonly (QuotaHolder | undefined)[]): void {
    for (const holder of holders) {
      if (holder === undefined) continue;
      for (const { measure, quota } of measuresOf(holder.quota)) {
        this.#counter.add(nameOf(holder), measure, 1);
        this.#warn(holder, measure, quota);
      }
    }
  }

  /** Takes back what {@link take} counted, where no token was issued after all. */
  giveBack(holders: readonly (QuotaHolder | undefined)[]): void {
    for (const holder of holders) {
      if (holder === undefined) continue;
      for (const { measure } of measuresOf(holder.quota)) this.#counter.add(nameOf(holder), measure, -1);
    }
  }

  #standing(holder: QuotaHolder): string {
    const nowMs = this.#now();
    return measuresOf(holder.quota)
      .map(({ measure, quota }) => {
        const left = Math.max(0, quota - this.#counter.used(nameOf(holder), measure));
        return `b=${measure};q=${quota};r=${left};t=${secondsTo(windowEndSeconds(measure, nowMs), nowMs)}`;
      })
      .join(',');
  }

  #warn(holder: QuotaHolder, measure: QuotaMeasure, quota: number): void {
    const used = this.#counter.used(nameOf(holder), measure);
    const passed = warnAtPercent.filter((percent) => used * 100 >= percent * quota && (used - 1) * 100 < percent * quota).at(-1);
    if (passed === undefined) return;
    const { owner, id } = holder;
    this.#journal.write({
      type: 'token_quota_consumption_warning',
      description: `${passed}% of ${owner} ${measure} quota consumed`,
      ...(owner === 'client' ? { clientId: id } : { organizationId: id }),
      details: {
        bucket: measure,
        entity_type: owner,
        entity_id: id,
        quota,
        quota_consumption_percentage: passed,
        quota_consumption: used,
      },
    });
  }
}

function measuresOf({ perHour, perDay }: TokenQuota): { measure: QuotaMeasure; quota: number }[] {
  return [
    ...(perHour === undefined ? [] : [{ measure: 'per_hour', quota: perHour } as const]),
    ...(perDay === undefined ? [] : [{ measure: 'per_day', quota: perDay } as const]),
  ];
}

const nameOf = ({ owner, id }: QuotaHolder): string => `${owner} ${id}`;
const secondsTo = (seconds: number, nowMs: number): number => Math.max(1, Math.ceil(seconds - nowMs / 1000));

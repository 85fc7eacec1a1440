import { describe, expect, it } from 'vitest';
import type { JournalEntry } from '../src/log/journal-entry.ts';
import { defaultTokenQuotas, tokenQuotaOf } from '../src/quota/token-quota.ts';
import { type QuotaHolder, TokenQuotas } from '../src/quota/token-quotas.ts';
import { openUsageCounter, type UsageCounter, type UsageStore } from '../src/quota/usage-counter.ts';
import type { UsageEntry } from '../src/store/tenant-store.ts';

// 2026-09-21T14:13:20Z.
const startMs = 1_790_000_000_000;
const hourMs = 3_600_000;

/** Usage as a store keeps it, in memory; `isGone`: it rejects; `held`: its writes wait there to be let go. */
class MemoryUsage implements UsageStore {
  readonly entries = new Map<string, UsageEntry>();
  isGone = false;
  held: (() => void)[] | undefined;

  async addUsage(entries: readonly UsageEntry[]): Promise<void> {
    this.#check();
    if (this.held !== undefined) await new Promise<void>((resolve) => this.held?.push(resolve));
    for (const { bucket, windowStartMs, count } of entries) {
      const name = `${bucket} ${windowStartMs}`;
      this.entries.set(name, { bucket, windowStartMs, count: (this.entries.get(name)?.count ?? 0) + count });
    }
  }

  async usageSince(windowStartMs: number): Promise<readonly UsageEntry[]> {
    this.#check();
    return [...this.entries.values()].filter((entry) => entry.windowStartMs >= windowStartMs);
  }

  async pruneUsage(windowStartMs: number): Promise<void> {
    for (const [name, entry] of this.entries) if (entry.windowStartMs < windowStartMs) this.entries.delete(name);
  }

  #check(): void {
    if (this.isGone) throw new Error('the store is gone');
  }
}

interface Node {
  readonly counter: UsageCounter;
  readonly quotas: TokenQuotas;
  readonly clock: { nowMs: number };
  readonly entries: JournalEntry[];
  readonly faults: unknown[];
  /** Lets the timer that is set go off. */
  fire(): Promise<void>;
}

async function node(store: UsageStore, clock: { nowMs: number } = { nowMs: startMs }): Promise<Node> {
  const entries: JournalEntry[] = [];
  const faults: unknown[] = [];
  let wake: (() => void) | undefined;
  const counter = await openUsageCounter({
    store,
    now: () => clock.nowMs,
    setTimer: (given) => {
      wake = given;
      return { cancel: () => undefined };
    },
    onFault: (error) => faults.push(error),
  });
  const quotas = new TokenQuotas({ counter, now: () => clock.nowMs, journal: { write: (entry) => entries.push(entry) } });
  const fire = async (): Promise<void> => {
    const due = wake;
    wake = undefined;
    due?.();
    await settled();
  };
  return { counter, quotas, clock, entries, faults, fire };
}

/** All promises of a store in memory are. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const client = (quota: object, id = 'one'): QuotaHolder => ({
  owner: 'client',
  id,
  quota: tokenQuotaOf({ client_credentials: quota }) ?? expect.unreachable(),
});

describe('tokenQuotaOf', () => {
  it('enforces unless it is told otherwise, and takes nonsense for no quota', () => {
    expect(tokenQuotaOf({ client_credentials: { per_hour: 5 } })).toEqual({ perHour: 5, perDay: undefined, enforce: true });
    expect(tokenQuotaOf({ client_credentials: { per_day: 7, enforce: false } })).toEqual({ perHour: undefined, perDay: 7, enforce: false });
    for (const nothing of [undefined, null, 1, 'x', [], {}, { client_credentials: null }, { client_credentials: { enforce: true } }]) {
      expect(tokenQuotaOf(nothing)).toBeUndefined();
    }
  });

  it('reads the defaults of the tenant', () => {
    const quota = { client_credentials: { per_hour: 1 } };
    expect(defaultTokenQuotas({ clients: quota })).toEqual({
      client: { perHour: 1, perDay: undefined, enforce: true },
      organization: undefined,
    });
    expect(defaultTokenQuotas(undefined)).toEqual({ client: undefined, organization: undefined });
  });
});

describe('TokenQuotas', () => {
  it('refuses when a measure is used up, until the UTC hour or day turns', async () => {
    const { quotas, clock } = await node(new MemoryUsage());
    const holder = client({ per_hour: 2, per_day: 3 });
    quotas.take([holder]);
    expect(quotas.refusal(holder)).toBeUndefined();
    quotas.take([holder]);
    const hourEnd = Math.ceil(startMs / hourMs) * hourMs;
    expect(quotas.refusal(holder)).toEqual({
      'X-RateLimit-Limit': '2',
      'X-RateLimit-Remaining': '0',
      'X-RateLimit-Reset': String(hourEnd / 1000),
      'Retry-After': String((hourEnd - startMs) / 1000),
    });
    clock.nowMs = hourEnd;
    expect(quotas.refusal(holder)).toBeUndefined();
    quotas.take([holder]);
    const dayEnd = Math.ceil(startMs / (24 * hourMs)) * 24 * hourMs;
    expect(quotas.refusal(holder)).toMatchObject({ 'X-RateLimit-Limit': '3', 'X-RateLimit-Reset': String(dayEnd / 1000) });
    clock.nowMs = dayEnd;
    expect(quotas.refusal(holder)).toBeUndefined();
  });

  it('tells how it stands, of client and organization each in a header', async () => {
    const { quotas } = await node(new MemoryUsage());
    const holder = client({ per_hour: 10, per_day: 50 });
    const organization: QuotaHolder = { ...client({ per_day: 5 }), owner: 'organization' };
    quotas.take([holder, organization]);
    const toHour = 3_600 - ((startMs / 1000) % 3_600);
    const toDay = 86_400 - ((startMs / 1000) % 86_400);
    expect(quotas.headers([holder, organization])).toEqual({
      'Auth0-Client-Quota-Limit': `b=per_hour;q=10;r=9;t=${toHour},b=per_day;q=50;r=49;t=${toDay}`,
      'Auth0-Organization-Quota-Limit': `b=per_day;q=5;r=4;t=${toDay}`,
    });
    expect(quotas.headers([undefined])).toEqual({});
  });

  it('only counts where it is not enforced', async () => {
    const { quotas } = await node(new MemoryUsage());
    const holder = client({ per_hour: 1, enforce: false });
    for (let count = 0; count < 3; count += 1) quotas.take([holder]);
    expect(quotas.refusal(holder)).toBeUndefined();
    expect(quotas.headers([holder])['Auth0-Client-Quota-Limit']).toMatch(/^b=per_hour;q=1;r=0;/);
  });

  it('gives back what came to nothing', async () => {
    const { quotas } = await node(new MemoryUsage());
    const holder = client({ per_hour: 1 });
    quotas.take([holder]);
    expect(quotas.refusal(holder)).toBeDefined();
    quotas.giveBack([holder]);
    expect(quotas.refusal(holder)).toBeUndefined();
  });

  it('gives nothing back to another hour than that in which it was taken', async () => {
    const { quotas, clock, counter } = await node(new MemoryUsage());
    const holder = client({ per_hour: 1 });
    quotas.take([holder]);
    clock.nowMs += hourMs;
    quotas.giveBack([holder]);
    expect(counter.used('client one', 'per_hour')).toBe(0);
    quotas.take([holder]);
    expect(quotas.refusal(holder)).toBeDefined();
  });

  it('warns once at 60, 80 and 100 percent', async () => {
    const { quotas, entries } = await node(new MemoryUsage());
    const holder = client({ per_day: 10 });
    for (let count = 0; count < 10; count += 1) quotas.take([holder]);
    expect(entries.map(({ description }) => description)).toEqual([
      '60% of client per_day quota consumed',
      '80% of client per_day quota consumed',
      '100% of client per_day quota consumed',
    ]);
    expect(entries[1]).toMatchObject({
      type: 'token_quota_consumption_warning',
      clientId: 'one',
      details: {
        bucket: 'per_day',
        entity_type: 'client',
        entity_id: 'one',
        quota: 10,
        quota_consumption_percentage: 80,
        quota_consumption: 8,
      },
    });
  });
});

describe('UsageCounter', () => {
  it('writes many counts at once, and the next process goes on from them', async () => {
    const store = new MemoryUsage();
    const first = await node(store);
    const holder = client({ per_hour: 100, per_day: 100 });
    for (let count = 0; count < 5; count += 1) first.quotas.take([holder]);
    expect(store.entries.size).toBe(0);
    await first.fire();
    expect([...store.entries.values()].map(({ count }) => count)).toEqual([5, 5]);
    first.quotas.take([holder]);
    await first.counter.close();
    const second = await node(store);
    expect(second.quotas.headers([holder])['Auth0-Client-Quota-Limit']).toMatch(/r=94;.*r=94;/);
  });

  it('learns what another node has counted', async () => {
    const store = new MemoryUsage();
    const clock = { nowMs: startMs };
    const [one, other] = [await node(store, clock), await node(store, clock)];
    const holder = client({ per_hour: 4 });
    one.quotas.take([holder]);
    other.quotas.take([holder]);
    other.quotas.take([holder]);
    await other.fire();
    clock.nowMs += 10_000;
    await one.fire();
    expect(one.counter.used('client one', 'per_hour')).toBe(3);
    one.quotas.take([holder]);
    expect(one.quotas.refusal(holder)).toBeDefined();
  });

  it('goes on counting while the store is gone, and writes all of it once it is back', async () => {
    const store = new MemoryUsage();
    const { quotas, faults, fire } = await node(store);
    const holder = client({ per_hour: 10 });
    quotas.take([holder]);
    store.isGone = true;
    await fire();
    expect(faults).toHaveLength(1);
    quotas.take([holder]);
    expect(quotas.headers([holder])['Auth0-Client-Quota-Limit']).toMatch(/r=8;/);
    store.isGone = false;
    await fire();
    expect([...store.entries.values()].map(({ count }) => count)).toEqual([2]);
  });

  it('writes each count once, also where it is closed while a slow store has a second write to do', async () => {
    const store = new MemoryUsage();
    const { counter, quotas, fire } = await node(store);
    store.held = [];
    for (let count = 0; count < 2; count += 1) {
      quotas.take([client({ per_hour: 10 })]);
      await fire();
    }
    store.held.shift()?.();
    await settled();
    const closed = counter.close();
    await settled();
    for (const letGo of store.held) letGo();
    await closed;
    expect([...store.entries.values()].map(({ count }) => count)).toEqual([2]);
  });

  it('forgets the windows of former days', async () => {
    const store = new MemoryUsage();
    const { quotas, clock, fire } = await node(store);
    const holder = client({ per_hour: 10 });
    quotas.take([holder]);
    await fire();
    clock.nowMs += 48 * hourMs;
    quotas.take([holder]);
    await fire();
    expect([...store.entries.values()].map(({ windowStartMs }) => windowStartMs)).toEqual([Math.floor(clock.nowMs / hourMs) * hourMs]);
  });
});

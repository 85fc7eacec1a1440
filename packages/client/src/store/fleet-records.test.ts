import { randomBytes } from 'node:crypto';
import { aStoredToken, ManualClock } from '@evertoken/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { FleetRecords, type FoundRecord, type RecordCounts } from './fleet-records.ts';
import { TokenSeal } from './token-seal.ts';

const HOUR = 3_600_000;

describe('the records of a store that processes share', () => {
  const [first, second] = [randomBytes(32), randomBytes(32)];
  let clock: ManualClock;
  let counts: RecordCounts;
  let records: FleetRecords;
  let token: ReturnType<typeof aStoredToken>;
  beforeEach(() => {
    clock = new ManualClock();
    counts = { unreadable: 0, endedHere: 0 };
    records = new FleetRecords(new TokenSeal([first]), clock, counts);
    token = aStoredToken({ askedAt: clock.now(), expiresAt: clock.now() + HOUR, lifetimeMs: HOUR });
  });
  const found = (some: Partial<FoundRecord> = {}, keys = [first]): FoundRecord => {
    const { version, generation, fingerprint, sealed, lifeMs } =
      new FleetRecords(new TokenSeal(keys), clock, counts).write('a', '7', token) ?? {};
    return { version, generation, fingerprint, sealed, leftMs: lifeMs, last: '7', ...some };
  };

  it('are read as they were written, while they live', () => {
    expect(records.write('a', '7', token)).toMatchObject({ generation: '7', lifeMs: HOUR, replaces: '' });
    expect(records.read('a', found())).toEqual(token);
    expect(records.read('a', undefined)).toBeUndefined();
    expect(counts.unreadable).toBe(0);
    clock.advance(HOUR);
    expect(records.write('a', '7', token)).toBeUndefined();
  });

  it.each<[string, Partial<FoundRecord>]>([
    ['of another version', { version: '2' }],
    ['of no generation', { generation: null }],
    ['of a generation that is no number', { generation: '7a' }],
    ['of another generation', { generation: '6' }],
    ['of a generation that nobody was given', { last: '6' }],
    ['where no generation is known', { last: null }],
    ['with the fingerprint of another', { fingerprint: 'f'.repeat(16) }],
    ['with nothing sealed', { sealed: undefined }],
    ['that is cut', { sealed: randomBytes(20) }],
  ])('are none %s, which is counted, and the next may replace it', (_what, some) => {
    expect(records.read('a', found(some))).toBeUndefined();
    expect(records.reseal('a', found(some))).toBe('unreadable');
    expect(counts.unreadable).toBe(1);
    const { generation } = found(some);
    expect(records.write('a', '8', token)).toMatchObject({ replaces: generation ?? '' });
    expect(records.write('b', '8', token)).toMatchObject({ replaces: '' });
    records.saved('a');
    expect(records.write('a', '8', token)).toMatchObject({ replaces: '' });
  });

  it('are none under another name', () => {
    expect(records.read('b', found())).toBeUndefined();
  });

  it('end when the clock of the server says so, at a whole millisecond, and never later than the token', () => {
    expect(records.read('a', found({ leftMs: HOUR - 1_000 }))).toEqual(token);
    expect(records.read('a', found({ leftMs: 60_000.7 }))).toEqual({ ...token, expiresAt: clock.now() + 60_000 });
    expect(records.read('a', found({ leftMs: 9 * HOUR }))).toEqual(token);
    expect(records.read('a', found({ leftMs: -1 }))).toEqual(token);
  });

  it('are none where this machine alone takes the token for ended: that is counted apart, and the record stays as good as it is', () => {
    const record = found({ leftMs: 60_000 });
    clock.setWallBy(HOUR + 1);
    expect(records.read('a', record)).toBeUndefined();
    expect(counts).toEqual({ unreadable: 0, endedHere: 1 });
    const minted = aStoredToken({ accessToken: 'own', askedAt: clock.now(), expiresAt: clock.now() + HOUR, lifetimeMs: HOUR });
    expect(records.write('a', '8', minted)).toMatchObject({ replaces: '' });
    const both = new FleetRecords(new TokenSeal([second, first]), clock, counts);
    expect(both.reseal('a', record)).toBeInstanceOf(Uint8Array);
  });

  it.each([
    ['by both clocks', 0],
    ['and nobody knows for how long its record is kept', -1],
    ['and its record is kept longer than it can live', 2 * HOUR],
  ])('are none where the token has ended %s, and the next may replace it', (_what, leftMs) => {
    const record = found({ leftMs });
    clock.advance(HOUR);
    expect(records.read('a', record)).toBeUndefined();
    expect(counts).toEqual({ unreadable: 1, endedHere: 0 });
    expect(records.write('a', '8', aStoredToken({ expiresAt: clock.now() + HOUR }))).toMatchObject({ replaces: '7' });
  });

  it('are sealed anew with the first key where they are of the second, and keep the end of their token', () => {
    const both = new FleetRecords(new TokenSeal([second, first]), clock, counts);
    const sealed = both.reseal('a', found({ leftMs: 60_000 }));
    expect(both.reseal('a', found({ sealed }))).toBe('current');
    expect(new FleetRecords(new TokenSeal([second]), clock, counts).read('a', found({ sealed }))).toEqual(token);
    expect(records.reseal('a', found({}, [second]))).toBe('unreadable');
  });
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isoTimeOf } from './iso-time.ts';

it('tells the time as Date does, whatever was asked before', () => {
  const times = fc.array(fc.integer({ min: 0, max: 8_640_000_000_000_000 }).chain((atMs) => fc.constantFrom(atMs, atMs - (atMs % 1000))));
  fc.assert(
    fc.property(times, (all) => {
      for (const atMs of all) expect(isoTimeOf(atMs)).toBe(new Date(atMs).toISOString());
    }),
  );
});

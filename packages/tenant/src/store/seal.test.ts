import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Seal } from './seal.ts';

const seal = new Seal(randomBytes(32));

describe('Seal', () => {
  it('opens what it closed, for the same place', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, place) => {
        expect(seal.open(seal.close(text, place), place)).toBe(text);
      }),
    );
  });

  it('closes the same text differently each time', () => {
    expect(seal.close('text', 'place')).not.toBe(seal.close('text', 'place'));
  });

  it('opens nothing of another place, of another key, or with one bit changed', () => {
    const closed = seal.close('text', 'place');
    const bytes = Buffer.from(closed.slice(3), 'base64url');
    const flipped = Array.from(bytes, (_, at) => {
      const copy = Buffer.from(bytes);
      copy[at] = (copy[at] ?? 0) ^ 1;
      return `v1.${copy.toString('base64url')}`;
    });
    expect(() => seal.open(closed, 'elsewhere')).toThrow(expect.objectContaining({ code: 'sealed_unreadable' }));
    expect(() => new Seal(randomBytes(32)).open(closed, 'place')).toThrow(expect.objectContaining({ code: 'sealed_unreadable' }));
    for (const broken of [...flipped, `v2${closed.slice(2)}`, 'v1', 'v1.', 'v1.AAAA', '']) {
      expect(() => seal.open(broken, 'place')).toThrow(expect.objectContaining({ code: 'sealed_unreadable' }));
    }
  });
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { storedText, textOf } from './stored-text.ts';

it('is read as it was written, whatever the text, and holds no NUL in between', () => {
  const unit = fc.constantFrom('a', '\0', '\uE000', '\uE001', '\uE002', 'ä', '\u{1F512}');
  fc.assert(
    fc.property(fc.string({ unit }), (text) => {
      expect(textOf(storedText(text))).toBe(text);
      expect(storedText(text)).not.toContain('\0');
    }),
  );
});

it('is another for each text, so that nobody is found under the name of another', () => {
  const unit = fc.constantFrom('\0', '\uE000', '\uE001', '\uE002');
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 4 }), fc.string({ unit, maxLength: 4 }), (one, another) => {
      expect(storedText(one) === storedText(another)).toBe(one === another);
    }),
    { numRuns: 1_000 },
  );
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStrictObject } from './strict-json.ts';

describe('parseStrictObject', () => {
  it('reads every object as JSON.parse does', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue(), { noNullPrototype: true }),
        fc.constantFrom(0, 2),
        (value, space) => {
          const text = JSON.stringify(value, null, space);
          expect(parseStrictObject(text)).toEqual(JSON.parse(text));
        },
      ),
    );
  });

  it('answers any text, and never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect([undefined, 'object']).toContain(parseStrictObject(text) && typeof parseStrictObject(text));
      }),
    );
  });

  it('refuses a name that is there twice, however it is spelled and however deep', () => {
    for (const text of ['{"a":1,"a":1}', '{"a":1,"\\u0061":2}', '{"x":[{"b":{"c":1,"d":2,"c" : 3}}]}', '{"__proto__":1,"__proto__":2}']) {
      expect(JSON.parse(text)).toBeTypeOf('object');
      expect(parseStrictObject(text)).toBeUndefined();
    }
  });

  it('takes the same name in several objects, and a text that looks like one', () => {
    for (const text of ['{"a":{"a":1},"b":{"a":2}}', '{"a":"a","b":"\\"a\\":1,{\\"a\\":2}"}', '{"a":[{"a":1},{"a":1}]}']) {
      expect(parseStrictObject(text)).toEqual(JSON.parse(text));
    }
  });

  it('refuses what is no object', () => {
    for (const text of ['', '[]', 'null', '1', '"a"', '{', '{"a":1}x']) expect(parseStrictObject(text)).toBeUndefined();
  });
});

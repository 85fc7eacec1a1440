import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodyParameters } from './body-parameters.ts';
import { OAuthRefusal } from './oauth-refusal.ts';

const form = 'application/x-www-form-urlencoded';
const json = 'application/json';
const parameters = fc
  .dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary', minLength: 1 }), { noNullPrototype: true })
  .filter((value) => !['__proto__', 'constructor', 'prototype'].some((name) => Object.hasOwn(value, name)));

describe('bodyParameters', () => {
  it('reads back every form and every JSON object of strings', () => {
    fc.assert(
      fc.property(parameters, (value) => {
        const expected = new Map(Object.entries(value));
        expect(bodyParameters(form, Buffer.from(new URLSearchParams(value).toString()))).toEqual(expected);
        expect(bodyParameters(json, Buffer.from(JSON.stringify(value)))).toEqual(expected);
      }),
    );
  });

  it('answers any bytes with parameters or a refusal that quotes none of them', () => {
    fc.assert(
      fc.property(fc.constantFrom(form, json, 'text/plain', ''), fc.uint8Array(), (type, bytes) => {
        try {
          expect(bodyParameters(type, bytes)).toBeInstanceOf(Map);
        } catch (error) {
          expect(error).toBeInstanceOf(OAuthRefusal);
          expect((error as OAuthRefusal).status).toBe(400);
        }
      }),
    );
  });

  it('takes parameters without a value for absent', () => {
    expect(bodyParameters(form, Buffer.from('a=&b&c=1&&'))).toEqual(new Map([['c', '1']]));
    expect(bodyParameters(json, Buffer.from('{"a":"","b":null,"c":1}'))).toEqual(new Map([['c', 1]]));
  });

  it('keeps no part of a body that is no JSON in the error', () => {
    const secret = 'a-very-secret-value';
    try {
      bodyParameters(json, Buffer.from(`{"client_secret":"${secret}" oops`));
      expect.unreachable();
    } catch (error) {
      expect(String((error as Error).message) + String((error as Error).cause)).not.toContain(secret);
    }
  });
});

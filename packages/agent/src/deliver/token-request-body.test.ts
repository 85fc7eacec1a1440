import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTokenParameters, TokenRequestReader } from './token-request-body.ts';

const readJson = (text: string) => readTokenParameters('application/json', Buffer.from(text));
const twice = expect.objectContaining({
  status: 400,
  code: 'invalid_request',
  message: expect.stringContaining('more than once') as string,
});

/** What a member may be in JSON, with all that could hide a second one: quotes, escapes, colons, braces. */
const member = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', '"', '\\', ':', '{', '}', '[', ' ', 'ü') }),
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(true, false, null, 0),
);

describe('a token request in JSON', () => {
  it('has each of its members', () => {
    expect(Object.fromEntries(readJson('{"grant_type":"client_credentials","audience":"https://a:1","n":1,"list":["x"]}'))).toEqual({
      grant_type: 'client_credentials',
      audience: 'https://a:1',
      n: 1,
      list: ['x'],
    });
  });

  it('takes null for a parameter that is not there', () => {
    const text = '{"grant_type":"client_credentials","audience":"a","organization":null,"scope":null,"client_secret":null,"x":null}';
    expect(Object.fromEntries(readJson(text))).toEqual({ grant_type: 'client_credentials', audience: 'a' });
    expect(() => readJson('{"organization":null,"organization":null}')).toThrow(twice);
    expect(() => readJson('{"organization":0}')).toThrow('must be a string');
  });

  it.each([
    '{"audience":"a","audience":"b"}',
    '{"audience":"","audience":""}',
    '{"x":1,"x":2}',
    '{"x":"1","x":2}',
    '{"x":1,"x":"2"}',
    '{"x":{"y":"z"},"x":1}',
    '{"x":[],"x":"1"}',
    '{"audience":"a","\\u0061udience":"b"}',
    '{"x":"\\"","x":"y"}',
  ])('is refused where it gives one twice: %s', (text) => {
    expect(() => readJson(text)).toThrow(twice);
  });

  it('is refused wherever a member comes once more, whatever it and the others hold, and never else', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ minLength: 1 }), member, { minKeys: 1, maxKeys: 5 }),
        member,
        fc.nat(),
        (object, again, pick) => {
          const members = Object.entries(object).map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`);
          const given = Object.values(object).filter((value) => value !== null);
          expect(readJson(`{${members.join(',')}}`).size).toBe(given.length);
          const name = Object.keys(object)[pick % members.length];
          const before = `${JSON.stringify(name)}:${JSON.stringify(again)}`;
          for (const text of [`{${[before, ...members].join(',')}}`, `{${[...members, before].join(',')}}`])
            expect(() => readJson(text)).toThrow(twice);
        },
      ),
    );
  });
});

describe('token requests on one connection', () => {
  const form = 'application/x-www-form-urlencoded';
  const read = (reader: TokenRequestReader, connection: object, text: string, type = form) =>
    Object.fromEntries(reader.read(connection, type, Buffer.from(text)));

  it('are each read as they are, whatever came before', () => {
    const [reader, connection, other] = [new TokenRequestReader(), {}, {}];
    for (const secret of ['one', 'one', 'two', 'one', 'three']) {
      expect(read(reader, connection, `client_secret=${secret}`)).toEqual({ client_secret: secret });
    }
    expect(read(reader, other, 'client_secret=two')).toEqual({ client_secret: 'two' });
    expect(() => read(reader, connection, 'client_secret=three', 'application/json')).toThrow('no valid JSON');
    expect(() => read(reader, connection, 'client_secret=three', 'text/plain')).toThrow('must be application/x-www-form-urlencoded');
    expect(() => read(reader, connection, 'a=1&a=1')).toThrow(twice);
    expect(() => read(reader, connection, 'a=1&a=1')).toThrow(twice);
  });

  it('are remembered apart from the buffer in which they came, and long ones not at all', () => {
    const [reader, connection] = [new TokenRequestReader(), {}];
    const arrived = Buffer.from('client_secret=one');
    const first = reader.read(connection, form, arrived);
    arrived.write('client_secret=two');
    expect(reader.read(connection, form, Buffer.from('client_secret=one'))).toBe(first);
    expect(Object.fromEntries(reader.read(connection, form, arrived))).toEqual({ client_secret: 'two' });
    const long = Buffer.from(`scope=${'x'.repeat(2_000)}`);
    expect(reader.read(connection, form, long)).not.toBe(reader.read(connection, form, long));
  });
});

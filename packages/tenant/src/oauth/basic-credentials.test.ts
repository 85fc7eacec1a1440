import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { basicCredentials } from './basic-credentials.ts';

const header = (text: string, scheme = 'Basic'): string => `${scheme} ${Buffer.from(text).toString('base64')}`;
const encode = (text: string): string => encodeURIComponent(text).replaceAll('%20', '+');

describe('basicCredentials', () => {
  it('reads back any id and secret that were encoded as RFC 6749 appendix B says', () => {
    const text = fc.string({ unit: 'binary', minLength: 1 });
    fc.assert(
      fc.property(text, text, (clientId, clientSecret) => {
        const read = basicCredentials(header(`${encode(clientId)}:${encode(clientSecret)}`));
        expect(read?.[0]).toEqual({ clientId, clientSecret });
      }),
    );
  });

  it('reads back any id without a colon and any secret that were not encoded', () => {
    const text = fc.string({ unit: 'binary', minLength: 1 });
    fc.assert(
      fc.property(
        text.filter((id) => !id.includes(':')),
        text,
        (clientId, clientSecret) => {
          expect(basicCredentials(header(`${clientId}:${clientSecret}`))).toContainEqual({ clientId, clientSecret });
        },
      ),
    );
  });

  it('reads in two ways only what could be meant in both', () => {
    expect(basicCredentials(header('a:b'))).toEqual([{ clientId: 'a', clientSecret: 'b' }]);
    expect(basicCredentials(header('a:b+c'))).toEqual([
      { clientId: 'a', clientSecret: 'b c' },
      { clientId: 'a', clientSecret: 'b+c' },
    ]);
    for (const secret of ['%zz', '%ff']) expect(basicCredentials(header(`a:${secret}`))).toEqual([{ clientId: 'a', clientSecret: secret }]);
  });

  it('never throws, whatever the header', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => header(text)),
          fc.base64String().map((text) => `Basic ${text}`),
        ),
        (text) => {
          const read = basicCredentials(text);
          expect(read === undefined || read === 'malformed' || read.every(({ clientId }) => clientId.length > 0)).toBe(true);
        },
      ),
    );
  });

  it('takes the scheme in any case, and leaves other schemes alone', () => {
    expect(basicCredentials(header('a:b', 'bAsIc'))).toEqual([{ clientId: 'a', clientSecret: 'b' }]);
    expect(basicCredentials(header('a:b', 'Bearer'))).toBeUndefined();
    expect(basicCredentials(undefined)).toBeUndefined();
    expect(basicCredentials('')).toBeUndefined();
  });

  it('calls a header malformed that has no colon, no id, broken base64 or UTF-8', () => {
    for (const text of [header('ab'), header(':b'), 'Basic', 'Basic !', 'Basic YTpi YTpi', 'Basic Yf86Yg==']) {
      expect(basicCredentials(text)).toBe('malformed');
    }
  });
});

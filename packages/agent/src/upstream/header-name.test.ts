import { expect, it } from 'vitest';
import { headerName } from './header-name.ts';

it('the name of a header is the same in any spelling, the first time and after', () => {
  for (const text of ['X-Spelling', 'x-spelling', 'X-SPELLING', 'X-Spelling']) expect(headerName(text)).toBe('x-spelling');
});

it('is known however many there are and however long they are', () => {
  for (let i = 0; i < 2_000; i += 1) expect(headerName(`X-${i}`)).toBe(`x-${i}`);
  expect(headerName('A'.repeat(1_000))).toBe('a'.repeat(1_000));
});

it.each(['', ' ', 'a b', 'a:', 'a\r', 'ä', 'a\0'])('%j is none', (text) => {
  for (let i = 0; i < 2; i += 1) expect(headerName(text)).toBeUndefined();
});

import { expect, it } from 'vitest';
import { testNameFindings } from './test-names.mjs';

it('refuses two tests of one name in one file, and no tests at all', () => {
  const test = { file: '/clone/a.test.ts', name: 'the store > keeps a token' };
  expect(testNameFindings('/clone', [test, { ...test }])).toEqual(['a.test.ts: two tests are named "the store > keeps a token"']);
  expect(testNameFindings('/clone', [])).toEqual(['no test was found']);
});

it('lets the same name pass in two files, where one contract judges two implementations', () => {
  const name = 'keeps a token';
  const files = ['/clone/a.test.ts', '/clone/b.test.ts'];
  expect(
    testNameFindings(
      '/clone',
      files.map((file) => ({ file, name })),
    ),
  ).toEqual([]);
});

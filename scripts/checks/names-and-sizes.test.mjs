import { describe, expect, it } from 'vitest';
import { nameAndSizeFindings } from './names-and-sizes.mjs';
import { temporaryClone } from './temporary-clone.mjs';

function findingsFor(files, allowedLong = {}) {
  return nameAndSizeFindings(temporaryClone(files), Object.keys(files), allowedLong);
}

describe('the check of names and sizes', () => {
  it.each(['packages/a/src/utils.ts', 'packages/a/src/helpers/sum.ts', 'e2e/common.ts', 'packages/a/src/types.ts'])(
    'refuses the empty name in %s',
    (path) => {
      expect(findingsFor({ [path]: '' })).toEqual([expect.stringContaining('says nothing')]);
    },
  );

  it('refuses a name that is not kebab-case', () => {
    expect(findingsFor({ 'packages/a/src/keptToken.ts': '' })).toEqual([expect.stringContaining('"keptToken" is not kebab-case')]);
  });

  it('refuses a file of more than 300 lines', () => {
    expect(findingsFor({ 'packages/a/src/long.ts': '\n'.repeat(301) })).toEqual([expect.stringContaining('301 lines')]);
  });

  it('lets a long file pass that has a reason', () => {
    const path = 'packages/a/src/long.ts';
    expect(findingsFor({ [path]: '\n'.repeat(301) }, { [path]: 'one table' })).toEqual([]);
  });

  it('refuses a reason that is no longer needed', () => {
    const path = 'packages/a/src/short.ts';
    expect(findingsFor({ [path]: '\n'.repeat(300) }, { [path]: 'one table' })).toEqual([expect.stringContaining('not over 300 lines')]);
  });

  it('lets ordinary names pass', () => {
    const files = [
      'packages/a/src/kept-token.ts',
      'packages/a/src/kept-token.test.ts',
      'docs/decisions/0001-a-choice.md',
      '.dependency-cruiser.cjs',
    ];
    expect(findingsFor(Object.fromEntries([...files, 'README.md', '.ci/run', 'examples/README.md'].map((path) => [path, ''])))).toEqual([]);
  });
});

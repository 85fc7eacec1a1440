import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../set-up.mjs';
import { temporaryClone } from './temporary-clone.mjs';
import { filesNotIgnored, trackedFiles } from './tracked-files.mjs';

const files = {
  '.gitignore': 'node_modules/\n*.log\n\n# a comment\n.evertoken/\n',
  'README.md': '',
  'packages/cli/src/bin.ts': '',
  'packages/cli/node_modules/axios/index.js': '',
  '.evertoken/env': '',
  'debug.log': '',
};

describe('the files of a clone', () => {
  it('are those that .gitignore does not name, in a folder that is no clone', () => {
    expect(trackedFiles(temporaryClone(files))).toEqual(['.gitignore', 'README.md', 'packages/cli/src/bin.ts']);
  });

  it('have this one among them, with git and without', () => {
    for (const list of [trackedFiles, filesNotIgnored]) {
      const listed = list(root);
      expect(listed).toContain('scripts/checks/tracked-files.test.mjs');
      expect(listed.filter((path) => path.includes('node_modules'))).toEqual([]);
    }
  });

  it('are none that .gitignore names, whatever their folder', () => {
    const clone = temporaryClone(files);
    rmSync(join(clone, 'README.md'));
    expect(filesNotIgnored(clone)).toEqual(['.gitignore', 'packages/cli/src/bin.ts']);
  });
});

import { describe, expect, it } from 'vitest';
import { layerFindings } from './layers.mjs';
import { temporaryClone } from './temporary-clone.mjs';

const sound = {
  'packages/client/src/index.ts': "export { keep } from './keep.ts';\n",
  'packages/client/src/keep.ts': 'export const keep = 1;\n',
  'packages/agent/src/index.ts': 'export const agent = 1;\n',
  'packages/tenant/src/index.ts': 'export const tenant = 1;\n',
  'packages/testkit/src/index.ts': 'export const kit = 1;\n',
  'e2e/scenario.test.ts': 'export const scenario = 1;\n',
};

const findingsWith = (files) => layerFindings(temporaryClone({ ...sound, ...files }));

describe('the check of layers', () => {
  it('finds nothing where all imports go down', async () => {
    expect(await findingsWith({})).toEqual([]);
  });

  it.each([
    ['layer-agent', 'packages/agent/src/index.ts', '../../tenant/src/index.ts'],
    ['layer-client', 'packages/client/src/keep.ts', '../../agent/src/index.ts'],
    ['through-the-name', 'packages/agent/src/index.ts', '../../client/src/index.ts'],
    ['e2e-through-the-name', 'e2e/scenario.test.ts', '../packages/client/src/index.ts'],
    ['no-tests-in-sources', 'packages/agent/src/index.ts', '../../testkit/src/index.ts'],
    ['no-cycles', 'packages/client/src/keep.ts', './index.ts'],
    ['no-unresolvable', 'packages/client/src/keep.ts', './gone.ts'],
  ])('reports %s', async (rule, path, imported) => {
    const findings = await findingsWith({ [path]: `import '${imported}';\n${sound[path]}` });
    expect(findings).toContainEqual(expect.stringMatching(new RegExp(`^${rule}: .*${path}`)));
  });

  it('reports a type-only import against the layers as well', async () => {
    const content = "import type { Tenant } from '../../tenant/src/index.ts';\nexport type T = Tenant;\n";
    expect(await findingsWith({ 'packages/agent/src/index.ts': content })).toContainEqual(expect.stringMatching(/^layer-agent: /));
  });

  it('reports a package of which it read nothing', async () => {
    expect(await findingsWith({ 'packages/redis/package.json': '{}' })).toEqual(['no module of packages/redis/src was read']);
  });
});

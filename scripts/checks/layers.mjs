// Runs on its own, so that check.mjs can run it beside the others: node scripts/checks/layers.mjs [root]
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cruise } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { root as workspace } from '../set-up.mjs';

/**
 * Findings against .dependency-cruiser.cjs in the packages and scenarios of `root`, as lines. A package of which no module was read is a
 * finding too: the tool reports success where it could parse nothing.
 */
export async function layerFindings(root) {
  const { forbidden, options } = createRequire(import.meta.url)('../../.dependency-cruiser.cjs');
  const tsConfig = extractTSConfig(join(workspace, options.tsConfig.fileName));
  const { enhancedResolveOptions, ...cruiseOptions } = options;
  const folders = ['packages', 'e2e'];
  const { output } = await cruise(
    folders,
    { ...cruiseOptions, baseDir: root, validate: true, ruleSet: { forbidden } },
    { ...enhancedResolveOptions },
    { tsConfig },
  );
  const modules = output.modules.filter(({ source }) => source.startsWith('packages/') && /\.ts$/.test(source));
  const unread = readdirSync(join(root, 'packages')).filter(
    (name) => !modules.some(({ source }) => source.startsWith(`packages/${name}/src/`)),
  );
  return [
    ...output.summary.violations.map(({ rule, from, to, cycle, comment }) => {
      const way = [from, ...(cycle?.map(({ name }) => name) ?? [to])].join(' → ');
      return `${rule.name}: ${way}${comment ? ` (${comment})` : ''}`;
    }),
    ...unread.map((name) => `no module of packages/${name}/src was read`),
  ];
}

if (import.meta.url === pathToFileURL(resolve(process.argv[1] ?? '')).href) {
  const findings = await layerFindings(resolve(process.argv[2] ?? workspace));
  for (const finding of findings) console.error(finding);
  process.exitCode = findings.length === 0 ? 0 : 1;
}

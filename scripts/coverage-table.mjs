import { relative } from 'node:path';

/** Lines of a table of covered statements and branches, one a package, from Vitest's coverage-summary.json. */
export function coverageTable(summary, root) {
  const packages = new Map();
  for (const [path, file] of Object.entries(summary)) {
    const [, name] = relative(root, path).split('/');
    if (path === 'total' || name === undefined) continue;
    const sums = packages.get(name) ?? { statements: [0, 0], branches: [0, 0], files: 0 };
    for (const kind of ['statements', 'branches']) {
      sums[kind][0] += file[kind].covered;
      sums[kind][1] += file[kind].total;
    }
    sums.files += 1;
    packages.set(name, sums);
  }
  const percent = ([covered, total]) => `${(total === 0 ? 100 : (100 * covered) / total).toFixed(1)} %`.padStart(10);
  const row = (name, files, statements, branches) => `${name.padEnd(10)}${String(files).padStart(7)}${statements}${branches}`;
  return [
    row('coverage', 'files', 'statements'.padStart(12), 'branches'.padStart(10)),
    ...[...packages].sort().map(([name, sums]) => row(name, sums.files, `  ${percent(sums.statements)}`, percent(sums.branches))),
  ];
}

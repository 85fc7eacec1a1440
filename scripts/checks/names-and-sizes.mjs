import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const longestFile = 300;

/** Files that may be longer than 300 lines, each with the reason. An entry that is no longer needed is a finding. */
export const longFiles = {};

// Names that say where code was put, not what it does: such a file takes in anything and ends as everybody's dependency.
const emptyNames = new Set(['util', 'utils', 'helper', 'helpers', 'common', 'lib', 'misc', 'type', 'types', 'constant', 'constants']);

const ownNames = new Set(['README.md', 'Dockerfile', 'Makefile', 'Gemfile']);
const code = /\.(ts|tsx|mjs|cjs|js|sh|py|go|php|rb)$/;
const kebabFolders = /^(packages|e2e|scripts|docs|bench)\//;
const kebab = /^\.?[a-z0-9]+(-[a-z0-9]+)*$/;

/** Findings about the names and lengths of `paths`, given from `root`. */
export function nameAndSizeFindings(root, paths, allowedLong = longFiles) {
  const findings = [];
  const long = new Set();
  for (const path of paths) {
    const parts = path.split('/');
    const file = parts.at(-1);
    const names = [...parts.slice(0, -1), file.replace(/(?<=.)\..*$/, '')];
    const empty = names.find((name) => emptyNames.has(name));
    if (empty !== undefined) findings.push(`${path}: "${empty}" says nothing; name it for what it does`);
    const odd = names.find((name) => !kebab.test(name));
    if (kebabFolders.test(path) && odd !== undefined && !ownNames.has(file)) findings.push(`${path}: "${odd}" is not kebab-case`);
    if (!code.test(path)) continue;
    const lines = readFileSync(join(root, path), 'utf8').split('\n').length - 1;
    if (lines <= longestFile) continue;
    long.add(path);
    if (allowedLong[path] === undefined) findings.push(`${path}: ${lines} lines; split it, or give the reason in names-and-sizes.mjs`);
  }
  for (const path of Object.keys(allowedLong).filter((path) => !long.has(path))) {
    findings.push(`${path}: is not over ${longestFile} lines any more; take it out of names-and-sizes.mjs`);
  }
  return findings;
}

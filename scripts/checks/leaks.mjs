import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Files in which a pattern is meant to stand, each with the reason. */
const meant = {
  'scripts/checks/leaks.mjs': 'the patterns themselves',
  'scripts/checks/leaks.test.mjs': 'one planted leak of each kind',
};

const patterns = [
  { what: 'a path of one machine', pattern: /(?<![\w.~@/-])\/(?:home|Users|root|work)\/[\w.-]+/ },
  { what: 'a private key', pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----\s*[\w+/]{20}/ },
  { what: 'a signed token', pattern: /\beyJ[\w-]{16,}\.eyJ[\w-]{16,}\.[\w-]{40,}/ },
  { what: 'an app key', pattern: /\bevk_[0-9A-Za-z]{49}\b/ },
  { what: 'a credential of a well-known service', pattern: /\b(?:gh[pousr]_\w{36}|npm_\w{36}|AKIA[0-9A-Z]{16}|xox[abp]-[\w-]{20,})\b/ },
];

/**
 * Findings about what must not leave the machine it was written on, in `paths`, given from `root`. `registryHost` is the host of this
 * machine's package registry, where it is known.
 */
export function leakFindings(root, paths, registryHost) {
  const findings = [];
  const all = [...patterns];
  if (registryHost !== undefined)
    all.push({ what: 'the host of a package registry', pattern: new RegExp(registryHost.replaceAll('.', '\\.')) });
  for (const path of paths.filter((path) => meant[path] === undefined)) {
    const text = readFileSync(join(root, path), 'utf8');
    if (text.includes('\0')) continue;
    for (const { what, pattern } of all) {
      const at = text.search(pattern);
      if (at >= 0) findings.push(`${path}:${text.slice(0, at).split('\n').length}: ${what}`);
    }
    if (path.endsWith('package-lock.json') && /"resolved": "https?:/.test(text))
      findings.push(`${path}: names the registry it was made with`);
  }
  return findings;
}

import { absentEndpoints } from '../manage/auth0-endpoints.ts';
import type { OperationFacts } from '../manage/operation.ts';
import { operations } from '../manage/operations.ts';
import { type Behaviour, standings } from './behaviour.ts';
import { managementBehaviours, transferBehaviours } from './management-behaviours.ts';
import { authenticationEndpoints, tokenBehaviours } from './token-behaviours.ts';

/** `docs/compatibility.md`: how this tenant stands to Auth0, endpoint by endpoint and behaviour by behaviour. */
export function compatibilityPage(): string {
  return `# The tenant and Auth0

Made from the tables that serve the requests, by \`node scripts/write-compatibility.mjs\`. An operation for machines that is “same” was built to the
recorded answers of the real service where the public has some, and to its specification where not.

${table(['standing', 'meaning'], Object.entries(standings))}

## Tokens

${table(['endpoint', 'standing', ''], authenticationEndpoints.map(cellsOf))}

${table(['behaviour', 'standing', 'here'], tokenBehaviours.map(cellsOf))}

## The Management API

Below \`/api/v2\`: ${operations.length} operations, ${absentEndpoints.reduce((sum, { methods }) => sum + methods.length, 0)} of the service are not there. Scopes are any of those named, unless all are needed.

${table(['operation', 'scopes', 'standing', 'difference'], operations.map(operationCells))}

${table(['behaviour', 'standing', 'here'], managementBehaviours.map(cellsOf))}

## Import and export

${table(['behaviour', 'standing', 'here'], transferBehaviours.map(cellsOf))}

## Operations that are not there

As Auth0's own SDK for Node.js, \`auth0\` 7.1, calls them.

${table(
  ['path', 'not there'],
  absentEndpoints.map(({ path, methods }) => [`\`${path}\``, methods.join(', ')]),
)}
`;
}

function cellsOf({ about, standing, text }: Behaviour): string[] {
  return [about, standing, text];
}

function operationCells({ method, path, scopes, differs }: OperationFacts): string[] {
  const named = ('anyOf' in scopes ? scopes.anyOf : scopes.allOf).map((scope) => `\`${scope}\``).join(', ');
  return [
    `\`${method} ${path}\``,
    'anyOf' in scopes ? named : `all of ${named}`,
    differs === undefined ? 'same' : 'differs',
    differs ?? '',
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

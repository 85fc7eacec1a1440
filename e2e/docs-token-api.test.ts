import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';
import { readPage } from './docs/markdown-block.ts';
import { workspace } from './evertoken.ts';

/** What each answer of the token API has, as dotted names, in the sources. */
async function answers(): Promise<ReadonlyMap<string, readonly string[]>> {
  const text = await readFile(join(workspace, 'packages/agent/src/deliver/token-answer.ts'), 'utf8');
  const source = ts.createSourceFile('token-answer.ts', text, ts.ScriptTarget.ES2023, true);
  const shapes = new Map(source.statements.filter(ts.isInterfaceDeclaration).map((shape) => [shape.name.text, shape.members] as const));
  const explanation = ['meaning', 'step'];
  const membersOf = (type: ts.TypeNode | undefined): string[] => {
    if (type === undefined) return [];
    if (ts.isTypeLiteralNode(type)) return namesIn(type.members);
    // `Pick<Explanation, 'meaning' | 'step'>`
    if (ts.isIntersectionTypeNode(type)) return type.types.flatMap((part) => (ts.isTypeLiteralNode(part) ? membersOf(part) : explanation));
    return [];
  };
  const namesIn = (members: ts.NodeArray<ts.TypeElement>): string[] =>
    members.filter(ts.isPropertySignature).flatMap(({ name, type }) => {
      const inside = membersOf(type).map((member) => `${name.getText()}.${member}`);
      return inside.length === 0 ? [name.getText()] : inside;
    });
  return new Map([...shapes].map(([name, members]) => [name, namesIn(members)]));
}

describe('docs/token-api.md', () => {
  let tables: readonly (readonly string[])[];
  let sources: ReadonlyMap<string, readonly string[]>;

  beforeAll(async () => {
    const { text } = await readPage('docs/token-api.md');
    // The names in the first column of each table about fields.
    tables = text
      .split('\n\n')
      .filter((part) => /^\| field/.test(part))
      .map((table) =>
        table
          .split('\n')
          .slice(2)
          .flatMap((row) => [...(row.split(' | ')[0] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)),
      );
    sources = await answers();
  });

  it.each([
    ['a token', 0, 'TokenAnswer'],
    ['the status', 1, 'StatusAnswer'],
    ['a token of the status', 2, 'TokenStatusAnswer'],
  ])('tells every field of the answer about %s, and no other', (_what, index, shape) => {
    const fields = sources.get(shape) ?? [];
    expect(fields.length).toBeGreaterThan(4);
    // Of a group that may be left out, the page tells that too.
    const groups = fields.map((field) => field.split('.')[0] ?? '');
    expect(tables[index]?.filter((field) => !groups.includes(field) || fields.includes(field)).toSorted()).toEqual(fields.toSorted());
  });

  it('tells of no status and code that the agent does not have', async () => {
    const { text } = await readPage('docs/token-api.md');
    const { text: errors } = await readPage('docs/errors.md');
    const rows = [...text.matchAll(/^\| (\d{3}) \| (.*?) \|/gm)];
    expect(rows).not.toHaveLength(0);
    for (const [, status, codes = ''] of rows)
      for (const [code] of codes.matchAll(/`\w+`/g)) expect(errors).toContain(`| ${status} | ${code} |`);
  });
});

import { importsTable, measureImports } from './imports.mjs';
import { keptTokensTable, measureKeptTokens } from './kept-tokens.mjs';

/** What it costs to have our client in a program. Answers what stands in the results file, and the tables to show. */
export async function clientImport(say) {
  say('imports in fresh processes …');
  const imports = await measureImports();
  say('ten thousand kept tokens …');
  const keptTokens = await measureKeptTokens();
  return { results: { imports, keptTokens }, tables: [importsTable(imports), keptTokensTable(keptTokens)] };
}

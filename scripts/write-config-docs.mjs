// `node scripts/write-config-docs.mjs`: writes what is told of the agent's config elsewhere anew, out of its schema. A test compares the files with it.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root, say, setUp } from './set-up.mjs';

await setUp(say, { isForTests: false });
// Only now is it built.
const { configSample, configSchemaText, configTable } = await import('@evertoken/agent/config-reference');
const files = {
  'docs/config.md': configTable(),
  'docs/evertoken.sample.yaml': configSample(),
  'packages/agent/evertoken.schema.json': configSchemaText(),
};
for (const [path, content] of Object.entries(files)) await writeFile(join(root, path), content);
say(`wrote ${Object.keys(files).join(', ')}`);

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const folder = fileURLToPath(new URL('.', import.meta.url));

/** Makes one file of the program of this folder and of our sources that it imports, for processes that tests start; answers its path. */
export async function bundleProgram(name: string): Promise<string> {
  const bundle = await rolldown({
    input: join(folder, `${name}.ts`),
    platform: 'node',
    external: (id) => !id.startsWith('.') && !id.startsWith('/') && !id.startsWith('@evertoken/'),
    resolve: { conditionNames: ['@evertoken/source', 'node', 'import'] },
  });
  // Below the package, so that it finds what it imports.
  const file = join(folder, '../../node_modules/.programs', `${name}.mjs`);
  await bundle.write({ file, format: 'esm', codeSplitting: false });
  await bundle.close();
  return file;
}

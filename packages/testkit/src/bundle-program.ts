import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Makes one file of a program in `test/programs` of a package and of our sources that it imports, for processes that tests start; answers its path. */
export async function bundleProgram(program: URL): Promise<string> {
  const { rolldown } = await import('rolldown');
  const input = fileURLToPath(program);
  const bundle = await rolldown({
    input,
    platform: 'node',
    external: (id) => !id.startsWith('.') && !id.startsWith('/') && !id.startsWith('@evertoken/'),
    resolve: { conditionNames: ['@evertoken/source', 'node', 'import'] },
  });
  // Below the package, so that it finds what it imports.
  const file = join(dirname(input), '../../node_modules/.programs', `${basename(input, '.ts')}.mjs`);
  await bundle.write({ file, format: 'esm', codeSplitting: false });
  await bundle.close();
  return file;
}

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openStateFolder } from '@evertoken/service';
import { freshFolder } from '@evertoken/testkit';
import { expect, it } from 'vitest';
import { loadAgentConfig } from './load-agent-config.ts';

async function problemsOf(content: string | Uint8Array): Promise<string> {
  const folder = await freshFolder();
  const file = join(folder, 'evertoken.yaml');
  await writeFile(file, content);
  const loading = loadAgentConfig({ file, env: {}, folder: await openStateFolder(join(folder, 'state')) });
  return await loading.then(
    () => '',
    (error: Error) => error.message,
  );
}

it.each([
  ['another encoding', Buffer.from('\ufefftokens: {}\n', 'utf16le'), 'the file is no UTF-8 text'],
  ['several documents', 'tokens: {}\n---\napps: {}\n', 'line 2: the file holds several documents'],
  ['a bomb of aliases', bomb(), 'Excessive alias count'],
  ['lists too deep', `tokens: ${'['.repeat(20_000)}\n`, 'nested too deeply'],
  ['maps too deep', `tokens: ${'{a: '.repeat(9_000)}1${'}'.repeat(9_000)}\n`, 'nested too deeply'],
])('refuses %s on one screen that says why', async (_what, content, why) => {
  const text = await problemsOf(content);
  expect(text).toContain(why);
  expect(text.split('\n').length).toBeLessThan(24);
});

it('tells how many problems there are beyond those it shows', async () => {
  const keys = (count: number): string => Array.from({ length: count }, (_, index) => `t${index}: { proxy: 1 }`).join(', ');
  const text = await problemsOf(`tokens: {${keys(30)}}\n`);
  expect(text).toMatch(/^evertoken\.yaml has \d+ problems:\n/);
  expect(text).toMatch(/\n {2}… and \d+ more$/);
  expect(await problemsOf(`tokens: {${keys(1)}}\n`)).not.toContain('more');
});

function bomb(): string {
  const lines = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (const [index, name] of [...'bcdefghi'].entries()) {
    lines.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdefghi'[index]}`).join(', ')}]`);
  }
  return `${lines.join('\n')}\n`;
}

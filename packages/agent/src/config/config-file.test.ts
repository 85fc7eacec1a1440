import { execFileSync, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openStateFolder } from '@evertoken/service';
import { freshFolder } from '@evertoken/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
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

describe('a config from a pipe', () => {
  const lines = [
    'tokens: { orders: { issuer: "https://acme.example.com/", client_id: c, client_secret: s, audience: a } }',
    `apps: { nightly: { key_sha256: "${'0'.repeat(64)}", tokens: [orders] } }`,
  ];

  /** A config at a path of the kind that `make` makes there. */
  async function configAt(make: (path: string) => unknown) {
    const folder = await freshFolder();
    const file = join(folder, 'evertoken.yaml');
    await make(file);
    return { file, env: {}, folder: await openStateFolder(join(folder, 'state')) };
  }
  const pipe = (path: string): unknown => execFileSync('mkfifo', [path]);

  it('is read to its end at the start, as what sops and a shell hand over, and has no digest by which to see a change', async () => {
    const source = await configAt(pipe);
    const loading = loadAgentConfig(source);
    const writer = spawn('sh', ['-c', 'exec > "$1"; printf "%s\\n" "$2"; printf "%s\\n" "$3"', 'sh', source.file, ...lines]);
    onTestFinished(() => void writer.kill());
    expect(await loading).toMatchObject({ fileDigest: undefined, tokens: [{ name: 'orders' }] });
  });

  it('is refused when it is to be read again, and not waited for', async () => {
    const source = await configAt(pipe);
    await expect(loadAgentConfig({ ...source, isReload: true })).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('it is no regular file') as string,
    });
  });

  it('is told from a folder, which is no config', async () => {
    await expect(loadAgentConfig(await configAt((path) => mkdir(path)))).rejects.toThrow('it is no regular file');
  });
});

function bomb(): string {
  const lines = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (const [index, name] of [...'bcdefghi'].entries()) {
    lines.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdefghi'[index]}`).join(', ')}]`);
  }
  return `${lines.join('\n')}\n`;
}

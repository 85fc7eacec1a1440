import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { blocksIn, readPage, readPages } from './docs/markdown-block.ts';
import { workspace } from './evertoken.ts';

const pages = await readPages();
const packages = ['agent', 'cli', 'client', 'postgres', 'redis', 'service', 'tenant'].map((name) => `packages/${name}/README.md`);
const others = [
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'bench/README.md',
  'docs/compatibility.md',
  'docs/errors.md',
  ...packages,
];
const allPages = [...pages, ...(await Promise.all(others.map(readPage)))];

describe('the pages', () => {
  it('say of each block of code what is done with it', () => {
    const unsaid = pages.flatMap(({ blocks }) => blocks.filter(({ use }) => use === undefined).map(({ place }) => place));
    expect(unsaid).toEqual([]);
    expect(pages.flatMap(({ blocks }) => blocks).length).toBeGreaterThan(40);
  });

  it('run most of them; of the others each has its reason', () => {
    const blocks = pages.flatMap((page) => page.blocks);
    const notRun = blocks.filter(({ use }) => use?.kind === 'not run');
    expect(notRun.length).toBeLessThan(blocks.length / 5);
    for (const { use, place } of notRun) expect('what' in use! ? use.what : '', place).toMatch(/^\S{2,} \S+ \S+/);
  });

  it('name tests of blocks that are there, and that read the page', async () => {
    for (const { path, blocks } of pages) {
      for (const { use, place } of blocks) {
        if (use?.kind !== 'tested by') continue;
        const test = await readFile(join(workspace, use.what), 'utf8');
        expect(test.includes(path), `${use.what} reads no ${path} (${place})`).toBe(true);
      }
    }
  });

  it('lead nowhere that is not there', async () => {
    const broken: string[] = [];
    for (const { path, text } of allPages) {
      for (const [, target = ''] of text.matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)) {
        const [file = '', anchor] = target.split('#');
        const place = file === '' ? path : normalize(join(dirname(path), file));
        if (!existsSync(join(workspace, place))) broken.push(`${path}: ${target}`);
        else if (anchor !== undefined && !(await anchorsOf(place)).includes(anchor)) broken.push(`${path}: ${target}`);
      }
    }
    expect(broken).toEqual([]);
  });

  it('are all found from docs/README.md', async () => {
    const index = await readFile(join(workspace, 'docs/README.md'), 'utf8');
    const missing = pages.map(({ path }) => path).filter((path) => /^docs\/(?!README)/.test(path) && !index.includes(`(${path.slice(5)})`));
    expect(missing).toEqual([]);
  });

  it('a block with a comment that is not above it has none', () => {
    expect(blocksIn('page', '<!-- run -->\n\n```sh\ntrue\n```\n')).toEqual([expect.objectContaining({ place: 'page:3', use: undefined })]);
    expect(blocksIn('page', '```\nplain\n```\n')).toEqual([]);
  });
});

/** What the headings of a page are linked by. */
async function anchorsOf(path: string): Promise<string[]> {
  const text = await readFile(join(workspace, path), 'utf8');
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

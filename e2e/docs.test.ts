import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { missingPrograms } from '../scripts/debian-programs.mjs';
import { type DocumentedIssuer, startDocumentedIssuer } from './docs/documented-issuer.ts';
import { blocksIn, type Page, readPages } from './docs/markdown-block.ts';
import { stagePage } from './docs/page-stage.ts';
import { playPage } from './docs/play-page.ts';

/** Played where what they share tokens through is there. */
const playedElsewhere = ['docs/fleet.md', 'docs/guides/serverless.md'];
const pages = (await readPages()).filter(({ path }) => !playedElsewhere.includes(path));

const isMissing = missingPrograms('e2e/docs.test.ts').length > 0;
if (isMissing) console.warn('SKIPPED: the pages of the documentation: not all programs that they use are installed here.');

describe.skipIf(isMissing)('each page, typed into a terminal from its beginning to its end', () => {
  let issuer: DocumentedIssuer;

  beforeAll(async () => {
    issuer = await startDocumentedIssuer();
  });

  afterAll(() => issuer?.close());

  async function play(page: Page): Promise<void> {
    await issuer.tenant.reset();
    const stage = await stagePage(page, issuer);
    onTestFinished(() => stage.remove());
    await playPage(page, stage);
  }

  it.each(pages.map((page) => [page.path, page] as const))('%s does what it says', { timeout: 480_000 }, async (_path, page) => {
    await play(page);
  });

  const played = (text: string) => play({ path: 'a page', text, blocks: blocksIn('a page', text) });
  const block = (comment: string, code: string, language = 'sh') => `${comment}\n\`\`\`${language}\n${code}\n\`\`\`\n`;

  it('a page is refused whose command fails, or prints something else', async () => {
    await expect(played(block('<!-- run -->', 'false'))).rejects.toThrow('a page:1: the block ended with 1');
    await expect(played(block('<!-- run: prints tea -->', 'echo coffee'))).rejects.toThrow('did not print tea');
    await expect(played(block('<!-- keeps running: prints ready -->', 'exit 3'))).rejects.toThrow('code 3');
  });

  it('a page is refused whose config is wrong, or whose program does not compile', async () => {
    await expect(played(block('<!-- file: evertoken.yaml -->', 'tokens: { a: { domian: x } }', 'yaml'))).rejects.toThrow('domain');
    await expect(played(block('<!-- compiles -->', "const count: number = 'one';", 'ts'))).rejects.toThrow('do not compile');
  });

  it('a page is refused that shows another program than the file has, or says nothing about a block', async () => {
    const other = block('<!-- from: examples/ruby/list-applications.rb -->', 'puts 1', 'ruby');
    await expect(played(other)).rejects.toThrow('is not what examples/ruby/list-applications.rb holds');
    await expect(played(block('Like so:', 'true'))).rejects.toThrow('nothing says what is done');
    await expect(played(block('<!-- skip -->', 'true'))).rejects.toThrow('nothing says what is done');
  });
});

import { readFile } from 'node:fs/promises';
import { plainEnvironment, runProcess } from '@evertoken/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { missingPrograms } from '../scripts/debian-programs.mjs';
import { type DocumentedIssuer, startDocumentedIssuer } from './docs/documented-issuer.ts';
import { type Page, pageOf, readPage, readPages } from './docs/markdown-block.ts';
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

  const played = (text: string) => play(pageOf('a page', text));
  const block = (comment: string, code: string, language = 'sh') => `${comment}\n\`\`\`${language}\n${code}\n\`\`\`\n`;

  it('a page is refused whose command fails, or prints something else', async () => {
    await expect(played(block('<!-- run -->', 'false'))).rejects.toThrow('a page:1: the block ended with 1');
    await expect(played(block('<!-- run -->', 'false && true'))).rejects.toThrow('a page:1: the block ended with 1');
    await expect(played(block('<!-- run: prints tea -->', '(echo tea; exit 3) | cat'))).rejects.toThrow('a page:1: the block ended with 3');
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

  it('a page is refused that uses a package which it has not installed, or a folder which it has not made', async () => {
    const program = block('<!-- file: a.mjs -->', "import '@evertoken/client';", 'js') + block('<!-- run -->', 'node a.mjs');
    await expect(played(program)).rejects.toThrow('ERR_MODULE_NOT_FOUND');
    await expect(played(block('<!-- installs -->', 'npm install @evertoken/tenant') + program)).rejects.toThrow('ERR_MODULE_NOT_FOUND');
    await played(block('<!-- installs -->', 'npm install --save-dev @evertoken/client') + program);
    await expect(played(block('<!-- run -->', 'touch /run/evertoken/x'))).rejects.toThrow('No such file');
  });

  it('a page is refused with a comment that a shell would take for packages', async () => {
    const commented = block('<!-- installs -->', 'npm install --save-dev @evertoken/client     # the library');
    await expect(played(commented)).rejects.toThrow(
      'zsh takes the comment for packages: npm install --save-dev @evertoken/client     # the library',
    );
  });

  it('a command that fails is no end for those below it, as in a terminal', async () => {
    const failures: string[] = [];
    const stage = await stagePage(pageOf('a page', ''), issuer);
    onTestFinished(() => stage.remove());
    const text = block('<!-- run -->', 'false\nfalse | touch pasted') + block('<!-- run: prints pasted -->', 'ls');
    await playPage(pageOf('a page', text), stage, { onFailure: ({ message }) => failures.push(message) });
    expect(failures).toEqual(['a page:1: the block ended with 1:\n']);
  });

  describe('docs/guides/rotate-a-secret.md, pasted to its end whatever fails', { timeout: 240_000 }, () => {
    /** What failed, and the secrets that are there afterwards. */
    async function pasted(page: Page, at: DocumentedIssuer): Promise<{ failures: string[]; secrets: string[] }> {
      const stage = await stagePage(page, at);
      onTestFinished(() => stage.remove());
      const failures: string[] = [];
      await playPage(page, stage, { onFailure: ({ message }) => failures.push(message) });
      const files = ['/run/secrets/auth0-client-secret', '/run/secrets/auth0-client-secret.new'];
      return { failures, secrets: await Promise.all(files.map(async (file) => (await readFile(stage.staged(file), 'utf8')).trim())) };
    }

    it('leaves the secret that is good where the issuer does not let it be rotated, and says why', async () => {
      const strict = await startDocumentedIssuer({ withheld: 'update:client_keys' });
      onTestFinished(() => strict.close());
      const { failures, secrets } = await pasted(await readPage('docs/guides/rotate-a-secret.md'), strict);
      expect(failures).toEqual([expect.stringMatching(/rotate-a-secret\.md:\d+: the block ended with 5:[\s\S]*update:client_keys/)]);
      expect(secrets).toEqual([strict.management.clientSecret, strict.management.clientSecret]);
    });

    it('leaves the secret that is good where the new one is none', async () => {
      const page = await readPage('docs/guides/rotate-a-secret.md');
      const isRotation = (code: string): boolean => /^npx evertoken call POST/m.test(code);
      const blocks = page.blocks.map((one) =>
        isRotation(one.code) ? { ...one, code: 'echo null > /run/secrets/auth0-client-secret.new\n' } : one,
      );
      expect(blocks).not.toEqual(page.blocks);
      await issuer.tenant.reset();
      const { failures, secrets } = await pasted({ ...page, blocks }, issuer);
      expect(failures).toEqual([expect.stringContaining('the block ended with 1')]);
      expect(secrets).toEqual([issuer.management.clientSecret, 'null']);
    });
  });

  it('docs/guides/ci.md: the tenant ends with the job, and a seed that is refused ends the job', { timeout: 240_000 }, async () => {
    const page = await readPage('docs/guides/ci.md');
    const stage = await stagePage(page, issuer);
    onTestFinished(() => stage.remove());
    for (const { use, code } of page.blocks) {
      if (use?.kind === 'installs') await stage.install(code);
      if (use?.kind === 'file') await stage.write(use.what, stage.staged(code));
    }
    // The shell goes on before its child has emptied the log: only now and then would a run see what the former one wrote.
    const scripts = page.blocks.filter(({ code }) => code.includes('> tenant.log 2>&1 &')).map(({ code }) => code);
    expect(scripts).toEqual(Array.from({ length: 2 }, () => expect.stringMatching(/^: > tenant\.log .*\n.*evertoken tenant start .*&$/m)));
    // In one shell: what a job leaves behind is in the way of the next.
    const run = (line: string) =>
      runProcess('/bin/sh', ['-c', line], { cwd: stage.folder, env: plainEnvironment(stage.env), deadlineMs: 90_000 });
    const twice = await run('sh test/run.sh && sh test/run.sh');
    expect([twice.code, twice.stdout.match(/access_token/g)?.length]).toEqual([0, 2]);
    await stage.write('test/tenant.yaml', 'clients: 7\n');
    const refused = await run('sh test/run.sh');
    expect([refused.code, refused.stdout]).toEqual([1, expect.stringContaining('clients')]);
  });
});

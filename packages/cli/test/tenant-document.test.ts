import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freshFolder } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../src/program.ts';
import { evertoken } from './compiled-command.ts';
import { aTerminal } from './scripted-terminal.ts';

/** A folder with `text` as tenant.yaml, and `evertoken tenant` in it. */
async function withDocument(text: string, env: Record<string, string> = {}) {
  const cwd = await freshFolder();
  await writeFile(join(cwd, 'tenant.yaml'), text);
  const run = async (...args: string[]): Promise<{ code: number; out: string; err: string }> => {
    const terminal = aTerminal({ cwd, env });
    return { code: await runProgram(['tenant', ...args], terminal), ...terminal.printed };
  };
  return { cwd, run };
}

describe('evertoken tenant seed', { timeout: 60_000 }, () => {
  it.each([
    ['is not there', 'none.yaml', 'clients: []', 2, /ENOENT/],
    ['is no document', 'tenant.yaml', 'clients: [', 2, /neither YAML nor JSON/],
    ['has no kind that a tenant has', 'tenant.yaml', 'client: [{ name: worker }]', 2, /nothing of what a tenant has .*, only client\n/],
    ['has a record without a name', 'tenant.yaml', 'clients: [{ name: good }, { naem: bad }]', 1, /has no name\n.*clients\[1\]\n/],
    ['has a record that no tenant takes', 'tenant.yaml', 'clients: [{ name: bad, description: 5 }]', 1, /client "bad", description/],
  ])('makes no tenant for a file that %s', async (_, file, text, code, told) => {
    const { cwd, run } = await withDocument(text);
    expect(await run('seed', file)).toMatchObject({ code, out: '', err: expect.stringMatching(told) as string });
    await expect(stat(join(cwd, '.evertoken/tenant'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('makes none for a folder of something else, as the current one that "" means', async () => {
    const cwd = await freshFolder();
    for (const file of ['.', '']) {
      const terminal = aTerminal({ cwd });
      expect(await runProgram(['tenant', 'seed', file], terminal)).toBe(2);
      expect(terminal.printed.err).toMatch(/nothing of what a tenant has/);
    }
    expect(await readdir(cwd)).toEqual([]);
  });

  it('takes a document that names what a new tenant has by itself', async () => {
    const { run } = await withDocument(
      'clientGrants: [{ client_id: Evertoken Agent, audience: "https://localhost:8443/api/v2/", scope: ["read:logs"] }]',
    );
    expect(await run('seed', 'tenant.yaml')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/client grant Evertoken Agent/) as string,
    });
  });
});

describe('the marks of auth0-deploy-cli in a document', { timeout: 60_000 }, () => {
  const marked = 'clients: [{ name: "##STAGE## worker", callbacks: @@CALLBACKS@@, web_origins: [ ##ORIGINS## ] }]';
  const mappings = { STAGE: 'dev', CALLBACKS: ['https://a/', 'https://b/'], ORIGINS: '"https://c", "https://d"' };
  const exported = async (run: (...args: string[]) => Promise<{ out: string }>): Promise<unknown> =>
    (JSON.parse((await run('export', '--json')).out) as { clients: { name: string }[] }).clients.find(({ name }) => /worker/.test(name));

  it('are replaced by what the JSON of its variable says', async () => {
    const { run } = await withDocument(marked, { AUTH0_KEYWORD_REPLACE_MAPPINGS: JSON.stringify(mappings) });
    expect(await run('seed', 'tenant.yaml')).toMatchObject({ code: 0 });
    expect(await exported(run)).toMatchObject({
      name: 'dev worker',
      callbacks: ['https://a/', 'https://b/'],
      web_origins: ['https://c', 'https://d'],
    });
  });

  it('are replaced by the environment before that', async () => {
    const { run } = await withDocument(marked, { AUTH0_KEYWORD_REPLACE_MAPPINGS: JSON.stringify(mappings), STAGE: 'test' });
    await run('seed', 'tenant.yaml');
    expect(await exported(run)).toMatchObject({ name: 'test worker' });
  });

  it.each([
    ['clients: [{ name: "##STAGE## worker" }]', /##STAGE## stands for nothing\n.*tenant\.yaml, clients\[0\]\.name\n.*the variable STAGE/],
    ['clients: [{ name: worker, callbacks: "@@LIST@@" }]', /@@LIST@@ stands for nothing\n.*tenant\.yaml, clients\[0\]\.callbacks\n/],
    ['clients: [{ name: worker, callbacks: @@LIST@@ }]', /@@LIST@@ stands for nothing\n.*tenant\.yaml\n/],
    ['clients: [{ name: worker, callbacks: [ ##LIST## ] }]', /##LIST## stands for nothing\n.*tenant\.yaml\n/],
    // Without quotes a comment to YAML, and nothing would stand there, or what is before it.
    ['clients:\n  - name: worker\n    client_secret: ##SECRET##', /##SECRET## stands for nothing\n.*clients\[0\]\.client_secret\n/],
    ['clients:\n  - name: worker ##STAGE## # note', /##STAGE## stands for nothing\n.*tenant\.yaml, clients\[0\]\.name\n/],
  ])('that stand for nothing are named: %s', async (text, told) => {
    const { cwd, run } = await withDocument(text);
    expect(await run('seed', 'tenant.yaml')).toMatchObject({ code: 2, err: expect.stringMatching(told) as string });
    expect(await readdir(cwd)).toEqual(['tenant.yaml']);
  });

  it('are left in pages, which are code, and in kinds that the tenant does not have', async () => {
    const page = `"<script>atob('@@config@@')</script>"`;
    const { run } = await withDocument(
      `clients: [{ name: worker, custom_login_page: ${page} }]\nrules: [{ name: r, script: "##CODE##" }]\n# ##COMMENT##\nemailProvider:\n  name: ##NONE##\n##HEADING##`,
    );
    expect(await run('seed', 'tenant.yaml')).toMatchObject({ code: 0 });
    expect(await exported(run)).toMatchObject({ custom_login_page: "<script>atob('@@config@@')</script>" });
  });

  it.each(['*swordfish', '!swordfish', '%swordfish', 'a: swordfish', '"a" swordfish', '"\\swordfish"', '@@swordfish'])(
    'are not shown where what they stand for is no YAML: %s',
    async (SECRET) => {
      const { run } = await withDocument('clients:\n  - name: worker\n    client_secret: ##SECRET##', { SECRET, EVERTOKEN_DEBUG: '1' });
      const { code, err } = await run('seed', 'tenant.yaml');
      expect([code, err]).toEqual([2, expect.stringMatching(/neither YAML nor JSON once its marks are replaced \(.+\)\n.*tenant\.yaml\n/)]);
      expect(err).not.toContain('swordfish');
    },
  );

  it('need an object, whose text is not shown', async () => {
    for (const text of ['{"SECRET": swordfish}', '["swordfish"]', '"swordfish"']) {
      const { run } = await withDocument('clients: []', { AUTH0_KEYWORD_REPLACE_MAPPINGS: text });
      const { code, err } = await run('seed', 'tenant.yaml');
      expect([code, err]).toEqual([2, expect.stringMatching(/no JSON object\n.*AUTH0_KEYWORD_REPLACE_MAPPINGS/)]);
      expect(err).not.toContain('swordfish');
    }
  });
});

it('refuses a part of a document that is part of itself', async () => {
  const { run } = await withDocument('clients:\n  - &worker\n    name: worker\n    client_metadata: { self: *worker }');
  expect(await run('seed', 'tenant.yaml')).toMatchObject({
    code: 2,
    err: expect.stringMatching(/\(\*worker is a part of itself\)/) as string,
  });
});

it('refuses a tag that nobody knows in a document, and nothing else is printed', { timeout: 60_000 }, async () => {
  const { cwd } = await withDocument('clients: [{ name: !Ref Worker }]');
  const { code, stderr } = await evertoken(['tenant', 'seed', 'tenant.yaml'], { cwd });
  expect([code, stderr]).toEqual([
    2,
    expect.stringMatching(/^✖ The document is neither YAML nor JSON \(Unresolved tag: !Ref.*\)\n.*tenant\.yaml\n/),
  ]);
});

it('names the variable of a master key that is none', async () => {
  const { run } = await withDocument('clients: []', { EVERTOKEN_MASTER_KEY: 'c2hvcnQ' });
  const told = /not 32 bytes as base64url\n.*EVERTOKEN_MASTER_KEY\n/;
  // The bytes of it would be enough; it is base64 of the other alphabet.
  const other = await withDocument('clients: []', { EVERTOKEN_MASTER_KEY: Buffer.alloc(32, 0xff).toString('base64') });
  expect((await other.run('keys')).err).toMatch(told);
  for (const command of [['seed', 'tenant.yaml'], ['keys'], ['start']]) {
    const { code, err } = await run(...command);
    expect([code, err], command[0]).toEqual([2, expect.stringMatching(told)]);
    expect(err).not.toContain('c2hvcnQ');
  }
});

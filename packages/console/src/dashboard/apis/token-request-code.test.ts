import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Language, languages, type RequestFacts, tokenRequestCode } from './token-request-code.ts';

const run = promisify(execFile);

// All that a language might take for its own: quotes, escapes, what begins an expression in it, and letters beyond ASCII.
const trying = `it's "quoted" \\n \\u0041 $HOME #{1} #@a \${1} \`x\` %s \\(1) {} é 日本 🙂`;
const given = { clientId: 'abc', clientSecret: `s-${trying}`, audience: `https://api.example/${trying}` };
const wanted = { client_id: given.clientId, client_secret: given.clientSecret, audience: given.audience, grant_type: 'client_credentials' };

const runners: readonly {
  language: Language;
  file: string;
  probe: [string, ...string[]];
  command: (path: string) => [string, ...string[]];
}[] = [
  { language: 'cURL', file: 'ask.sh', probe: ['curl', '--version'], command: (path) => ['sh', path] },
  { language: 'Node.js', file: 'ask.mjs', probe: ['node', '--version'], command: (path) => ['node', path] },
  { language: 'Python', file: 'ask.py', probe: ['python3', '--version'], command: (path) => ['python3', path] },
  { language: 'PHP', file: 'ask.php', probe: ['php', '--version'], command: (path) => ['php', path] },
  { language: 'Ruby', file: 'ask.rb', probe: ['ruby', '--version'], command: (path) => ['ruby', path] },
  { language: 'Go', file: 'ask.go', probe: ['go', 'version'], command: (path) => ['go', 'run', path] },
];

/** A token endpoint that writes down what it was sent. */
async function anEndpoint(): Promise<{ url: string; received: { type: string | undefined; body: string }[] }> {
  const received: { type: string | undefined; body: string }[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      received.push({ type: request.headers['content-type'], body });
      response.setHeader('content-type', 'application/json').end('{"access_token":"it-came"}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/oauth/token`, received };
}

describe('the token request as a program', () => {
  // Which languages are not installed here, the tests of the examples tell.
  const installed = runners.filter(({ probe: [program, ...args] }) => spawnSync(program, args).status === 0);

  it.each(installed)('in $language sends what it was made of, whatever stands in it', { timeout: 120_000 }, async (runner) => {
    const { url, received } = await anEndpoint();
    const folder = await mkdtemp(join(tmpdir(), 'evertoken-code-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const path = join(folder, runner.file);
    await writeFile(path, tokenRequestCode(runner.language, { url, ...given }));
    const [command, ...rest] = runner.command(path);
    const { stdout } = await run(command, rest);
    expect(stdout).toContain('it-came');
    expect(received.map(({ body }) => JSON.parse(body) as unknown)).toEqual([wanted]);
    expect(received[0]?.type).toMatch(/^application\/json/);
  });

  it.each(languages)('in %s holds address, client, secret and audience', (language) => {
    const facts: RequestFacts = {
      url: 'https://localhost:8443/oauth/token',
      clientId: 'a-client',
      clientSecret: 'a-secret',
      audience: 'urn:api',
    };
    const code = tokenRequestCode(language, facts);
    for (const part of Object.values(facts)) expect(code).toContain(part);
    expect(code).toContain('client_credentials');
  });

  it('has a string of Swift for what JSON escapes otherwise', () => {
    const code = tokenRequestCode('Swift', { url: 'https://a/', clientId: 'a', clientSecret: '\b\f\u0001\\(1)\\b', audience: 'x' });
    // JSON in JSON: the inner one escapes, and Swift escapes its backslashes.
    expect(code).toContain('\\\\b\\\\f\\\\u0001\\\\\\\\(1)\\\\\\\\b');
    expect(tokenRequestCode('Swift', { url: 'https://a/\b\u0001', clientId: '', clientSecret: '', audience: '' })).toContain(
      'https://a/\\u{8}\\u{0001}',
    );
  });
});

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freshFolder, json, plainEnvironment, refuseWith, runProcess, startTokenEndpoint, type TokenEndpoint } from '@evertoken/testkit';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { commandPath, compileCommand, evertoken, spawnEvertoken } from './compiled-command.ts';
import { run } from './run-command.ts';

const secret = 'issuer-s3cret';

/** An issuer with metadata, and a folder with a file that holds the secret. */
async function anIssuer(): Promise<{ issuer: TokenEndpoint; issuerUrl: string; cwd: string; options: string[] }> {
  const issuer = await startTokenEndpoint();
  onTestFinished(() => issuer.close());
  const issuerUrl = issuer.url.replace('/oauth/token', '');
  issuer.answer((request, response) => {
    if (request.path === '/oauth/token') json(response, 200, { access_token: 'a-token', token_type: 'Bearer', expires_in: 300 });
    else json(response, 200, { issuer: issuerUrl, token_endpoint: issuer.url });
  });
  const cwd = await freshFolder();
  await writeFile(join(cwd, 'secret'), `${secret}\n`, { mode: 0o600 });
  const options = [
    '--issuer',
    issuerUrl,
    '--client-id',
    'm2m',
    '--client-secret-file',
    'secret',
    '--audience',
    'urn:orders',
    '--token',
    'orders',
  ];
  return { issuer, issuerUrl, cwd, options };
}

describe('evertoken init with options', { timeout: 120_000 }, () => {
  it('tests the credentials and writes a config that holds no secret and no key, and that works as it stands', async () => {
    const { issuer, cwd, options } = await anIssuer();
    const { code, terminal } = await run(['init', ...options, '--app', 'report'], { cwd });
    expect([code, terminal.printed.err]).toEqual([0, '']);
    expect(terminal.printed.out).toMatch(/minted [0-9a-f]{16}[\s\S]*wrote .*evertoken\.yaml/);
    const path = join(cwd, 'evertoken.yaml');
    const text = await readFile(path, 'utf8');
    const key = await readFile(join(cwd, '.evertoken/keys/report.key'), 'utf8');
    expect([text.includes(secret), text.includes(key), key.startsWith('evk_')]).toEqual([false, false, true]);
    expect((await stat(path)).mode & 0o777 & ~process.umask()).toBe(0o644 & ~process.umask());
    expect((await stat(join(cwd, '.evertoken/keys/report.key'))).mode & 0o777).toBe(0o600);
    expect((await readdir(cwd)).sort()).toEqual(['.evertoken', 'evertoken.yaml', 'secret']);
    expect(issuer.requests.filter((request) => request.path === '/oauth/token')[0]?.form.get('client_secret')).toBe(secret);
    const checked = await run(['check', '--json', '--offline'], { cwd });
    const told = JSON.parse(checked.terminal.printed.out) as { findings: { area: string; level: string }[] };
    expect(told.findings.filter(({ area, level }) => area !== 'listen' && level === 'problem')).toEqual([]);
  });

  it('makes a key that commands find by themselves beside an agent that was started with the config', async () => {
    const { cwd, options } = await anIssuer();
    expect((await run(['init', ...options, '--app', 'report'], { cwd })).code).toBe(0);
    const running = await spawnEvertoken(['start', '--agent-port', '0', '--log', 'json'], { cwd });
    onTestFinished(() => running.stop());
    await running.waitFor(/"event":"agent\.listening"/);
    expect((await evertoken(['token', 'orders'], { cwd })).stdout).toBe('a-token\n');
    expect((await evertoken(['status'], { cwd })).stdout).toMatch(/orders.*fresh/);
    const script = 'console.log(process.env.T)';
    expect((await evertoken(['exec', '-t', 'orders=T', '--', process.execPath, '-e', script], { cwd })).stdout).toBe('a-token\n');
    await running.stop();
    expect((await evertoken(['env'], { cwd })).code).toBe(3);
  });

  it('writes nothing where the issuer refuses, says why, and writes it all the same offline', async () => {
    const { issuer, cwd, options } = await anIssuer();
    const metadata = { token_endpoint: issuer.url, issuer: issuer.url.replace('/oauth/token', '') };
    const refuse = refuseWith(401, 'access_denied', 'Unauthorized');
    issuer.answer((request, response) => (request.path === '/oauth/token' ? refuse(request, response) : json(response, 200, metadata)));
    const { code, terminal } = await run(['init', ...options], { cwd });
    expect(code).toBe(1);
    expect(terminal.printed.out).toMatch(/secret is not its own[\s\S]*Compare --client-id and --client-secret-file with/);
    expect(terminal.printed.out).not.toContain('evertoken.yaml');
    expect(terminal.printed.err).toContain('Nothing was written');
    expect(await readdir(cwd)).toEqual(['secret']);
    expect((await run(['init', ...options, '--offline'], { cwd })).code).toBe(0);
    expect(existsSync(join(cwd, 'evertoken.yaml'))).toBe(true);
  });

  it('names the options whose values cannot be taken, and no file, for none was written', async () => {
    const cwd = await freshFolder();
    const options = ['--domain', 'https://acme.eu.auth0.com/', '--client-id', 'x', '--client-secret-env', 'NONE'];
    const { code, terminal } = await run(['init', ...options], { cwd });
    expect(code).toBe(2);
    expect(terminal.printed.err).toMatch(/No config can be made of this:\n +--domain: .*\n +--client-secret-env: .*NONE/);
    expect(terminal.printed.err).not.toContain('evertoken.yaml');
    const one = await run(['init', ...options.with(1, 'acme.eu.auth0.com')], { cwd });
    expect([one.code, one.terminal.printed.err]).toEqual([2, expect.stringMatching(/^✖ --client-secret-env: .*NONE/) as string]);
  });

  it('writes offline no config that the agent would refuse, but for a secret that is not there yet', async () => {
    const cwd = await freshFolder();
    const options = ['--domain', 'https://acme.eu.auth0.com/', '--client-id', 'x', '--client-secret-file', 'none-yet', '--offline'];
    const { code, terminal } = await run(['init', ...options], { cwd });
    expect([code, terminal.printed.err]).toEqual([2, expect.stringMatching(/^✖ --domain: .*acme\.eu\.auth0\.com/) as string]);
    const issuer = await run(['init', '--issuer', 'nonsense', ...options.slice(2)], { cwd });
    expect([issuer.code, issuer.terminal.printed.err]).toEqual([2, expect.stringMatching(/^✖ --issuer: .*nonsense/) as string]);
    expect(await readdir(cwd)).toEqual([]);
    expect((await run(['init', ...options.with(1, 'acme.eu.auth0.com')], { cwd })).code).toBe(0);
  });

  it.each([
    ['--client-secret-file', '/etc', /^✖ --client-secret-file: .*\/etc/],
    ['--client-secret-file', '', /^✖ --client-secret-file: /],
    ['--client-secret-file', '/dev/null', /^✖ --client-secret-file: .*\/dev\/null/],
    ['--client-secret-env', 'NO SUCH NAME', /^✖ --client-secret-env: .*NO SUCH NAME/],
    ['--client-secret-env', '', /^✖ --client-secret-env: /],
  ])('writes offline no config with a place that can never hold a secret: %s %j', async (option, place, told) => {
    const cwd = await freshFolder();
    const { code, terminal } = await run(['init', '--domain', 'acme.eu.auth0.com', '--client-id', 'x', option, place, '--offline'], {
      cwd,
    });
    expect([code, terminal.printed.err]).toEqual([2, expect.stringMatching(told) as string]);
    expect(await readdir(cwd)).toEqual([]);
  });

  it('names a variable for the secret, the Management API for a domain, and other names as they are', async () => {
    const cwd = await freshFolder();
    const options = ['--domain', 'acme.eu.auth0.com', '--client-id', '1234', '--client-secret-env', 'MY_SECRET', '--offline'];
    expect((await run(['init', ...options, '--config', 'other.yaml'], { cwd })).code).toBe(0);
    const text = await readFile(join(cwd, 'other.yaml'), 'utf8');
    expect(text).toMatch(
      / {2}management:\n {4}domain: acme\.eu\.auth0\.com .*\n {4}client_id: "1234"\n[\s\S]*client_secret: \{ env: MY_SECRET \}/,
    );
    expect((await run(['init', ...options, '--config', 'orders.yaml', '--audience', 'urn:orders'], { cwd })).code).toBe(0);
    expect(await readFile(join(cwd, 'orders.yaml'), 'utf8')).toMatch(/ {2}default:\n {4}domain: acme/);
    const checked = await run(['check', '--config', 'other.yaml', '--offline', '--json'], { cwd, env: { MY_SECRET: 'x' } });
    expect(checked.terminal.printed.out).toContain('"tokens.management.audience"');
  });

  it('takes away what it placed and nothing else, where it writes no config', async () => {
    const { issuer, cwd, options } = await anIssuer();
    expect((await run(['init', ...options, '--offline', '--config', 'other.yaml', '--app', 'kept'], { cwd })).code).toBe(0);
    const key = await readFile(join(cwd, '.evertoken/keys/kept.key'), 'utf8');
    issuer.answer(refuseWith(401, 'access_denied', 'Unauthorized'));
    for (const app of ['kept', 'new']) expect((await run(['init', ...options, '--app', app], { cwd })).code).toBe(1);
    expect(await readdir(join(cwd, '.evertoken/keys'))).toEqual(['kept.key']);
    expect(await readFile(join(cwd, '.evertoken/keys/kept.key'), 'utf8')).toBe(key);
  });

  it.each(['store', 'app', 'ca', 'tenant'])('takes any name for an app, as %s, and leaves the files of the agent alone', async (app) => {
    const { cwd, options } = await anIssuer();
    const own = ['app.key', 'store.key', 'ca.key'];
    await mkdir(join(cwd, '.evertoken'), { mode: 0o700 });
    for (const name of own) await writeFile(join(cwd, '.evertoken', name), `of the agent: ${name}`, { mode: 0o600 });
    expect((await run(['init', ...options, '--offline', '--app', app], { cwd })).code).toBe(0);
    for (const name of own) expect(await readFile(join(cwd, '.evertoken', name), 'utf8')).toBe(`of the agent: ${name}`);
    expect(await readFile(join(cwd, '.evertoken/keys', `${app}.key`), 'utf8')).toMatch(/^evk_/);
  });

  it.each([
    ['where a file is there', ['evertoken.yaml'], [], 2, 'never overwritten'],
    ['what it cannot ask', [], ['--domain', 'a.example'], 2, '--client-id, --client-secret-file'],
    ['two issuers', [], ['--domain', 'a.example', '--issuer', 'https://b.example'], 2, 'cannot be used with'],
    [
      'a name that YAML would not take',
      [],
      ['--domain', 'a.example', '--client-id', 'x', '--client-secret-env', 'S', '--app', 'a: b'],
      2,
      'The name of the app',
    ],
    [
      'a secret file that is not there',
      [],
      ['--domain', 'a.example', '--client-id', 'x', '--client-secret-file', 'none'],
      2,
      'does not exist',
    ],
  ])('refuses %s', async (_case, files, options, code, message) => {
    const cwd = await freshFolder();
    for (const file of files) await writeFile(join(cwd, file), 'mine\n');
    const refused = await run(['init', ...options], { cwd });
    expect([refused.code, refused.terminal.printed.err.includes(message)]).toEqual([code, true]);
    for (const file of files) expect(await readFile(join(cwd, file), 'utf8')).toBe('mine\n');
    expect((await readdir(cwd)).filter((name) => name.startsWith('evertoken.yaml'))).toEqual(files);
  });

  it('says so where the folder cannot be written', async () => {
    const { cwd, options } = await anIssuer();
    await mkdir(join(cwd, 'taken'));
    await writeFile(join(cwd, 'taken/file'), '');
    const { code, terminal } = await run(['init', ...options, '--config', 'taken/file/evertoken.yaml', '--offline'], { cwd });
    expect([code, terminal.printed.err.includes('cannot be written (ENOTDIR)')]).toEqual([1, true]);
  });
});

// A machine may have the module and no terminals.
const hasPty = spawnSync('python3', ['-c', 'import pty; pty.openpty()']).status === 0;

describe.skipIf(!hasPty)('evertoken init at a terminal (needs python3 and pseudo-terminals)', { timeout: 120_000 }, () => {
  beforeAll(compileCommand, 130_000);
  const typing = fileURLToPath(new URL('programs/typing.py', import.meta.url));

  async function typed(cwd: string, steps: [pattern: string, keys: string][], ...options: string[]) {
    const args = [typing, JSON.stringify(steps), '--', process.execPath, commandPath, 'init', ...options];
    return await runProcess('python3', args, { cwd, env: plainEnvironment({ TERM: 'xterm' }), deadlineMs: 100_000 });
  }

  it('asks for issuer and credentials, shows no secret, tests them and writes the file', async () => {
    const { issuerUrl, cwd } = await anIssuer();
    const { code, stdout } = await typed(cwd, [
      ['Who issues', '\u001b[B\r'],
      ['URL of the issuer', `${issuerUrl}\r`],
      ['Client id', 'm2m\r'],
      ['Where is the client secret', '\r'],
      ['Client secret', `${secret}\r`],
      ['audience', 'urn:orders\r'],
      ['first program', '\r'],
    ]);
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/minted [0-9a-f]{16}[\s\S]*wrote/) as string });
    expect(stdout).not.toContain(secret);
    const text = await readFile(join(cwd, 'evertoken.yaml'), 'utf8');
    expect(text).toContain('client_secret: { file: ".evertoken/secrets/default" }');
    expect(await readFile(join(cwd, '.evertoken/secrets/default'), 'utf8')).toBe(secret);
    expect((await stat(join(cwd, '.evertoken/secrets/default'))).mode & 0o777).toBe(0o600);
  });

  it('explains a refusal, and writes nothing where the person gives up', async () => {
    const { issuer, issuerUrl, cwd, options } = await anIssuer();
    const refuse = refuseWith(401, 'access_denied', 'Unauthorized');
    const metadata = { token_endpoint: issuer.url, issuer: issuerUrl };
    issuer.answer((request, response) => (request.path === '/oauth/token' ? refuse(request, response) : json(response, 200, metadata)));
    const { code, stdout } = await typed(
      cwd,
      [
        ['Where is the client secret', '\r'],
        ['Client secret', 'wrong\r'],
        ['first program', '\r'],
        ['No token can be had', '\u001b[B\u001b[B\r'],
      ],
      ...options.filter((option) => !['--client-secret-file', 'secret'].includes(option)),
    );
    expect(stdout).toMatch(/secret is not its own[\s\S]*Nothing was written/);
    expect(await readdir(cwd)).toEqual(['secret']);
    expect([code, existsSync(join(cwd, 'evertoken.yaml'))]).toEqual([1, false]);
  });

  it.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D, which ends the input', '\u0004'],
  ])('ends at %s and writes nothing', async (_name, key) => {
    const cwd = await freshFolder();
    for (const steps of [
      [['Who issues', key]],
      [
        ['Who issues', '\r'],
        ['Domain of', key],
      ],
    ] as [string, string][][]) {
      const { code, stdout } = await typed(cwd, steps);
      expect([code, stdout.includes('Nothing was written'), await readdir(cwd)]).toEqual([1, true, []]);
    }
  });

  it('asks nobody where there is no terminal', async () => {
    const { code, stderr } = await evertoken(['init'], { cwd: await freshFolder() });
    expect([code, stderr.includes('no terminal to ask at')]).toEqual([2, true]);
  });
});

import { chown, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { type FinishedProcess, startTokenEndpoint } from '@evertoken/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { evertoken, freePort, spawnEvertoken, temporaryFolder } from './evertoken.ts';
import { type RunningDev, startDev } from './running-dev.ts';

const startArguments = ['start', '--agent-port', '0'];

/** One screen, no stack, exit code 1, each of `named` on it, and a step that mends it. */
function expectExplained(finished: FinishedProcess, ...named: readonly (string | RegExp)[]): void {
  expectTold(1, finished, ...named);
}

/** A mistake in what was given: 2, as for every other one. */
function expectMistake(finished: FinishedProcess, ...named: readonly (string | RegExp)[]): void {
  expectTold(2, finished, ...named);
}

function expectTold(exitCode: 1 | 2, { code, stdout, stderr }: FinishedProcess, ...named: readonly (string | RegExp)[]): void {
  expect([code, stdout], stderr).toEqual([exitCode, '']);
  const screen = stderr.slice(stderr.indexOf('✖'));
  expect(screen).toMatch(/^✖ \S/);
  expect(screen).toMatch(/\n {2}to mend: \S/);
  expect(screen.split('\n').length).toBeLessThan(24);
  expect(stderr).not.toMatch(/^\s+at .*:\d+:\d+/m);
  for (const name of named) expect(screen).toMatch(name);
}

describe('bad input is told on one screen', () => {
  let folder: { path: string; remove: () => Promise<void> };
  let dev: RunningDev;
  let count = 0;

  /** A fresh folder with `evertoken.yaml`, where a config is given. */
  async function folderWith(config?: string): Promise<string> {
    count += 1;
    const cwd = join(folder.path, `case-${count}`);
    await mkdir(cwd);
    if (config !== undefined) await writeFile(join(cwd, 'evertoken.yaml'), config);
    return cwd;
  }

  const start = (cwd: string, env: Record<string, string> = {}) => evertoken(startArguments, { cwd, env });

  /** What `evertoken start` needs to use the running tenant. */
  function credentials(): Record<string, string> {
    const names = ['AUTH0_DOMAIN', 'AUTH0_CLIENT_ID', 'AUTH0_CLIENT_SECRET', 'NODE_EXTRA_CA_CERTS'];
    return Object.fromEntries(names.map((name) => [name, dev.env[name] ?? '']));
  }

  const startOnTenant = async (changed: Record<string, string>) => start(await folderWith(), { ...credentials(), ...changed });

  async function takenPort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
    return (server.address() as AddressInfo).port;
  }

  beforeAll(async () => {
    folder = await temporaryFolder();
    dev = await startDev({ cwd: await folderWith() });
  });

  afterAll(async () => {
    await dev?.process.stop();
    await folder?.remove();
  });

  describe('what is in the way of a start:', () => {
    it.each(['--tenant-port', '--agent-port', '--agent-tls-port'])('a port that is taken, with %s to choose another', async (option) => {
      const port = await takenPort();
      const ports = { '--tenant-port': '0', '--agent-port': '0', '--agent-tls-port': '0', [option]: String(port) };
      expectExplained(await evertoken(['dev', ...Object.entries(ports).flat()], { cwd: await folderWith() }), `:${port}`, option);
    });

    it('an agent that runs already with the same state folder', async () => {
      const result = await evertoken(['dev', '--tenant-port', '0', '--agent-port', '0'], { cwd: join(folder.path, 'case-1') });
      expectExplained(result, 'case-1/.evertoken', '--home');
    });

    it('a state folder that cannot be made', async () => {
      const cwd = await folderWith();
      await writeFile(join(cwd, 'file'), '');
      const home = join(cwd, 'file/state');
      expectExplained(await evertoken(['dev', '--tenant-port', '0', '--agent-port', '0'], { cwd, env: { EVERTOKEN_HOME: home } }), home);
    });

    it('a state folder behind a symbolic link', async () => {
      const cwd = await folderWith();
      await mkdir(join(cwd, 'somewhere'));
      await symlink('somewhere', join(cwd, '.evertoken'));
      expectExplained(await evertoken(['dev', '--tenant-port', '0', '--agent-port', '0'], { cwd }), join(cwd, '.evertoken'));
      expect(await readdir(join(cwd, 'somewhere'))).toEqual([]);
    });

    // Only root can give a folder away.
    it.skipIf(process.getuid?.() !== 0)('a state folder of someone else', async () => {
      const cwd = await folderWith();
      await mkdir(join(cwd, '.evertoken'));
      await chown(join(cwd, '.evertoken'), 12_345, 12_345);
      expectExplained(await evertoken(['dev', '--tenant-port', '0', '--agent-port', '0'], { cwd }), join(cwd, '.evertoken'));
      expect(await readdir(join(cwd, '.evertoken'))).toEqual([]);
    });
  });

  describe('what is wrong in the config:', () => {
    const sound = (line: string) => `tokens:\n  management:\n    domain: acme.example\n    client_id: reports\n    ${line}\n`;

    it('nothing is configured at all: it names every variable that is missing', async () => {
      expectMistake(await start(await folderWith()), 'AUTH0_DOMAIN', 'AUTH0_CLIENT_ID', 'AUTH0_CLIENT_SECRET');
    });

    it('broken YAML: it names file and line', async () => {
      expectMistake(
        await start(await folderWith('tokens:\n  management: { domain: acme.example\napps: [\n')),
        /evertoken\.yaml.*\b[2-4]\b/s,
      );
    });

    it('an unknown key: it names the place and the nearest key', async () => {
      const result = await start(await folderWith(sound('client_secrte: { env: SECRET }')));
      expectMistake(result, /evertoken\.yaml/, /\b5\b/, 'client_secrte', /did you mean.*client_secret/);
    });

    it('a variable and a file that do not exist, and an unknown key: it names all three at once', async () => {
      const result = await start(
        await folderWith(`${sound('client_secret: { env: NO_SUCH_SECRET }')}    audience: { file: no-such-file }\n    organisation: a\n`),
      );
      expectMistake(result, 'NO_SUCH_SECRET', 'no-such-file', 'organisation');
    });

    it('a config file that does not exist', async () => {
      expectMistake(await evertoken(['start', '--config', 'gone.yaml'], { cwd: await folderWith() }), 'gone.yaml');
    });
  });

  describe('what the issuer says:', () => {
    it('that all is well: then the agent stays, so the failures below are failures of their own', async () => {
      const agent = spawnEvertoken(startArguments, { cwd: await folderWith(), env: credentials() });
      onTestFinished(() => agent.stop());
      await agent.waitFor(/"event":"token\.state","token":"default","state":"fresh"/);
      agent.signal('SIGTERM');
      expect((await agent.exit()).code).toBe(0);
    });

    it('a wrong secret', async () => {
      expectExplained(
        await startOnTenant({ AUTH0_CLIENT_SECRET: 'wrong' }),
        'AUTH0_CLIENT_SECRET',
        `${dev.env['AUTH0_DOMAIN']}/oauth/token`,
        'Unauthorized',
      );
    });

    it('a wrong audience', async () => {
      expectExplained(await startOnTenant({ AUTH0_AUDIENCE: 'https://no-such-api.example' }), 'AUTH0_AUDIENCE', /audience/i);
    });

    it('an application with no grant', async () => {
      const body = JSON.stringify({ name: 'No grant', app_type: 'non_interactive' });
      const { stdout } = await evertoken(['call', 'POST', '/api/v2/clients', '--data', body], { cwd: join(folder.path, 'case-1') });
      const { client_id, client_secret } = JSON.parse(stdout) as { client_id: string; client_secret: string };
      expectExplained(await startOnTenant({ AUTH0_CLIENT_ID: client_id, AUTH0_CLIENT_SECRET: client_secret }), /grant/, 'AUTH0_CLIENT_ID');
    });

    it('nothing, because it is down', async () => {
      const port = await freePort();
      expectExplained(await startOnTenant({ AUTH0_DOMAIN: `localhost:${port}` }), `localhost:${port}`);
    });

    it('something that is no token but a page', async () => {
      const issuer = await startTokenEndpoint();
      onTestFinished(() => issuer.close());
      issuer.answer(
        (_request, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html><b>Welcome</b></html>'),
      );
      const config = `
tokens:
  page: { token_endpoint: "${issuer.url}", client_id: reports, client_secret: not-to-be-shown }
apps:
  reports: { key_sha256: ${'a'.repeat(64)}, tokens: [page] }
`;
      const result = await start(await folderWith(config));
      expectExplained(result, issuer.url);
      expect(result.stderr).not.toContain('not-to-be-shown');
    });
  });

  it('wrong use ends with exit code 2, no running agent with 3', async () => {
    const cwd = await folderWith();
    const results = await Promise.all([
      evertoken(['no-such-command'], { cwd }),
      evertoken(['dev', '--agent-port', 'eighty'], { cwd }),
      evertoken(['token'], { cwd }),
      evertoken(['status'], { cwd }),
    ]);
    expect(results.map(({ code }) => code)).toEqual([2, 2, 3, 3]);
  });

  it('none of it has hurt the agent that was running', async () => {
    const { code, stdout } = await evertoken(['status', '--json'], { cwd: join(folder.path, 'case-1') });
    expect(code).toBe(0);
    expect(stdout).toContain(dev.fingerprint);
  });
});

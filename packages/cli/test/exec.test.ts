import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  freshFolder,
  plainEnvironment,
  refuseWith,
  runProcess,
  type SpawnedProcess,
  startTokenEndpoint,
  type TokenEndpoint,
} from '@evertoken/testkit';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { commandPath, compileCommand, evertoken, type Setting, spawnEvertoken } from './compiled-command.ts';
import { aHeldFolder } from './held-folder.ts';
import { aToken } from './run-command.ts';
import { startScriptedAgent } from './scripted-agent.ts';

beforeAll(compileCommand, 130_000);

const node = process.execPath;
const secret = 'issuer-s3cret';

/** A folder with a config on a scripted issuer, and an agent nowhere. */
async function anIssuer(expiresIn = 86_400): Promise<{ issuer: TokenEndpoint; cwd: string; setting: Setting }> {
  const issuer = await startTokenEndpoint({ expiresIn });
  onTestFinished(() => issuer.close());
  const cwd = await freshFolder();
  const hash = '0'.repeat(64);
  await writeFile(
    join(cwd, 'evertoken.yaml'),
    `tokens:
  orders: { token_endpoint: "${issuer.url}", client_id: m2m, client_secret: { env: ORDERS_SECRET }, audience: "urn:orders" }
apps:
  local: { key_sha256: "${hash}", tokens: [orders] }
`,
  );
  return { issuer, cwd, setting: { cwd, env: { ORDERS_SECRET: secret, XDG_RUNTIME_DIR: cwd } } };
}

async function spawned(args: readonly string[], setting: Setting): Promise<SpawnedProcess> {
  const running = await spawnEvertoken(args, setting);
  onTestFinished(() => running.stop());
  return running;
}

describe('evertoken exec', { timeout: 120_000 }, () => {
  it('gives a program the token of the running agent, with our input and output', async () => {
    const agent = await startScriptedAgent({ '/v1/tokens/orders': [200, aToken] });
    const script = 'process.stdin.pipe(process.stdout); console.error(process.env.ORDERS_TOKEN)';
    const env = { EVERTOKEN_URL: agent.url, EVERTOKEN_APP_KEY: 'evk_x', ORDERS_SECRET: secret };
    const args = ['exec', '-t', 'orders=ORDERS_TOKEN', '--', node, '-e', script];
    const { code, stdout, stderr } = await evertoken(args, { env, input: 'from our input', cwd: await freshFolder() });
    expect([code, stdout, stderr]).toEqual([0, 'from our input', 'the-live-token\n']);
  });

  it('keeps from the program what opens or mints tokens, of which it has one, unless it is told to pass it', async () => {
    const agent = await startScriptedAgent({ '/v1/tokens/orders': [200, aToken] });
    const opening = { EVERTOKEN_APP_KEY: 'evk_x', AUTH0_CLIENT_SECRET: secret, EVERTOKEN_TOKENS__ORDERS__CLIENT_SECRET: secret };
    const env = { EVERTOKEN_URL: agent.url, ...opening };
    const script = `console.log(${JSON.stringify(Object.keys(env))}.filter((name) => name in process.env).join())`;
    const args = (...options: string[]): string[] => ['exec', '-t', 'orders=ORDERS_TOKEN', ...options, '--', node, '-e', script];
    const cwd = await freshFolder();
    expect((await evertoken(args(), { env, cwd })).stdout).toBe('EVERTOKEN_URL\n');
    expect((await evertoken(args('--pass-secrets'), { env, cwd })).stdout).toBe(`${Object.keys(env).join()}\n`);
  });

  it('keeps the token itself where no agent runs, and keeps the secret from the program', async () => {
    const { issuer, setting } = await anIssuer();
    const script = 'console.log(process.env.ORDERS_TOKEN, process.env.ORDERS_SECRET)';
    const args = (...options: string[]): string[] => ['exec', '-t', 'orders=ORDERS_TOKEN', ...options, '--', node, '-e', script];
    expect((await evertoken(args(), setting)).stdout).toBe('token-1 undefined\n');
    expect((await evertoken(args('--pass-secrets'), setting)).stdout).toBe(`token-1 ${secret}\n`);
    expect(issuer.requests).toHaveLength(1);
  });

  it('ends with the exit code of the program, and 128 + n where a signal ended it', async () => {
    const { cwd, setting } = await anIssuer();
    const exec = ['exec', '-t', 'orders=T', '--'];
    expect((await evertoken([...exec, node, '-e', 'process.exit(42)'], setting)).code).toBe(42);
    expect((await evertoken([...exec, node, '-e', 'process.kill(process.pid, "SIGKILL")'], setting)).code).toBe(137);
    expect((await evertoken([...exec, './no-such-program'], setting)).code).toBe(127);
    expect((await evertoken([...exec, './evertoken.yaml'], setting)).code).toBe(126);
    await writeFile(join(cwd, 'old-script'), '#!/no/such/interpreter\n', { mode: 0o755 });
    expect(await evertoken([...exec, './old-script'], setting)).toMatchObject({
      code: 126,
      stderr: expect.stringMatching(/not what runs it[\s\S]*\.\/old-script[\s\S]*interpreter in its first line/) as string,
    });
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'] as const)('passes %s on', async (signal) => {
    const { setting } = await anIssuer();
    const script = `process.on('${signal}', () => { console.log('got ${signal}'); process.exit(7); }); console.log('stands'); setInterval(() => {}, 1000)`;
    const running = await spawned(['exec', '-t', 'orders=T', '--', node, '-e', script], setting);
    await running.waitFor(/stands/);
    process.kill(running.pid, signal);
    expect(await running.exit()).toMatchObject({ code: 7, stdout: expect.stringContaining(`got ${signal}`) as string });
  });

  it('keeps a token in a private file that is fresh while the program runs, and takes it away at the end', async () => {
    const { issuer, cwd, setting } = await anIssuer(10);
    const script = `const fs = require('fs'); const path = process.env.ORDERS_FILE; console.log(path);
      const first = fs.readFileSync(path, 'utf8');
      const timer = setInterval(() => { const now = fs.readFileSync(path, 'utf8'); if (now !== first) { process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000); clearInterval(timer); console.log(first, now); } }, 20);`;
    const running = await spawned(['exec', '--file', '-t', 'orders=ORDERS_FILE', '--', node, '-e', script], setting);
    const [, path = ''] = await running.waitFor(/^(\/.+ORDERS_FILE)$/m);
    expect(path.startsWith(cwd)).toBe(true);
    expect([(await stat(path)).mode & 0o777, (await stat(dirname(path))).mode & 0o777]).toEqual([0o600, 0o700]);
    await running.waitFor(/token-1 token-\d+/);
    expect(issuer.requests.length).toBeGreaterThan(1);
    process.kill(running.pid, 'SIGTERM');
    expect((await running.exit()).code).toBe(0);
    expect((await readdir(cwd)).filter((name) => name.startsWith('evertoken-exec'))).toEqual([]);
  });

  it('removes what one left that was killed, and nothing of one that runs, of others, or of another kind', async () => {
    const { cwd, setting } = await anIssuer();
    const script = 'console.log(process.pid, process.env.T); setInterval(() => {}, 1000)';
    const args = ['exec', '--file', '-t', 'orders=T', '--', node, '-e', script];
    const begin = async () => {
      const running = await spawned(args, setting);
      const [, pid, path = ''] = await running.waitFor(/^(\d+) (\/.+)$/m);
      return { running, pid: Number(pid), folder: basename(dirname(path)) };
    };
    const killed = await begin();
    const alive = await begin();
    process.kill(killed.running.pid, 'SIGKILL');
    process.kill(killed.pid, 'SIGKILL');
    await killed.running.exit();
    await mkdir(join(cwd, 'evertoken-exec-other'), { mode: 0o700 });
    const folders = async () => (await readdir(cwd)).filter((name) => name.startsWith('evertoken-exec-')).toSorted();
    expect(await folders()).toContain(killed.folder);
    expect((await evertoken(['exec', '--file', '-t', 'orders=T', '--', node, '-e', '0'], setting)).code).toBe(0);
    expect(await folders()).toEqual([alive.folder, 'evertoken-exec-other'].toSorted());
    process.kill(alive.running.pid, 'SIGTERM');
    await alive.running.exit();
  });

  it('starts the program again after a mint where that is asked for', async () => {
    const { setting } = await anIssuer(10);
    const script = `process.on('SIGTERM', () => { console.log('ends'); process.exit(0); }); console.log('has ' + process.env.T); setInterval(() => {}, 1000)`;
    const running = await spawned(['exec', '-t', 'orders=T', '--restart-on-mint', '--', node, '-e', script], setting);
    await running.waitFor(/has token-1\nends\nhas token-2\n/);
    process.kill(running.pid, 'SIGTERM');
    expect(await running.exit()).toMatchObject({ code: 0, stdout: expect.stringMatching(/ends\n$/) as string });
  });

  it('starts a program again that has survived a hangup, and one no more that ends because of a signal when a token is minted', async () => {
    const { setting } = await anIssuer(4);
    const script = `process.on('SIGHUP', () => console.log('hup')); process.on('SIGTERM', () => { console.log('term'); setTimeout(() => process.exit(0), 4_000); });
      console.log('has ' + process.env.T); setInterval(() => {}, 1000)`;
    const running = await spawned(['exec', '-t', 'orders=T', '--restart-on-mint', '--', node, '-e', script], setting);
    await running.waitFor(/has token-1\n/);
    process.kill(running.pid, 'SIGHUP');
    await running.waitFor(/hup\nterm\nhas token-\d+\n/);
    // It takes longer to end than its token has still to live.
    process.kill(running.pid, 'SIGTERM');
    expect(await running.exit()).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^has token-1\nhup\nterm\nhas token-\d+\nterm\n$/) as string,
    });
  });

  it('says what the issuer said where no token can be had, and starts nothing', async () => {
    const { issuer, setting } = await anIssuer();
    issuer.answer(refuseWith(401, 'access_denied', 'Unauthorized'));
    const { code, stdout, stderr } = await evertoken(['exec', '-t', 'orders=T', '--', node, '-e', 'console.log("ran")'], setting);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/401 access_denied[\s\S]*secret is not its own[\s\S]*to mend:/);
    expect(stderr).not.toContain(secret);
  });

  it('goes on with what it has where the token cannot be had anew, and says so once', async () => {
    const answers = { '/v1/tokens/orders': [200, { ...aToken, expires_in: 1 }] as const };
    const agent = await startScriptedAgent(answers);
    const script = `process.stdin.on('end', () => {}); setInterval(() => {}, 1000); console.log('stands')`;
    const cwd = await freshFolder();
    const env = { EVERTOKEN_URL: agent.url, EVERTOKEN_APP_KEY: 'evk_x', XDG_RUNTIME_DIR: cwd };
    const running = await spawned(['exec', '--file', '-t', 'orders=T', '--', node, '-e', script], { env, cwd });
    await running.waitFor(/stands/);
    Object.assign(answers, { '/v1/tokens/orders': [503, { title: 'No token', status: 503 }] });
    await running.waitFor(/No token[\s\S]*goes on with the token that it has/);
    const count = agent.seen.length;
    await expect.poll(() => agent.seen.length).toBeGreaterThan(count + 2);
    expect(running.stderr.match(/goes on with/g)).toHaveLength(1);
  });

  it('asks nobody any more where the agent of the state folder has ended: another may listen there now', async () => {
    const short = { ...aToken, expires_in: 1 };
    const agent = await startScriptedAgent({ '/v1/tokens/orders': [200, short] });
    const { home, letGo } = await aHeldFolder({ EVERTOKEN_URL: agent.url, EVERTOKEN_APP_KEY: 'evk_x' });
    const script = "console.log('stands'); setInterval(() => {}, 1000)";
    const env = { EVERTOKEN_HOME: home, XDG_RUNTIME_DIR: home };
    const running = await spawned(['exec', '--file', '-t', 'orders=T', '--', node, '-e', script], { env, cwd: home });
    await running.waitFor(/stands/);
    await expect.poll(() => agent.seen.length).toBeGreaterThan(3);
    await letGo();
    await running.waitFor(/No agent runs with this state folder[\s\S]*goes on with the token that it has/);
    const count = agent.seen.length;
    process.kill(running.pid, 'SIGTERM');
    await running.exit();
    expect(agent.seen).toHaveLength(count);
  });

  it.each([
    ['no token', [], 'No token is named'],
    ['a token without a variable', ['-t', 'orders'], 'NAME=VARIABLE'],
    ['a variable that the start depends on', ['-t', 'orders=PATH'], 'The start of a program depends on PATH'],
    ['one that loads code into programs', ['-t', 'orders=LD_PRELOAD'], 'The start of a program depends on LD_PRELOAD'],
    ['one with options of Node.js', ['--file', '-t', 'orders=NODE_OPTIONS'], 'The start of a program depends on NODE_OPTIONS'],
    ['one variable twice', ['-t', 'orders=T', '-t', 'other=T'], 'Two tokens are to go into T'],
    ['--file after the last token', ['-t', 'orders=T', '--file'], 'Write --file before'],
    ['a token that does not exist', ['-t', 'order=T'], 'Did you mean orders?'],
  ])('refuses %s', async (_case, options, message) => {
    const { setting } = await anIssuer();
    const { code, stderr } = await evertoken(['exec', ...options, '--', node, '-e', '0'], setting);
    expect([code === 2 || options.includes('order=T'), stderr.includes(message)]).toEqual([true, true]);
  });

  it('refuses to run nothing, and ends with code 3 where there is neither agent nor config', async () => {
    const cwd = await freshFolder();
    expect((await evertoken(['exec', '-t', 'a=B'], { cwd })).code).toBe(2);
    const { code, stderr } = await evertoken(['exec', '-t', 'a=B', '--', node, '-e', '0'], { cwd });
    expect(code).toBe(3);
    expect(stderr).toContain('No agent is known here');
  });

  it('never falls back from an agent that was named expressly', async () => {
    const { setting } = await anIssuer();
    const { code } = await evertoken(['exec', '--url', 'http://127.0.0.1:1', '-t', 'orders=T', '--', node, '-e', '0'], {
      ...setting,
      env: { ...setting.env, EVERTOKEN_APP_KEY: 'evk_x' },
    });
    expect(code).toBe(3);
  });
});

it('an exec that was told to mix variables and files gives each what it asked for', { timeout: 120_000 }, async () => {
  const { setting } = await anIssuer();
  const script = 'console.log(process.env.A, require("fs").readFileSync(process.env.B, "utf8"))';
  const { stdout } = await evertoken(['exec', '-t', 'orders=A', '--file', '-t', 'orders=B', '--', node, '-e', script], setting);
  expect(stdout).toBe('token-1 token-1\n');
  expect(await readFile(join(setting.cwd ?? '', 'evertoken.yaml'), 'utf8')).not.toContain('token-1');
});

it('a call whose reader has had enough ends without a word', { timeout: 120_000 }, async () => {
  const agent = await startScriptedAgent({ '/big': [200, Array.from({ length: 50_000 }, (_, id) => ({ id, name: 'x'.repeat(20) }))] });
  const env = plainEnvironment({ EVERTOKEN_URL: agent.url, EVERTOKEN_APP_KEY: 'evk_x' });
  const line = '"$1" "$2" call GET /big | head -c 5';
  const { code, stdout, stderr } = await runProcess('/bin/sh', ['-c', line, 'sh', node, commandPath], { env, cwd: await freshFolder() });
  expect([code, stdout, stderr]).toEqual([0, '[{"id', '']);
});

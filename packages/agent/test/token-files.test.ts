import { chmod, chown, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { issueTokens, ManualClock, refuseWith } from '@evertoken/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TokenFile } from '../src/deliver/token-file/token-file.ts';
import { type AgentSetup, type RunningAgent, startRunningAgent } from './a-running-agent.ts';

/** An agent with one token and these entries of `files`, whose paths start at `home`. */
function setupWith(files: string): AgentSetup {
  return {
    yaml: (issuer, hashOf) => `
tokens:
  orders: { token_endpoint: "${issuer}", client_id: m2m, client_secret: issuer-s3cret, audience: "urn:orders" }
apps: { report: { key_sha256: ${hashOf('report')}, tokens: [orders] } }
files: [${files}]
`,
  };
}

async function start(files: string, setup: AgentSetup = {}): Promise<RunningAgent> {
  const running = await startRunningAgent({ ...setupWith(files), ...setup });
  onTestFinished(() => running.close());
  return running;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await setImmediate();
}

const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
const isRoot = process.getuid?.() === 0;

describe('a token file', () => {
  it('holds the live token and nothing else, with the mode that was asked for, from the first mint to the next', async () => {
    const clock = new ManualClock();
    const { home, issuer, agent, log } = await start('{ token: orders, path: orders.jwt, mode: "0640" }', { clock, expiresIn: 3_600 });
    const path = join(home, 'orders.jwt');
    await until(async () => (await textOf(path)) === 'token-1');
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    clock.advance(3_000_000);
    await until(() => issuer.requests.length === 2);
    await until(async () => (await textOf(path)) === 'token-2');
    await agent.filesWritten();
    expect(await readdir(home)).toEqual(expect.arrayContaining(['evertoken.yaml', 'orders.jwt', 'state']));
    expect((await readdir(home)).filter((name) => name.startsWith('orders.jwt'))).toEqual(['orders.jwt']);
    expect(log.filter((line) => line['event'] === 'token_file.written').map((line) => line['fingerprint'])).toHaveLength(2);
    expect(JSON.stringify(log)).not.toMatch(/token-[12]/);
    expect(agent.tokens()[0]?.status.state).toBe('fresh');
  });

  it('is there when the agent says that files are written', async () => {
    const { home, agent } = await start('{ token: orders, path: orders.jwt }');
    await agent.filesWritten();
    expect(await textOf(join(home, 'orders.jwt'))).toBe('token-1');
  });

  it('is written with an adopted token too, and stays when the agent stops', async () => {
    const first = await startRunningAgent(setupWith('{ token: orders, path: orders.jwt }'));
    const path = join(first.home, 'orders.jwt');
    await until(async () => (await textOf(path)) === 'token-1');
    await first.agent.close();
    expect(await textOf(path)).toBe('token-1');
    await rm(path);
    const second = await first.restart();
    onTestFinished(() => second.close());
    await until(async () => (await textOf(path)) === 'token-1');
    expect(second.issuer.requests).toHaveLength(1);
  });

  it('leaves no token beside it where an agent was killed while it wrote, and touches nothing else', async () => {
    const first = await startRunningAgent(setupWith('{ token: orders, path: orders.jwt }'));
    const path = join(first.home, 'orders.jwt');
    await until(async () => (await textOf(path)) === 'token-1');
    await first.agent.close();
    const left = `${path}.0123456789abcdef`;
    const others = [`${path}.old`, `${path}.0123456789ABCDEF`, `${path}.0123456789abcdef0`, join(first.home, 'other.jwt.0123456789abcdef')];
    for (const name of [left, ...others]) await writeFile(name, 'a live token', { mode: 0o640 });
    await symlink('orders.jwt.old', `${path}.fedcba9876543210`);
    const second = await first.restart();
    onTestFinished(() => second.close());
    await until(async () => !(await readdir(first.home)).includes('orders.jwt.0123456789abcdef'));
    for (const name of others) expect(await textOf(name), name).toBe('a live token');
    expect((await lstat(`${path}.fedcba9876543210`)).isSymbolicLink()).toBe(true);
    expect(await textOf(path)).toBe('token-1');
  });

  it('goes with a clean stop where that is asked for, unless it is another one by then', async () => {
    const files = '{ token: orders, path: mine.jwt, remove_on_stop: true }, { token: orders, path: theirs.jwt, remove_on_stop: true }';
    const { home, agent } = await start(files);
    await until(async () => (await textOf(join(home, 'mine.jwt'))) !== '' && (await textOf(join(home, 'theirs.jwt'))) !== '');
    await rm(join(home, 'theirs.jwt'));
    await writeFile(join(home, 'theirs.jwt'), 'of somebody else');
    await agent.close();
    expect([await textOf(join(home, 'mine.jwt')), await textOf(join(home, 'theirs.jwt'))]).toEqual(['', 'of somebody else']);
  });

  it.each([
    ['removed', (path: string) => rm(path)],
    ['changed', (path: string) => writeFile(path, 'nonsense')],
    ['opened to others', (path: string) => chmod(path, 0o644)],
  ])('that somebody %s is put right within half a minute', async (_how, tamper) => {
    const clock = new ManualClock();
    const { home, log, issuer } = await start('{ token: orders, path: orders.jwt }', { clock });
    const path = join(home, 'orders.jwt');
    const written = () => log.filter((line) => line['event'] === 'token_file.written');
    await until(() => written().length === 1);
    await tamper(path);
    await until(() => {
      if (written().length < 2) clock.advance(1_000);
      return written().length === 2;
    });
    expect([await textOf(path), (await stat(path)).mode & 0o777]).toEqual(['token-1', 0o600]);
    expect(written()[1]).toMatchObject({ level: 'warn', msg: expect.stringContaining('again') as string });
    expect(issuer.requests).toHaveLength(1);
  });

  it('keeps the last token while no new one can be had', async () => {
    const clock = new ManualClock();
    const { home, issuer, agent } = await start('{ token: orders, path: orders.jwt }', { clock, expiresIn: 600 });
    await until(async () => (await textOf(join(home, 'orders.jwt'))) === 'token-1');
    issuer.answer(refuseWith(503, 'temporarily_unavailable', 'later'));
    await until(() => {
      const { state, isMinting } = agent.tokens()[0]!.status;
      if (!isMinting && state !== 'expired') clock.advance(5_000);
      return state === 'expired';
    });
    expect(await textOf(join(home, 'orders.jwt'))).toBe('token-1');
  });

  it('that becomes unwritable is told once, and written when it can be again', async () => {
    const clock = new ManualClock();
    const { home, log, issuer } = await start('{ token: orders, path: orders.jwt }', { clock });
    const path = join(home, 'orders.jwt');
    await until(async () => (await textOf(path)) === 'token-1');
    await rm(path);
    await symlink(join(home, 'evertoken.yaml'), path);
    const failures = () => log.filter((line) => line['event'] === 'token_file.failed');
    for (let look = 0; look < 3; look += 1) {
      clock.advance(30_000);
      for (let turn = 0; turn < 50; turn += 1) await setImmediate();
    }
    await until(() => failures().length > 0);
    expect(failures()).toMatchObject([
      {
        level: 'error',
        msg: expect.stringMatching(/^The token file is a symbolic link: \S+orders\.jwt; it keeps/) as string,
        step: 'Remove it, or name another path.',
      },
    ]);
    await rm(path);
    await until(async () => {
      clock.advance(1_000);
      return (await textOf(path)) === 'token-1';
    });
    expect(failures()).toHaveLength(1);
    expect(await readFile(join(home, 'evertoken.yaml'), 'utf8')).toContain('tokens:');
    expect(issuer.requests).toHaveLength(1);
  });
});

describe('a token file that cannot be', () => {
  async function folder(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), 'evertoken-file-'));
    onTestFinished(async () => {
      await chmod(path, 0o700);
      await rm(path, { recursive: true, force: true });
    });
    return path;
  }
  const check = (path: string, owner?: { uid: number; gid: number }): Promise<void> =>
    new TokenFile({ token: 'orders', path, mode: 0o600, owner, removeOnStop: false }).check();

  it('is told at the start, before anything is minted', async () => {
    let asked = 0;
    const starting = startRunningAgent({
      ...setupWith('{ token: orders, path: none/orders.jwt }'),
      before: (issuer) => {
        onTestFinished(() => issuer.close());
        issuer.answer((...exchange) => {
          asked += 1;
          return issueTokens(60)(...exchange);
        });
      },
    });
    await expect(starting).rejects.toMatchObject({
      code: 'token_file_unusable',
      problem: 'The token file has no folder',
      place: expect.stringMatching(/none\/orders\.jwt$/) as string,
      step: expect.stringMatching(/^Make \S+none a folder that this user may write in\.$/) as string,
    });
    expect(asked).toBe(0);
  });

  it.each([
    [
      'a link stands there',
      (home: string) => symlink('/etc/hostname', join(home, 'a')),
      'is a symbolic link',
      'Remove it, or name another path.',
    ],
    ['a folder stands there', (home: string) => mkdir(join(home, 'a')), 'is no plain file', 'Remove it, or name another path.'],
    [
      'its folder is open to others',
      (home: string) => chmod(home, 0o777),
      'is in a folder that others may write in (mode 0777)',
      /chmod go-w/,
    ],
    [
      'its folder is open to a group',
      (home: string) => chmod(home, 0o770),
      'is in a folder that others may write in (mode 0770)',
      /chmod go-w/,
    ],
  ])('because %s is refused', async (_why, prepare, problem, step) => {
    const home = await folder();
    await prepare(home);
    await expect(check(join(home, 'a'))).rejects.toMatchObject({
      problem: `The token file ${problem}`,
      place: join(home, 'a'),
      message: `The token file ${problem}: ${join(home, 'a')}`,
      step: expect.stringMatching(step) as string,
    });
    expect((await readdir(home)).filter((name) => name.startsWith('a.'))).toEqual([]);
  });

  it('because its folder is a link is refused, and the folder itself is not', async () => {
    const home = await folder();
    await mkdir(join(home, 'real'), { mode: 0o755 });
    await symlink(join(home, 'real'), join(home, 'link'));
    await expect(check(join(home, 'link', 'a'))).rejects.toMatchObject({
      message: expect.stringContaining('is not in a folder') as string,
    });
    await check(join(home, 'real', 'a'));
    expect(await readdir(join(home, 'real'))).toEqual([]);
  });

  it.skipIf(isRoot)('because it may not be given away, or written, is refused', async () => {
    const home = await folder();
    await expect(check(join(home, 'a'), { uid: 0, gid: 0 })).rejects.toMatchObject({
      message: expect.stringContaining('cannot be given to user 0 and group 0 (EPERM)') as string,
    });
    await chmod(home, 0o500);
    await expect(check(join(home, 'a'))).rejects.toMatchObject({
      message: expect.stringContaining('cannot be written (EACCES)') as string,
    });
  });

  it.runIf(isRoot)('is given to its owner where this user may do that', async () => {
    const home = await folder();
    const file = new TokenFile({ token: 'orders', path: join(home, 'a'), mode: 0o440, owner: { uid: 12, gid: 34 }, removeOnStop: false });
    await file.write('token');
    const { uid, gid, mode } = await lstat(join(home, 'a'));
    expect([uid, gid, mode & 0o777, await file.isIntact()]).toEqual([12, 34, 0o440, true]);
    const foreign = join(home, 'foreign');
    await mkdir(foreign);
    await chown(foreign, 12, 34);
    await expect(check(join(foreign, 'a'))).rejects.toMatchObject({
      message: expect.stringContaining('is in a folder of another user (uid 12)') as string,
    });
  });
});

import { type AddressInfo, createServer } from 'node:net';
import { bundleProgram, runProcess, type SpawnedProcess, type SpawnOptions, spawnProcess } from '@evertoken/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';

function start(script: string, options?: SpawnOptions): SpawnedProcess {
  const spawned = spawnProcess(process.execPath, ['-e', script], options);
  onTestFinished(() => spawned.stop());
  return spawned;
}

describe('a spawned process', () => {
  it('runs to its end with the environment and input it was given and nothing else', async () => {
    const script =
      "process.stdin.on('data', (text) => { console.log(text + process.env.GREETING + process.env.HOME); console.error('err'); process.exitCode = 3; })";
    expect(await runProcess(process.execPath, ['-e', script], { env: { GREETING: 'hello' }, input: 'well, ' })).toEqual({
      code: 3,
      signal: null,
      stdout: 'well, helloundefined\n',
      stderr: 'err\n',
    });
  });

  it('is waited for until it prints a line, on either stream', async () => {
    const spawned = start("setTimeout(() => console.error('port 8400'), 20); setInterval(() => {}, 1000)");
    expect((await spawned.waitFor(/port (\d+)/))[1]).toBe('8400');
  });

  it('rejects with all its output when it ends before it prints the line', async () => {
    await expect(start("console.log('so far'); process.exit(4)").waitFor(/never/)).rejects.toThrow(
      /ended with code 4 without a match of \/never\/[\s\S]*so far/,
    );
  });

  it('rejects when the deadline passes first', async () => {
    await expect(start('setInterval(() => {}, 1000)').waitFor(/never/, 30)).rejects.toThrow('30 ms passed without a match of /never/');
  });

  it('rejects when the program does not exist', async () => {
    await expect(runProcess('no-such-program', [])).rejects.toThrow(/no-such-program: could not run/);
  });

  it('gets signals with its children, as from a terminal', async () => {
    const child =
      "process.on('SIGINT', () => { console.log('child'); process.exit(0); }); setInterval(() => {}, 1000); console.log('child ready')";
    const parent = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'inherit' }).on('exit', () => console.log('parent')); process.on('SIGINT', () => {});`;
    const spawned = start(parent);
    await spawned.waitFor(/child ready/);
    spawned.signal('SIGINT');
    expect((await spawned.exit()).stdout).toBe('child ready\nchild\nparent\n');
  });

  it('is gone, children and all, once stopped', async () => {
    const spawned = start(
      "const c = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' }); c.on('spawn', () => console.log('child runs'))",
    );
    await spawned.waitFor(/child runs/);
    // Resolves when the last holder of the output has closed it, which the child does only by ending.
    await spawned.stop();
    expect((await spawned.exit()).signal).toBe('SIGKILL');
  });

  it('ends with the process that started it, though that stopped nothing', async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      socket.on('error', () => undefined).on('close', () => (connections -= 1));
      onTestFinished(() => void socket.destroy());
    });
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const began = new Promise((resolve) => server.once('connection', resolve));
    const program = await bundleProgram(new URL('programs/careless-parent.ts', import.meta.url));
    expect((await runProcess(process.execPath, [program, String((server.address() as AddressInfo).port)])).code).toBe(0);
    await began;
    await expect.poll(() => connections).toBe(0);
  });
});

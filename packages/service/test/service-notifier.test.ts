import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { freshFolder, type SpawnedProcess, spawnProcess } from '@evertoken/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openServiceNotifier, type ServiceNotifier } from '../src/index.ts';

/** What systemd is to a service: a unix datagram socket. Prints each datagram as a line of JSON. */
const listener = `
import json, socket, sys
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(sys.argv[1])
print('listens', flush=True)
while True:
    print(json.dumps(manager.recv(4096).decode()), flush=True)
`;
const { PATH } = process.env;
const hasPrograms = ['python3', 'systemd-notify'].every((program) => spawnSync(program, ['--version'], { env: { PATH } }).status === 0);

/** A service manager, a notifier that tells it, and the timers that the notifier set. */
async function start(env: Record<string, string> = {}): Promise<{
  notifier: ServiceNotifier;
  manager: SpawnedProcess;
  timers: { wake: () => void; delayMs: number }[];
  errors: Error[];
  told: () => string[];
}> {
  const socket = join(await freshFolder(), 'notify.sock');
  const manager = spawnProcess('python3', ['-c', listener, socket], { env: { PATH } });
  onTestFinished(() => manager.stop());
  await manager.waitFor(/listens/);
  const timers: { wake: () => void; delayMs: number }[] = [];
  const errors: Error[] = [];
  const notifier = openServiceNotifier(
    { NOTIFY_SOCKET: socket, PATH, ...env },
    {
      setTimer: (wake, delayMs) => {
        timers.push({ wake, delayMs });
        return { cancel: () => timers.pop() };
      },
      onError: (error) => errors.push(error),
    },
  );
  const told = (): string[] =>
    manager.stdout
      .split('\n')
      .filter((line) => line.startsWith('"'))
      .map((line) => JSON.parse(line) as string)
      // Its own way to wait until the message has been read.
      .filter((text) => !text.startsWith('BARRIER'));
  return { notifier, manager, timers, errors, told };
}

describe.skipIf(!hasPrograms)('the service manager', () => {
  it('is told, in order, how the process stands', async () => {
    const { notifier, manager, errors, told } = await start();
    void notifier.ready('2 tokens\nare fresh');
    void notifier.status('1 token is due');
    void notifier.reloading();
    await notifier.stopping();
    await manager.waitFor(/STOPPING=1/);
    expect(told().map((text) => text.trim())).toEqual([
      'READY=1\nSTATUS=2 tokens are fresh',
      'STATUS=1 token is due',
      expect.stringMatching(/^RELOADING=1\nMONOTONIC_USEC=\d+$/),
      'STOPPING=1',
    ]);
    expect(errors).toEqual([]);
  });

  it('hears that the process lives at half the time of its watchdog, from ready to close', async () => {
    const { notifier, manager, timers, told } = await start({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: String(process.pid) });
    expect(timers).toEqual([]);
    await notifier.ready('up');
    expect(timers.map(({ delayMs }) => delayMs)).toEqual([15_000]);
    timers.pop()?.wake();
    await manager.waitFor(/WATCHDOG=1/);
    expect(timers.map(({ delayMs }) => delayMs)).toEqual([15_000]);
    await notifier.ready('still up');
    expect(timers).toHaveLength(1);
    await notifier.close();
    expect(timers).toEqual([]);
    expect(told().filter((text) => text.startsWith('WATCHDOG'))).toHaveLength(1);
  });

  it('has heard everything when the notifier is closed', async () => {
    const { notifier, manager } = await start();
    let isTold = false;
    void notifier.ready('up');
    void notifier.stopping().then(() => {
      isTold = true;
    });
    await notifier.close();
    expect(isTold).toBe(true);
    await manager.waitFor(/STOPPING=1/);
  });

  it('has no watchdog for another process', async () => {
    const { notifier, timers } = await start({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '1' });
    await notifier.ready('up');
    expect(timers).toEqual([]);
  });
});

describe('without a service manager', () => {
  const setTimer = (): never => {
    throw new Error('no timer is needed');
  };

  it('nothing is told, and nothing fails', async () => {
    const errors: Error[] = [];
    const notifier = openServiceNotifier({ WATCHDOG_USEC: '1000' }, { setTimer, onError: (error) => errors.push(error) });
    for (const tell of [notifier.ready('x'), notifier.status('x'), notifier.reloading(), notifier.stopping()]) await tell;
    await notifier.close();
    expect(errors).toEqual([]);
  });

  it('whose program is missing, that is told once', async () => {
    const errors: Error[] = [];
    const env = { NOTIFY_SOCKET: join(await freshFolder(), 'none.sock'), PATH: '/nonexistent' };
    const notifier = openServiceNotifier(env, { setTimer, onError: (error) => errors.push(error) });
    await notifier.ready('x');
    await notifier.stopping();
    expect(errors.map(({ message }) => message)).toEqual(['the service manager could not be told by `systemd-notify` (ENOENT)']);
  });
});

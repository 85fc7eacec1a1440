import { execFile } from 'node:child_process';
import type { SetTimer, Timer } from './set-timer.ts';

/** Tells the service manager (systemd) the state of the process. Does nothing where there is no service manager. No call ever rejects. */
export interface ServiceNotifier {
  /** The process is ready, at first or again after a reload. From the first call on the watchdog, if there is one, is told twice a period that it lives. */
  ready(status: string): Promise<void>;
  /** One line on how it goes, for `systemctl status`. */
  status(text: string): Promise<void>;
  /** A reload has begun; `ready` ends it. */
  reloading(): Promise<void>;
  stopping(): Promise<void>;
  /** Stops telling the watchdog. Resolves when all that was said before has been told: a process that ends sooner loses its last messages. */
  close(): Promise<void>;
}

const tellWithinMs = 5_000;

/**
 * Speaks the protocol of sd_notify(3) to the socket that `NOTIFY_SOCKET` of `env` names, through the program `systemd-notify`: Node.js has no unix datagram
 * sockets. The unit needs `NotifyAccess=all`. The first failure is told to `onError`; further ones are not.
 */
export function openServiceNotifier(
  env: Readonly<Record<string, string | undefined>>,
  options: {
    readonly setTimer: SetTimer;
    readonly onError: (error: Error) => void;
  },
): ServiceNotifier {
  const socket = env['NOTIFY_SOCKET'];
  if (socket === undefined || socket === '') return silent;
  const watchdogMs = watchdogOf(env);
  let isErrorTold = false;
  let isClosed = false;
  let timer: Timer | undefined;
  let last: Promise<void> = Promise.resolve();

  // One after the other: what is told later must not arrive earlier.
  const tell = (...lines: string[]): Promise<void> => {
    last = last
      .then(() => run(lines, { NOTIFY_SOCKET: socket, PATH: env['PATH'] }))
      .catch((error: Error) => {
        if (!isErrorTold) options.onError(error);
        isErrorTold = true;
      });
    return last;
  };
  const watch = (): void => {
    if (watchdogMs === undefined || isClosed) return;
    timer = options.setTimer(() => {
      void tell('WATCHDOG=1');
      watch();
    }, watchdogMs / 2);
  };
  return {
    ready(status) {
      if (timer === undefined) watch();
      return tell('READY=1', `STATUS=${oneLine(status)}`);
    },
    status: (text) => tell(`STATUS=${oneLine(text)}`),
    reloading: () => tell('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1_000n}`),
    stopping: () => tell('STOPPING=1'),
    close() {
      isClosed = true;
      timer?.cancel();
      return last;
    },
  };
}

const silent: ServiceNotifier = {
  ready: async () => undefined,
  status: async () => undefined,
  reloading: async () => undefined,
  stopping: async () => undefined,
  close: async () => undefined,
};

/** Period of the watchdog, ms; undefined where there is none, or where it watches another process. */
function watchdogOf(env: Readonly<Record<string, string | undefined>>): number | undefined {
  const { WATCHDOG_USEC: usec = '', WATCHDOG_PID: pid = '' } = env;
  const isOurs = pid === '' || pid === String(process.pid);
  return isOurs && /^[1-9]\d*$/.test(usec) ? Number(usec) / 1_000 : undefined;
}

function run(lines: readonly string[], env: Readonly<Record<string, string | undefined>>): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile('systemd-notify', lines, { env: { ...env }, timeout: tellWithinMs }, (error) => {
      if (error === null) return resolve();
      const why = error.code === undefined || error.code === null ? String(error.signal) : String(error.code);
      reject(new Error(`the service manager could not be told by \`systemd-notify\` (${why})`, { cause: error }));
    });
  });
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

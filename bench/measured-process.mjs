import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { openChannel } from './channel.mjs';

const LONGEST_MS = 300_000;

/**
 * Starts `script` (URL) in a process of its own and gives `{ call, end }`: `call(method, argument)` asks it something, `end` lets it go.
 * `methods` is what it may ask of us. Its own output is shown only where it failed.
 */
export function startMeasuredProcess(script, { args = [], methods = {}, env = {}, nodeOptions = [] } = {}) {
  const { NODE_OPTIONS: _, NODE_EXTRA_CA_CERTS: __, ...inherited } = process.env;
  const child = fork(fileURLToPath(script), args, {
    execArgv: nodeOptions,
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const output = [];
  child.stdout.on('data', (chunk) => output.push(chunk));
  child.stderr.on('data', (chunk) => output.push(chunk));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const call = openChannel(child, methods);
  return {
    /** @throws with what the process printed, where it ended or took longer than five minutes. */
    async call(method, argument) {
      let timer;
      const tooLong = new Promise((_resolve, reject) => {
        timer = setTimeout(() => reject(new Error(`${method} took more than ${LONGEST_MS / 1000} s`)), LONGEST_MS);
      });
      try {
        return await Promise.race([call(method, argument), tooLong]);
      } catch (error) {
        throw new Error(`${args.join(' ')}: ${error.message}\n${Buffer.concat(output).toString()}`.trim());
      } finally {
        clearTimeout(timer);
      }
    },
    async end() {
      // The process ends itself when it is let go (see each script); one that hangs is killed.
      if (child.connected) child.disconnect();
      const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await ended;
      clearTimeout(timer);
    },
  };
}

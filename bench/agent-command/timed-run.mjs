import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** How long `node ARGS` takes from start to end, ms. @throws with what it printed, where it fails or `isRight` does not find its output so. */
export async function timeRun(args, { env, isRight = () => true } = {}) {
  const begun = performance.now();
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err] = [[], []];
  child.stdout.on('data', (chunk) => out.push(chunk));
  child.stderr.on('data', (chunk) => err.push(chunk));
  const exited = once(child, 'exit').then(([code]) => ({ code, ms: performance.now() - begun }));
  // The rest of what it printed may come after it has ended.
  await once(child, 'close');
  const { code, ms } = await exited;
  const printed = Buffer.concat(out).toString();
  if (code !== 0 || !isRight(printed)) throw new Error(`node ${args.join(' ')} ended with ${code}: ${printed}${Buffer.concat(err)}`);
  return { ms };
}

/** How long `node ARGS`, an agent, takes from its start until its log says that it is ready, ms; it is then stopped. */
export async function timeStart(args, { env }) {
  const begun = performance.now();
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit');
  let log = '';
  try {
    for await (const chunk of child.stderr) {
      log += chunk;
      // Written when it listens and holds a usable token.
      if (log.includes('"event":"agent.listening"')) return { ms: performance.now() - begun };
    }
    throw new Error(`The agent did not start: ${log}`);
  } finally {
    child.kill('SIGTERM');
    child.stderr.destroy();
    await ended;
  }
}

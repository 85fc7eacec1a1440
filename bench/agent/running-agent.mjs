import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startMeasuredProcess } from '../measured-process.mjs';
import { writeAgentConfig } from './agent-config.mjs';
import { programs } from './agent-program.mjs';

const POLL_MS = 20;
const LONGEST_MS = 30_000;

/** Starts `evertoken start`, packed, in a process of its own and waits until it holds its token. `url`, `socketPath` and `appKey` are for whoever asks it. */
export async function startAgent(workplace, name, options) {
  const { args, env, ...agent } = await writeAgentConfig(workplace, name, options);
  const nodeOptions = ['--import', new URL('process-hook.mjs', import.meta.url).href];
  const running = workplace.keep(startMeasuredProcess(programs.packed, { args, env, nodeOptions }));
  for (const until = performance.now() + LONGEST_MS; ; ) {
    // Tells also where the process has ended, and why.
    await running.call('cpu');
    const url = await urlIn(join(agent.home, 'env'));
    if (url !== undefined && (await isReady(url))) return { ...agent, ...running, url };
    if (performance.now() > until) throw new Error(`The agent is not ready after ${LONGEST_MS / 1000} s.`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function urlIn(file) {
  const text = await readFile(file, 'utf8').catch(() => '');
  return /^EVERTOKEN_URL=["']?(http:[^"'\s]+)/m.exec(text)?.[1];
}

async function isReady(url) {
  const answer = await fetch(`${url}/readyz`).catch(() => undefined);
  await answer?.arrayBuffer();
  return answer?.status === 200;
}

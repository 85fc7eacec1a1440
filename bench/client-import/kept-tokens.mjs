import { startMeasuredProcess } from '../measured-process.mjs';
import { rounded } from '../statistics.mjs';
import { table } from '../table.mjs';

const TOKENS = 10_000;
const IDLE_MS = 10_000;

/** What ten thousand kept tokens cost a process that does nothing else. */
export async function measureKeptTokens() {
  const running = startMeasuredProcess(new URL('kept-tokens-process.mjs', import.meta.url), { nodeOptions: ['--expose-gc'] });
  try {
    return await running.call('measure', { tokens: TOKENS, idleMs: IDLE_MS });
  } finally {
    await running.end();
  }
}

export function keptTokensTable({ rssBytes, heapBytes, timers, idleCpuMs, idleMs, wakeEveryMs }) {
  const MB = (bytes) => rounded(bytes / 1e6);
  return table(
    ['10 000 kept tokens, none due', ''],
    [
      ['RSS growth, MB', MB(rssBytes)],
      ['heap growth, MB (6.7 of them are the tokens themselves)', MB(heapBytes)],
      ['timers set', timers],
      [`CPU of ${idleMs / 1000} s of doing nothing, ms, with a wake each second`, rounded(idleCpuMs)],
      ['CPU share at the default, a wake each 30 s, at most, %', rounded((100 * idleCpuMs * wakeEveryMs) / (idleMs * 30_000))],
    ],
  );
}

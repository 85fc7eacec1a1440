import { randomBytes } from 'node:crypto';
import { startPrivateRedis } from '@evertoken/testkit';
import { startMeasuredProcess } from '../measured-process.mjs';
import { median, rounded } from '../statistics.mjs';
import { table } from '../table.mjs';

/** What a fresh token costs its reader where it is shared through Redis, beside one that is not. */
export async function fleetReads(say, { isQuick }) {
  const rounds = isQuick ? 3 : 31;
  const [there, stopped] = [await startPrivateRedis(), await startPrivateRedis()];
  const subjects = [
    { name: 'memory only', redis: undefined },
    { name: 'memory only, once more', redis: undefined },
    { name: 'a shared store, Redis there', redis: there },
    { name: 'a shared store, Redis stopped (SIGSTOP)', redis: stopped },
  ];
  const key = randomBytes(32).toString('base64');
  const processes = [];
  try {
    for (const { redis } of subjects) {
      const running = startMeasuredProcess(new URL('reader-process.mjs', import.meta.url), { nodeOptions: ['--expose-gc'] });
      processes.push(running);
      await running.call('prepare', { key, ...(redis && { redisUrl: `redis://127.0.0.1:${redis.port}` }) });
    }
    stopped.signal('SIGSTOP');
    say(`reads in ${rounds} rounds …`);
    const samples = subjects.map(() => []);
    for (let round = 0; round < rounds; round += 1) {
      // Not always in the same order: what one leaves behind for the next is not always the same one's.
      for (let turn = 0; turn < subjects.length; turn += 1) {
        const index = (round + turn) % subjects.length;
        samples[index].push(await processes[index].call('nanoseconds'));
      }
    }
    const results = subjects.map(({ name }, index) => ({
      name,
      ns: rounded(median(samples[index])),
      ratio: rounded(median(samples[index].map((ns, round) => ns / samples[0][round]))),
    }));
    const rows = results.map(({ name, ns, ratio }) => [name, ns, ratio]);
    return { results: { rounds, reads: results }, tables: [table(['one awaited read, shared or not', 'ns', '× memory only'], rows)] };
  } finally {
    stopped.signal('SIGCONT');
    for (const running of processes) await running.end();
    await Promise.all([there.stop(), stopped.stop()]);
  }
}

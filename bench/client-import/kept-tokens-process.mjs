// Keeps many tokens and looks at what that costs; the answers come from memory, so that no socket is in the numbers.
import { randomBytes } from 'node:crypto';
import { openChannel } from '../channel.mjs';

process.on('disconnect', () => process.exit(0));

/** Tokens minted at a time: the garbage of a mint is not what keeping costs. */
const BATCH = 100;
/** The keeper's timer sleeps 30 s at most; at a second it costs thirty times as much, and something can be measured. */
const WAKE_MS = 1_000;
const LIFETIME_SECONDS = 86_400;

const timers = countTimers();
const { TokenKeeper } = await import('@evertoken/client');

const answer = () => {
  const token = { access_token: randomBytes(500).toString('base64url'), token_type: 'Bearer', expires_in: LIFETIME_SECONDS };
  return Promise.resolve(new Response(JSON.stringify(token), { headers: { 'content-type': 'application/json' } }));
};

async function memory() {
  for (let i = 0; i < 5; i += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc();
  }
  const { rss, heapUsed } = process.memoryUsage();
  return { rss, heapUsed };
}

async function cpuOver(ms) {
  const begun = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, ms));
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1000;
}

openChannel(process, {
  async measure({ tokens, idleMs }) {
    // One issuer is asked five times a second at most; here that would be a wait of half an hour.
    const policy = { maxSleepMs: WAKE_MS, issuerRatePerSecond: 1e6, issuerBurst: 1e6 };
    const keeper = new TokenKeeper({ fetch: answer, policy });
    const keep = (index) =>
      keeper.keep({ tokenEndpoint: 'https://issuer.example/oauth/token', clientId: `client-${index}`, clientSecret: 'secret' });
    // What the first mints load, and the young generation that any work fills, belong to no token.
    for (let index = 0; index < BATCH; index += 1) await keep(index).get();
    for (let index = 0; index < 2 * tokens; index += 1) await (await answer()).json();
    const before = await memory();
    for (let begin = BATCH; begin < tokens + BATCH; begin += BATCH) {
      await Promise.all(Array.from({ length: BATCH }, (_, offset) => keep(begin + offset).get()));
      if (begin % 1_000 === 0) globalThis.gc();
    }
    const after = await memory();
    const states = new Set(keeper.kept.map((kept) => kept.status().state));
    return {
      tokens,
      states: [...states],
      rssBytes: after.rss - before.rss,
      heapBytes: after.heapUsed - before.heapUsed,
      timers: timers.count(),
      wakeEveryMs: WAKE_MS,
      idleCpuMs: await cpuOver(idleMs),
      idleMs,
    };
  },
});

/** Counts the timers that are set and have not fired. */
function countTimers() {
  const live = new Set();
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  globalThis.setTimeout = (fire, ms, ...rest) => {
    const timer = set(() => {
      live.delete(timer);
      fire(...rest);
    }, ms);
    live.add(timer);
    return timer;
  };
  globalThis.clearTimeout = (timer) => {
    live.delete(timer);
    clear(timer);
  };
  return { count: () => live.size };
}

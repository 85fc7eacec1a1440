// A process that keeps the fleet's token with the library, reads it in a loop and calls the API with it: set up by its first message, it tells what it read and what
// happened to it, and ends with whoever started it.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { TokenKeeper } from '@evertoken/client';
import { openRedisStore } from '@evertoken/redis';

/** Reads that wait at a time: more would prove nothing. */
const MOST_WAITING = 50;
const TELL_EVERY_MS = 100;

process.on('disconnect', () => process.exit(0));
const [settings] = await once(process, 'message');
const { redisUrl, sealingKey, request, secretFiles, apiUrl, readEveryMs, callEveryMs } = settings;

const store = await openRedisStore({ url: redisUrl, keys: [Buffer.from(sealingKey, 'base64')] });
const keeper = new TokenKeeper({ store });
let news = { events: [], reads: [], calls: [] };
for (const event of ['minted', 'adopted', 'failed', 'rejected', 'secretRotated', 'storeDegraded', 'storeRecovered']) {
  keeper.on(event, ({ expiresAt, code, message }) => news.events.push({ event, at: Date.now(), expiresAt, code, message }));
}
setInterval(() => {
  const told = news;
  news = { events: [], reads: [], calls: [] };
  process.send(told);
}, TELL_EVERY_MS);

if (readEveryMs === undefined) {
  // All that are to come at once are ready before the first of them asks.
  process.send({ ...news, isReady: true });
  await once(process, 'message');
}
const clientSecret = secretFiles.map((file) => async () => (await readFile(file, 'utf8')).trim());
const kept = keeper.keep({ ...request, clientSecret });

let waiting = 0;
async function read() {
  if (waiting >= MOST_WAITING) return;
  waiting += 1;
  const askedAt = Date.now();
  try {
    const { accessToken, fingerprint } = await kept.get();
    const answeredAt = Date.now();
    const { exp, aud } = JSON.parse(Buffer.from(accessToken.split('.')[1], 'base64url').toString());
    news.reads.push({ askedAt, answeredAt, fingerprint, audience: aud, exp });
  } catch (error) {
    news.reads.push({ askedAt, answeredAt: Date.now(), code: error.code ?? error.message });
  } finally {
    waiting -= 1;
  }
}

async function call() {
  const askedAt = Date.now();
  const status = await kept.fetch(apiUrl).then(
    async (answer) => {
      await answer.body?.cancel();
      return answer.status;
    },
    () => 0,
  );
  news.calls.push({ askedAt, at: Date.now(), status });
}

await read();
if (readEveryMs !== undefined) {
  setInterval(() => void read(), readEveryMs);
  setInterval(() => void call(), callEveryMs);
}

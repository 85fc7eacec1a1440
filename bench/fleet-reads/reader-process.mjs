// One keeper that holds a fresh token, over no store or a shared one, read as fast as it goes: called over the channel.
import { TokenKeeper } from '@evertoken/client';
import { openRedisStore } from '@evertoken/redis';
import { openChannel } from '../channel.mjs';
import { awaited } from '../client-get/scenarios/read-samples.mjs';

process.on('disconnect', () => process.exit(0));

const answer = { access_token: 'x'.repeat(667), token_type: 'Bearer', expires_in: 86_400 };
let keeper;
let sample;

openChannel(process, {
  async prepare({ redisUrl, key }) {
    const store = redisUrl && (await openRedisStore({ url: redisUrl, keys: [Buffer.from(key, 'base64')] }));
    keeper = new TokenKeeper({ ...(store && { store }), fetch: () => Promise.resolve(Response.json(answer)) });
    const kept = keeper.keep({ tokenEndpoint: 'https://issuer.example/oauth/token', clientId: 'worker', clientSecret: 'secret' });
    const read = () => kept.get();
    await read();
    sample = await awaited('get', read);
    await sample.warmUp();
  },
  /** ns of one read. */
  nanoseconds: () => sample.nanoseconds(),
  isStoreDown: () => keeper.isSharedStoreDown,
});

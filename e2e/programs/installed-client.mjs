// A program that has installed the client: node installed-client.mjs TOKEN_ENDPOINT
import { TokenError, TokenKeeper } from '@evertoken/client';
import { tokenSupplier } from '@evertoken/client/adapters';
import { openFileStore } from '@evertoken/client/file-store';
import { secretFromEnv } from '@evertoken/client/secrets';

const [tokenEndpoint] = process.argv.slice(2);
const request = { tokenEndpoint, clientId: 'worker', clientSecret: secretFromEnv('WORKER_SECRET') };

/** What a process that starts finds: the token of the one before it. */
async function firstToken() {
  const store = await openFileStore({ folder: 'tokens', key: Buffer.alloc(32, 1) });
  const keeper = new TokenKeeper({ store });
  const kept = keeper.keep(request);
  const token = await tokenSupplier(kept)();
  const { fingerprint } = await kept.get();
  await keeper.close();
  return { token, fingerprint };
}

const [before, after] = [await firstToken(), await firstToken()];
console.log(JSON.stringify({ before, after, hasErrors: typeof TokenError === 'function' }));

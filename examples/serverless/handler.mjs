import { TokenKeeper } from '@evertoken/client';
import { openRedisStore } from '@evertoken/redis';

const { AUTH0_DOMAIN, AUTH0_CLIENT_ID, AUTH0_CLIENT_SECRET, REDIS_URL, EVERTOKEN_STORE_KEY } = process.env;

// Once an instance, not once a call: what is held here is there again when the instance thaws.
const store = await openRedisStore({ url: REDIS_URL, keys: [Buffer.from(EVERTOKEN_STORE_KEY, 'base64')] });
// An instance is frozen between calls: timers would fire late or never, so each call looks at the clock itself.
const keeper = new TokenKeeper({ store, schedule: 'on-access' });
const management = keeper.keep({ domain: AUTH0_DOMAIN, clientId: AUTH0_CLIENT_ID, clientSecret: AUTH0_CLIENT_SECRET });

/** The names of the tenant's applications. */
export async function handler() {
  const response = await management.fetch(`https://${AUTH0_DOMAIN}/api/v2/clients?fields=name`);
  if (!response.ok) return { statusCode: 502, body: `the API answered ${response.status}` };
  const clients = await response.json();
  return { statusCode: 200, body: JSON.stringify(clients.map(({ name }) => name)) };
}

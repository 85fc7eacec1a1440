// node-auth0 with the library's kept token in its `token` option.
import { keepToken } from '@evertoken/client';
import { ManagementClient } from 'auth0';

const kept = keepToken({
  domain: process.env.AUTH0_DOMAIN,
  clientId: process.env.AUTH0_CLIENT_ID,
  clientSecret: process.env.AUTH0_CLIENT_SECRET,
});
const management = new ManagementClient({
  domain: process.env.AUTH0_DOMAIN,
  token: async () => (await kept.get()).accessToken,
});
for await (const { name } of await management.clients.list()) console.log(name);
console.log(`${kept.status().mints} mint`);

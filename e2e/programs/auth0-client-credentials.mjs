// node-auth0 as its own documentation shows it: domain, id and secret.
import { ManagementClient } from 'auth0';

const management = new ManagementClient({
  domain: process.env.AUTH0_DOMAIN,
  clientId: process.env.AUTH0_CLIENT_ID,
  clientSecret: process.env.AUTH0_CLIENT_SECRET,
});
for await (const { name } of await management.clients.list()) console.log(name);

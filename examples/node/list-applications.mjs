// Lists the applications of an Auth0 tenant through the Management API, one "name<TAB>client_id" line each.
import axios from 'axios';

const domain = process.env.AUTH0_DOMAIN;

try {
  const { data: token } = await axios.post(
    `https://${domain}/oauth/token`,
    new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: process.env.AUTH0_CLIENT_ID,
      client_secret: process.env.AUTH0_CLIENT_SECRET,
      audience: process.env.AUTH0_AUDIENCE ?? `https://${domain}/api/v2/`,
    }),
  );
  const { data: applications } = await axios.get(`https://${domain}/api/v2/clients`, {
    headers: { Authorization: `Bearer ${token.access_token}` },
  });
  for (const { name, client_id } of applications) console.log(`${name}\t${client_id}`);
} catch (error) {
  const { response } = error;
  console.error(
    response ? `${response.config.url}: ${response.status} ${JSON.stringify(response.data)}` : `no answer from ${domain}: ${error.message}`,
  );
  process.exitCode = 1;
}

import { ClientSecretPost, Configuration, clientCredentialsGrant } from 'openid-client';

export default {
  note: 'has no cache, on purpose: each read is a request',
  make({ origin, tokenEndpoint, clientId, clientSecret, audience }) {
    const server = { issuer: origin, token_endpoint: tokenEndpoint };
    const configuration = new Configuration(server, clientId, undefined, ClientSecretPost(clientSecret));
    return { read: () => clientCredentialsGrant(configuration, { audience }), tokenOf: (answer) => answer.access_token };
  },
};

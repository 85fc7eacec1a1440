import { TokenProvider } from 'auth0/management';

export default {
  note: 'TokenProvider, exported for "lower-level control over the token lifecycle"',
  make({ host, clientId, clientSecret, audience }) {
    const provider = new TokenProvider({ domain: host, clientId, clientSecret, audience });
    return { read: () => provider.getAccessToken(), tokenOf: (token) => token };
  },
};

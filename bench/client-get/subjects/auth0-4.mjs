// By its file: ManagementClient 4 uses this class for every call, and has no door to its token alone.
import { TokenProvider } from '../../node_modules/auth0-4/dist/esm/management/token-provider.js';

export default {
  note: 'TokenProvider, the class inside ManagementClient',
  make({ host, clientId, clientSecret, audience }) {
    const provider = new TokenProvider({ domain: host, clientId, clientSecret, audience });
    return { read: () => provider.getAccessToken(), tokenOf: (token) => token };
  },
};

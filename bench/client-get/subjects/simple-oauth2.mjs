import { ClientCredentials } from 'simple-oauth2';

// The window of its README.
const EXPIRATION_WINDOW_IN_SECONDS = 300;

export default {
  note: 'keeps no token: the pattern of its README around `expired(300)`',
  make({ origin, clientId, clientSecret, audience }) {
    const client = new ClientCredentials({
      client: { id: clientId, secret: clientSecret },
      auth: { tokenHost: origin, tokenPath: '/oauth/token' },
      options: { authorizationMethod: 'body' },
    });
    let token;
    const read = async () => {
      if (token === undefined || token.expired(EXPIRATION_WINDOW_IN_SECONDS)) token = await client.getToken({ audience });
      return token;
    };
    return { read, tokenOf: (held) => held.token.access_token };
  },
};

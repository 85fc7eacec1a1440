import { OAuth2Client, OAuth2Fetch } from '@badgateway/oauth2-client';

export default {
  note: 'OAuth2Fetch.getAccessToken with `clientCredentials` for getNewToken',
  make({ origin, tokenEndpoint, clientId, clientSecret, audience }) {
    const client = new OAuth2Client({
      server: origin,
      tokenEndpoint,
      clientId,
      clientSecret,
      authenticationMethod: 'client_secret_post',
    });
    const wrapper = new OAuth2Fetch({ client, getNewToken: () => client.clientCredentials({ extraParams: { audience } }) });
    return { read: () => wrapper.getAccessToken(), tokenOf: (token) => token };
  },
};

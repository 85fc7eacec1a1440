import { generateKeyPairSync } from 'node:crypto';
import { GDCH_SERVICE_ACCOUNT_TYPE, GdchClient } from 'google-auth-library';

export default {
  note: 'GdchClient: its one service account whose token endpoint may be named; a signed assertion in place of the secret. Its cache is OAuth2Client’s, as in JWT',
  make({ tokenEndpoint, clientId, audience }) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const account = new GdchClient();
    account.fromJSON({
      type: GDCH_SERVICE_ACCOUNT_TYPE,
      format_version: '1',
      project: 'bench',
      private_key_id: 'bench',
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      name: clientId,
      token_uri: tokenEndpoint,
    });
    const client = account.createWithGdchAudience(audience);
    return { read: () => client.getAccessToken(), tokenOf: (result) => result.token };
  },
};

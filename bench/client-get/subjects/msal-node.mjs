import { ConfidentialClientApplication, ProtocolMode } from '@azure/msal-node';

export default {
  note: 'acquireTokenByClientCredential, generic OIDC authority, metadata passed in so that nothing is discovered',
  make({ origin, host, tokenEndpoint, clientId, clientSecret, audience }) {
    const authority = `${origin}/`;
    const application = new ConfidentialClientApplication({
      auth: {
        clientId,
        clientSecret,
        authority,
        knownAuthorities: [host],
        authorityMetadata: JSON.stringify({
          issuer: authority,
          token_endpoint: tokenEndpoint,
          authorization_endpoint: `${origin}/authorize`,
          jwks_uri: `${origin}/.well-known/jwks.json`,
        }),
      },
      system: { protocolMode: ProtocolMode.OIDC },
    });
    const request = { scopes: [`${audience}/.default`] };
    return { read: () => application.acquireTokenByClientCredential(request), tokenOf: (result) => result.accessToken };
  },
};

import { OAuth2Server } from 'oauth2-mock-server';

/** As its documentation has it; it takes any client for what it says it is. */
export async function startIssuer() {
  const server = new OAuth2Server();
  await server.issuer.keys.generate('RS256');
  await server.start(0, '127.0.0.1');
  return { url: `http://127.0.0.1:${server.address().port}/token` };
}

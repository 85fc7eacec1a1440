import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';

/** A token for an application, asked for as its own client would. Throws an Error with what the tenant says where it is refused. */
export async function askForToken(
  { url, ca }: { url: string; ca: string },
  asked: {
    clientId: string;
    clientSecret: string;
    audience: string;
    scope?: string | undefined;
    organization?: string | undefined;
  },
): Promise<string> {
  const { clientId, clientSecret, audience, scope, organization } = asked;
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    audience,
    ...(scope !== undefined && { scope }),
    ...(organization !== undefined && { organization }),
  });
  const { status, body } = await post(`${url}/oauth/token`, form.toString(), ca);
  if (status !== 200) throw new Error(`The tenant gives no token: ${status} ${body}`);
  return (JSON.parse(body) as { access_token: string }).access_token;
}

function post(url: string, form: string, ca: string): Promise<{ status: number; body: string }> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(form) };
  return new Promise((resolve, reject) => {
    const request = (url.startsWith('https:') ? requestHttps : requestHttp)(
      url,
      { method: 'POST', ca, agent: false, headers },
      (response) => {
        text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
      },
    );
    request.once('error', reject).end(form);
  });
}

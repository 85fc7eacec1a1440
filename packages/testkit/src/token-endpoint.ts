import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A token request as it came in. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly form: URLSearchParams;
}

/** Answers one request in full, or leaves it hanging. */
export type Script = (request: SeenRequest, response: ServerResponse) => void | Promise<void>;

/** A real HTTP server that answers token requests as a test scripts it. */
export interface TokenEndpoint {
  readonly url: string;
  /** All requests so far, in order. */
  readonly requests: readonly SeenRequest[];
  /** Answers from now on as `script` does. */
  answer(script: Script): void;
  close(): Promise<void>;
}

/** Starts a token endpoint on a free port of 127.0.0.1. At first it issues a new opaque token of `expiresIn` seconds (default 86 400) each time. */
export async function startTokenEndpoint(options: { expiresIn?: number } = {}): Promise<TokenEndpoint> {
  const requests: SeenRequest[] = [];
  let script: Script = issueTokens(options.expiresIn ?? 86_400);
  const server = createServer((request, response) => {
    void readText(request).then((text) => {
      const seen = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, form: new URLSearchParams(text) };
      requests.push(seen);
      return script(seen, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/oauth/token`,
    requests,
    answer: (next) => {
      script = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Issues `token-1`, `token-2` … with `expires_in`. */
export function issueTokens(expiresIn: unknown): Script {
  let issued = 0;
  return (_request, response) => {
    issued += 1;
    json(response, 200, { access_token: `token-${issued}`, token_type: 'Bearer', expires_in: expiresIn });
  };
}

/** Answers `status` with an OAuth error (RFC 6749 §5.2). */
export function refuseWith(status: number, error: string, description: string, headers: Record<string, string> = {}): Script {
  return (_request, response) => json(response, status, { error, error_description: description }, headers);
}

/** Answers with JSON. */
export function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

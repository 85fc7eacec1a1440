import type { IncomingHttpHeaders } from 'node:http';
import { onTestFinished } from 'vitest';
import { startLoopbackServer } from './loopback-server.ts';

/** A request as the API saw it. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** A real API that answers those who bear the token it accepts. */
export interface GuardedApi {
  readonly url: string;
  readonly seen: readonly ApiRequest[];
  /** All headers of each request. */
  readonly headers: readonly IncomingHttpHeaders[];
  /** Accepts this token alone from now on. */
  accept(token: string): void;
  close(): Promise<void>;
}

/** What a guarded API answers; all as JSON. */
export interface GuardedApiAnswers {
  /** To the accepted token. Default: `{ "welcome": true }`. */
  readonly welcome?: unknown;
  /** Status for any other token. Default: 401. */
  readonly refusal?: number;
}

/** Starts an API on a free port of 127.0.0.1 that accepts `token-1`. */
export async function startGuardedApi({ welcome = { welcome: true }, refusal = 401 }: GuardedApiAnswers = {}): Promise<GuardedApi> {
  const seen: ApiRequest[] = [];
  const headers: IncomingHttpHeaders[] = [];
  let accepted = 'token-1';
  const { origin, close } = await startLoopbackServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { authorization } = request.headers;
      headers.push(request.headers);
      seen.push({ method: request.method ?? '', path: request.url ?? '', authorization, body: Buffer.concat(chunks).toString() });
      const isAccepted = authorization?.toLowerCase() === `bearer ${accepted}`;
      response.writeHead(isAccepted ? 200 : refusal, { 'content-type': 'application/json; charset=utf-8' });
      response.end(JSON.stringify(isAccepted ? welcome : { message: 'who are you?' }));
    });
  });
  return {
    url: origin,
    seen,
    headers,
    close,
    accept: (token) => {
      accepted = token;
    },
  };
}

/** {@link startGuardedApi} until the end of the test. */
export async function aGuardedApi(answers?: GuardedApiAnswers): Promise<GuardedApi> {
  const api = await startGuardedApi(answers);
  onTestFinished(() => api.close());
  return api;
}

import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Refusal } from './refusal.ts';

/** Media type of problem details (RFC 9457). */
export const problemType = 'application/problem+json';

/** Problem details of a refusal. */
export function problemOf(refusal: Refusal): Record<string, unknown> {
  const { status, code, message: detail, members } = refusal;
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, code, detail, ...members };
}

/** OAuth error of a refusal (RFC 6749 §5.2). */
export function oauthErrorOf(refusal: Refusal): Record<string, unknown> {
  return { error: refusal.code, error_description: refusal.message, ...refusal.members };
}

/** Answers `refusal` on a response that no server framework holds. Nothing happens where the answer has begun. */
export function writeProblem(response: ServerResponse, refusal: Refusal, form: 'problem' | 'oauth' = 'problem'): void {
  if (response.headersSent || response.destroyed) return;
  const body = Buffer.from(JSON.stringify(form === 'oauth' ? oauthErrorOf(refusal) : problemOf(refusal)));
  const type = form === 'oauth' ? 'application/json' : problemType;
  response
    .writeHead(refusal.status, { ...refusal.headers, 'content-type': type, 'content-length': body.length, 'cache-control': 'no-store' })
    .end(body);
}

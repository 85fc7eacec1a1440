import { type ServerResponse, STATUS_CODES } from 'node:http';
import { type QuotaMeasure, windowEndSeconds } from '../quota/quota-window.ts';
import type { FaultAnswer } from './fault.ts';

/** The OAuth error that goes with a status where a fault names none. */
const oauthErrors: ReadonlyMap<number, readonly [error: string, description: string]> = new Map([
  [400, ['invalid_request', 'Bad Request']],
  [401, ['access_denied', 'Unauthorized']],
  [403, ['access_denied', 'Forbidden']],
  [429, ['too_many_requests', 'Global limit has been reached']],
  [503, ['temporarily_unavailable', 'The service is temporarily unavailable']],
]);

/** An answer as it goes out. */
interface Wire {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Gives `answer` in place of the real one, in the shape of the part of the tenant that `path` belongs to. */
export function giveFault(response: ServerResponse, answer: FaultAnswer, { path, nowMs }: { path: string; nowMs: number }): void {
  if (answer.kind === 'drop') {
    response.destroy();
    return;
  }
  const { status, headers, body } = wireOf(answer, path, nowMs);
  response.writeHead(status, { 'Cache-Control': 'no-store', ...headers, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

function wireOf(answer: Exclude<FaultAnswer, { kind: 'drop' }>, path: string, nowMs: number): Wire {
  const nowS = Math.floor(nowMs / 1000);
  if (answer.kind === 'error') {
    const { status, error, description, retry_after_s: retryAfter } = answer;
    return { status, headers: { ...json(path), ...retryAfterHeader(retryAfter) }, body: errorBody(path, { status, error, description }) };
  }
  if (answer.kind === 'rate_limit') {
    const { limit = 100, reset_s: reset = 1, retry_after_s: retryAfter } = answer;
    const body = errorBody(path, { status: 429 });
    return { status: 429, headers: { ...json(path), ...limitHeaders(limit, nowS + reset), ...retryAfterHeader(retryAfter) }, body };
  }
  if (answer.kind === 'quota') return quotaWire(answer.bucket ?? 'per_hour', answer.quota ?? 10, path, nowMs);
  const { status = 502 } = answer;
  const body = `<html><head><title>${status} ${STATUS_CODES[status] ?? ''}</title></head><body>A proxy says this, not the tenant.</body></html>`;
  return { status, headers: { 'Content-Type': 'text/html; charset=utf-8' }, body };
}

// As the refusal of a token request beyond the client's quota.
function quotaWire(bucket: QuotaMeasure, quota: number, path: string, nowMs: number): Wire {
  const end = windowEndSeconds(bucket, nowMs);
  const left = Math.ceil(end - nowMs / 1000);
  return {
    status: 429,
    headers: {
      ...json(path),
      ...limitHeaders(quota, end),
      ...retryAfterHeader(left),
      'Auth0-Client-Quota-Limit': `b=${bucket};q=${quota};r=0;t=${left}`,
    },
    body: errorBody(path, { status: 429, description: 'Client quota exceeded' }),
  };
}

function errorBody(
  path: string,
  { status, error, description }: { status: number; error?: string | undefined; description?: string | undefined },
): string {
  const [usual = 'server_error', text = STATUS_CODES[status] ?? 'Error'] = oauthErrors.get(status) ?? [];
  if (!isManagement(path)) return JSON.stringify({ error: error ?? usual, error_description: description ?? text });
  const code = error ?? (status === 429 ? usual : undefined);
  const message = description ?? (status === 429 ? text : (STATUS_CODES[status] ?? 'Error'));
  return JSON.stringify({
    statusCode: status,
    error: STATUS_CODES[status] ?? 'Error',
    message,
    ...(code !== undefined && { errorCode: code }),
  });
}

const isManagement = (path: string): boolean => path.startsWith('/api/v2/');
const json = (path: string): Record<string, string> => ({
  'Content-Type': isManagement(path) ? 'application/json; charset=utf-8' : 'application/json',
});
const retryAfterHeader = (seconds: number | undefined): Record<string, string> =>
  seconds === undefined ? {} : { 'Retry-After': String(seconds) };
const limitHeaders = (limit: number, reset: number): Record<string, string> => ({
  'X-RateLimit-Limit': String(limit),
  'X-RateLimit-Remaining': '0',
  'X-RateLimit-Reset': String(reset),
});

import { browserClock } from '../../parts/page-clock.ts';
import { ApiProblem, missingWords } from './api-problem.ts';
import { askTenant, textIn } from './ask-tenant.ts';
import { keepCall } from './call-log.ts';
import { dropPageToken, pageToken } from './page-token.ts';
import { RateLimitLine } from './rate-limit-line.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

const line = new RateLimitLine(browserClock);

/** How many calls wait for the rate limit of the tenant. */
export const heldBackCalls = line.waiting;

/**
 * Calls the Management API as any program would; `path` is below `/api/v2`. Every call is kept to be shown. What a rate limit refuses is sent again when
 * the tenant takes it.
 * @throws {ApiProblem}
 */
export async function callApi<T>(method: Method, path: string, body?: unknown): Promise<T> {
  const first = await line.through(() => send(method, path, body));
  // A token may go before its time: its signing key was revoked, or the clock of the tenant was set.
  if (first.status !== 401) return await read<T>(first);
  dropPageToken();
  return await read<T>(await line.through(() => send(method, path, body)));
}

/** The query of what is defined of `parameters`. */
export function queryOf(parameters: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, String(value));
  // As a person would write it: neither has a meaning in a query.
  const text = query.toString().replaceAll('%2C', ',').replaceAll('%3A', ':');
  return text === '' ? '' : `?${text}`;
}

async function send(method: Method, path: string, body: unknown): Promise<Response> {
  const token = await pageToken();
  const url = `/api/v2${path}`;
  const startedAt = browserClock.now();
  const keep = (status: number): void => keepCall({ method, path: url, body, status, tookMs: browserClock.now() - startedAt });
  try {
    const answer = await askTenant(url, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      // The token says who asks.
      credentials: 'omit',
    });
    keep(answer.status);
    return answer;
  } catch (error) {
    keep(0);
    throw error;
  }
}

async function read<T>(answer: Response): Promise<T> {
  const text = await textIn(answer);
  if (!answer.ok) throw problemIn(text, answer.status);
  if (text === '') return undefined as T;
  try {
    return JSON.parse(text) as T;
  } catch {
    // Of something that stands before the tenant.
    throw new ApiProblem(answer.status, `The answer has status ${answer.status}, and is not one of the tenant.`);
  }
}

function problemIn(text: string, status: number): ApiProblem {
  const { message, errorCode, errorId } = bodyIn(text);
  if (typeof message !== 'string') return new ApiProblem(status, `The tenant answered with status ${status}.`);
  const words = typeof errorId === 'string' ? `${message} (In the log of the tenant: error_id ${errorId}.)` : message;
  const code = typeof errorCode === 'string' ? errorCode : '';
  return new ApiProblem(status, missingWords(code) ?? words, code);
}

function bodyIn(text: string): { message?: unknown; errorCode?: unknown; errorId?: unknown } {
  try {
    return Object(JSON.parse(text));
  } catch {
    // Of something that stands before the tenant.
    return {};
  }
}

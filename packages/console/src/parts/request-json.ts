import { browserClock } from './page-clock.ts';

/** Longer than the process takes for anything; a browser that has no connection left for a request waits for ever. */
const mostMs = 60_000;

/** A request that was refused, with what the process says of it (RFC 9457). */
export class PageRequestError extends Error {
  override readonly name = 'PageRequestError';
  /** HTTP status; 0 where nobody answered. */
  readonly status: number;
  readonly code: string;
  /** What to type to mend it, where the refusal names it. */
  readonly command: string | undefined;

  constructor(status: number, problem: { code?: unknown; detail?: unknown; command?: unknown }) {
    super(typeof problem.detail === 'string' ? problem.detail : `The answer was ${status}.`);
    this.status = status;
    this.code = typeof problem.code === 'string' ? problem.code : 'unknown';
    this.command = typeof problem.command === 'string' ? problem.command : undefined;
  }
}

/** The JSON that the process answers within a minute. @throws {PageRequestError} */
export async function requestJson<T>(path: string, options: RequestInit = {}): Promise<T> {
  const deadline = new AbortController();
  const timer = browserClock.setTimer(() => deadline.abort(), mostMs);
  try {
    const answer = await fetch(path, { ...options, signal: deadline.signal });
    if (!answer.ok) throw await problemOf(answer);
    return (await answer.json()) as T;
  } catch (error) {
    if (error instanceof PageRequestError) throw error;
    if (deadline.signal.aborted) throw new PageRequestError(0, { code: 'no_answer', detail: 'There was no answer within a minute.' });
    throw new PageRequestError(0, { code: 'unreachable', detail: 'Nobody answers. Is it still running?' });
  } finally {
    timer.cancel();
  }
}

/** Sends `body` as JSON, or nothing. @throws {PageRequestError} */
export async function postJson<T>(path: string, body?: unknown): Promise<T> {
  const content = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  return await requestJson<T>(path, { method: 'POST', ...content });
}

/** Why a request was refused. */
export async function problemOf(answer: Response): Promise<PageRequestError> {
  const problem: unknown = await answer.json().catch(() => undefined);
  return new PageRequestError(answer.status, typeof problem === 'object' && problem !== null ? problem : {});
}

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

/** The JSON that the process answers. @throws {PageRequestError} */
export async function requestJson<T>(path: string, options: RequestInit = {}): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new PageRequestError(0, { code: 'unreachable', detail: 'Nobody answers. Is it still running?' });
  }
  if (!answer.ok) throw await problemOf(answer);
  return (await answer.json()) as T;
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

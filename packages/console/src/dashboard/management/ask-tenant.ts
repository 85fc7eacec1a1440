import { browserClock } from '../../parts/page-clock.ts';
import { ApiProblem } from './api-problem.ts';

/** Longer than the tenant takes for anything. Without an end a dialog would hold whoever opened it for as long as a tenant hangs. */
const mostMs = 60_000;

/** What the tenant answers within a minute. @throws {ApiProblem} of status 0 where it does not. */
export async function askTenant(path: string, options: RequestInit): Promise<Response> {
  const deadline = new AbortController();
  // Never cancelled: it holds for the body too, and does nothing once that is read.
  browserClock.setTimer(() => deadline.abort(), mostMs);
  try {
    return await fetch(path, { ...options, signal: deadline.signal });
  } catch {
    if (!deadline.signal.aborted) throw new ApiProblem(0, 'The tenant cannot be reached. Is it running?');
    throw new ApiProblem(0, 'There was no answer within a minute. What was asked may have been done all the same.');
  }
}

/** The whole body of an answer. @throws {ApiProblem} of status 0 where it does not come. */
export async function textIn(answer: Response): Promise<string> {
  return await answer.text().catch(() => {
    throw new ApiProblem(0, 'The answer of the tenant broke off.');
  });
}

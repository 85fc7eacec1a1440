import { randomUUID } from 'node:crypto';
import type { Log } from '@evertoken/service';
import { Refusal } from './refusal.ts';

/** The refusal to answer an error with. A {@link Refusal} stays as it is; any other error is our own fault, which is logged, and the caller gets its id. */
export function refusalOfError(error: unknown, { log, requestId }: { log: Log; requestId: string }): Refusal {
  if (error instanceof Refusal) {
    const { status, code, members } = error;
    if (status >= 500)
      log.warn({ event: 'request.failed', error_id: members['error_id'], request_id: requestId, status, code }, error.message);
    return error;
  }
  const errorId = randomUUID();
  log.error({ event: 'request.failed', error_id: errorId, request_id: requestId, status: 500, err: error }, 'a request failed');
  return new Refusal(500, 'server_error', 'The agent failed; its log says why, under this error_id.', { members: { error_id: errorId } });
}

import { randomUUID } from 'node:crypto';
import type { Log } from '@evertoken/service';
import { Refusal } from './refusal.ts';

/** What an error is told as, and the log line that stands for it: a refusal as it is; of a fault of our own, the log gets the whole and the caller an id. */
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

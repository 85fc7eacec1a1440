import type { Log } from '@evertoken/service';
import { newErrorId } from './model/random-id.ts';

/** A request that failed through the tenant's own fault. */
export interface FailedRequest {
  /** As the answer has it in `X-Auth0-RequestId`. */
  readonly requestId: string;
  readonly method: string | undefined;
  /** Without a query, which may hold what no log should. */
  readonly path: string | undefined;
  readonly err: unknown;
}

/** Writes to the log why a request failed. Answers the id of that line, and what the caller is told: where to look, and nothing of the cause. */
export function ownFault(log: Log, { requestId, method, path, err }: FailedRequest): { readonly id: string; readonly text: string } {
  const id = newErrorId();
  log.error({ event: 'request.failed', error_id: id, request_id: requestId, method, path, err }, 'a request failed');
  return { id, text: `The tenant failed; its log tells why under error_id ${id}.` };
}

/** Body of the 500 of everything but the token endpoint, in the form of the Management API. */
export function ownFaultBody({ id, text }: { readonly id: string; readonly text: string }): object {
  return { statusCode: 500, error: 'Internal Server Error', message: text, errorId: id };
}

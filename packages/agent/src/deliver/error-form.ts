import { randomUUID } from 'node:crypto';
import type { Log } from '@evertoken/service';
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import { oauthErrorOf, problemOf, problemType } from './problem.ts';
import { Refusal } from './refusal.ts';

/** Lets a server part tell its errors as problem details (RFC 9457) or as OAuth errors (RFC 6749 §5.2). */
export function answerErrors(server: FastifyInstance, form: 'problem' | 'oauth', log: Log): void {
  server.setErrorHandler<FastifyError>((error, request, reply) => {
    const refusal = refusalOf(error, form, log);
    if (error instanceof Refusal && refusal.status >= 500) {
      const { status, code, members } = refusal;
      log.warn({ event: 'request.failed', error_id: members['error_id'], request_id: request.id, status, code }, refusal.message);
    }
    return sendRefusal(reply, refusal, form);
  });
}

/** A fault of our own: the log gets it whole, the caller an id alone. */
export function ownFault(error: unknown, log: Log): Refusal {
  const errorId = randomUUID();
  log.error({ event: 'request.failed', error_id: errorId, status: 500, err: error }, 'a request failed');
  return new Refusal(500, 'server_error', 'The agent failed; its log says why, under this error_id.', { members: { error_id: errorId } });
}

/** Answers `refusal` in the door's form. */
export function sendRefusal(reply: FastifyReply, refusal: Refusal, form: 'problem' | 'oauth'): FastifyReply {
  const body = form === 'oauth' ? oauthErrorOf(refusal) : problemOf(refusal);
  return reply
    .code(refusal.status)
    .headers(refusal.headers)
    .type(form === 'oauth' ? 'application/json' : problemType)
    .send(JSON.stringify(body));
}

function refusalOf(error: FastifyError, form: 'problem' | 'oauth', log: Log): Refusal {
  if (error instanceof Refusal) return error;
  const { statusCode: status = 500 } = error;
  if (status < 400 || status >= 500) return ownFault(error, log);
  return new Refusal(status, form === 'oauth' ? 'invalid_request' : 'invalid_request_body', error.message);
}

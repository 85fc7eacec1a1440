import { randomUUID } from 'node:crypto';
import type { Log } from '@evertoken/service';
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import { oauthErrorOf, problemOf, problemType } from './problem.ts';
import { Refusal } from './refusal.ts';

/** Lets a server part tell its errors as problem details (RFC 9457) or as OAuth errors (RFC 6749 §5.2). */
export function answerErrors(server: FastifyInstance, form: 'problem' | 'oauth', log: Log): void {
  server.setErrorHandler<FastifyError>((error, request, reply) => {
    const refusal = error instanceof Refusal ? error : refusalOfFramework(error, form);
    if (refusal.status >= 500) {
      const { error_id: errorId } = refusal.members;
      const facts = { event: 'request.failed', error_id: errorId, request_id: request.id, status: refusal.status, code: refusal.code };
      if (error instanceof Refusal) log.warn(facts, refusal.message);
      else log.error({ ...facts, err: error }, 'a request failed');
    }
    return sendRefusal(reply, refusal, form);
  });
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

/** What the framework found wrong with the request; or a fault of our own, of which the caller learns an id alone. */
function refusalOfFramework(error: FastifyError, form: 'problem' | 'oauth'): Refusal {
  const status = error.statusCode ?? 500;
  if (status >= 400 && status < 500)
    return new Refusal(status, form === 'oauth' ? 'invalid_request' : 'invalid_request_body', error.message);
  return new Refusal(
    500,
    form === 'oauth' ? 'server_error' : 'internal_error',
    'The agent failed; its log says why, under this error_id.',
    {
      members: { error_id: randomUUID() },
    },
  );
}

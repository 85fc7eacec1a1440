import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ListenAddress, Log } from '@evertoken/service';
import { RequestPathReader } from '../apps/request-path.ts';
import type { Door } from './door.ts';
import { sendRefusal } from './exchange.ts';
import { refusalOf } from './guard.ts';
import type { Metrics } from './metrics/metrics.ts';
import { refusalOfError } from './own-fault.ts';
import type { OwnNames } from './own-names.ts';
import { Refusal } from './refusal.ts';
import { requestIds } from './request-id.ts';

/** Answers one request that came in on `address`. */
export type Answer = (request: IncomingMessage, response: ServerResponse, address: ListenAddress) => void;

/** Puts the guard before the doors, and counts every answer. The first door that takes a path answers it. */
export function answerBy(doors: readonly Door[], { names, log, metrics }: { names: OwnNames; log: Log; metrics: Metrics }): Answer {
  const paths = new RequestPathReader();
  const newRequestId = requestIds();
  return (request, response, address) => {
    const requestId = givenRequestId(request) ?? newRequestId();
    const path = paths.read(request.url ?? '');
    const door = path && doors.find((candidate) => candidate.answers(path));
    const count = (): void => metrics.countAnswer(door?.name ?? 'other', response.headersSent ? response.statusCode : 499);
    const refusal = refusalOf(request, { path, door, address, names });
    if (refusal !== undefined || path === undefined || door === undefined) {
      const answer = refusal ?? new Refusal(404, 'not_found', 'There is nothing here.');
      const form = door?.errorForm ?? 'problem';
      sendRefusal({ response, requestId }, form === 'oauth' ? answer.with({ code: 'invalid_request' }) : answer, form);
      count();
      return;
    }
    const fail = (error: unknown): void => {
      sendRefusal({ response, requestId }, refusalOfError(error, { log, requestId }), door.errorForm);
      count();
    };
    const boundApp = address.kind === 'unix' ? address.app : undefined;
    try {
      const pending = door.answer({ request, response, path, listener: names.textOf(address), boundApp, requestId });
      if (pending === undefined) count();
      else pending.then(count, fail);
    } catch (error) {
      fail(error);
    }
  };
}

/** The `X-Request-Id` that the program sent, if it is plain enough to be repeated in headers and logs. */
function givenRequestId({ headers }: IncomingMessage): string | undefined {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : undefined;
}

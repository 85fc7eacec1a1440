import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ListenAddress, Log } from '@evertoken/service';
import type { AuditEntry } from '../apps/audit/audit-entry.ts';
import type { AuditTrail } from '../apps/audit/audit-trail.ts';
import { type RequestPath, RequestPathReader } from '../apps/request-path.ts';
import type { AnswersUnderWay } from './answers-under-way.ts';
import { auditedMethod } from './audited-method.ts';
import type { AuditedAs, Door } from './door.ts';
import { sendRefusal, statusOf } from './exchange.ts';
import { refusalOf, targetOf } from './guard.ts';
import type { Metrics } from './metrics/metrics.ts';
import { refusalOfError } from './own-fault.ts';
import type { OwnNames } from './own-names.ts';
import { longestBody } from './read-body.ts';
import { Refusal } from './refusal.ts';
import { givenRequestId, requestIds } from './request-id.ts';

/** Answers one request that came in on `address`. */
export type Answer = (request: IncomingMessage, response: ServerResponse, address: ListenAddress) => void;

/** The way to some doors. */
export interface Doorway {
  readonly answer: Answer;
  /** Counts a request that its listener answered by itself, and records it as one that the guard did not let in. */
  noteTurnedAway(request: IncomingMessage, address: ListenAddress, answer: Pick<AuditEntry, 'status' | 'requestId'>): void;
}

/** What stands around the doors. */
export interface DoorSurroundings {
  readonly names: OwnNames;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly audit: AuditTrail;
  readonly underWay: AnswersUnderWay;
}

/** Puts the guard before the doors, and counts every answer. The first door that takes a path answers it. */
export function openDoorway(doors: readonly Door[], { names, log, metrics, audit, underWay }: DoorSurroundings): Doorway {
  const paths = new RequestPathReader();
  const newRequestId = requestIds();
  const isAudited = doors.some(({ auditedAs }) => auditedAs !== undefined);
  const answer: Answer = (request, response, address) => {
    const requestId = givenRequestId(request) ?? newRequestId();
    const target = targetOf(request, address);
    // Doors read it, too.
    if (target !== request.url) request.url = target;
    const path = paths.read(target);
    const door = path && doorOf(path);
    const listener = names.textOf(address);
    let isUnderWay = false;
    const count = (): void => {
      metrics.countAnswer(door?.name ?? 'other', statusOf(response));
      if (isUnderWay) underWay.end();
    };
    const refusal = refusalOf(request, { path, door, address, names });
    if (refusal !== undefined || path === undefined || door === undefined) {
      const answer = refusal ?? new Refusal(404, 'not_found', 'There is nothing here.');
      const form = door?.errorForm ?? 'problem';
      refuse(response, form === 'oauth' ? answer.with({ code: 'invalid_request' }) : answer, { requestId, form });
      count();
      auditRefused(auditedAs(request.method ?? '', path, door), { listener, status: answer.status, requestId });
      return;
    }
    const fail = (error: unknown): void => {
      try {
        refuse(response, refusalOfError(error, { log, requestId }), { requestId, form: door.errorForm });
      } finally {
        count();
      }
    };
    const boundApp = address.kind === 'unix' ? address.app : undefined;
    try {
      const pending = door.answer({ request, response, path, listener, boundApp, requestId });
      if (pending === undefined) count();
      else {
        isUnderWay = true;
        underWay.begin();
        pending.then(count, fail);
      }
    } catch (error) {
      fail(error);
    }
  };
  return {
    answer,
    noteTurnedAway(request, address, { status, requestId }) {
      metrics.countAnswer('other', status);
      const path = paths.read(targetOf(request, address));
      const door = path && doorOf(path);
      auditRefused(auditedAs(request.method ?? '', path, door), { listener: names.textOf(address), status, requestId });
    },
  };

  function doorOf(path: RequestPath): Door | undefined {
    return doors.find((candidate) => candidate.answers(path));
  }

  /** What the audit calls a request that the guard did not let in. Which door a target is meant for that has no path is not known, but such ones are made for calls. */
  function auditedAs(method: string, path: RequestPath | undefined, door: Door | undefined): AuditedAs | undefined {
    if (path !== undefined) return door?.auditedAs?.(method, path);
    return isAudited ? { event: 'proxy.call', pattern: `${auditedMethod(method)} (unreadable target)` } : undefined;
  }

  /** Whose request it was is not looked at before the guard lets it in. */
  function auditRefused(what: AuditedAs | undefined, where: Pick<AuditEntry, 'listener' | 'status' | 'requestId'>): void {
    if (what !== undefined) audit.write({ ...what, ...where, app: '(unknown)', token: '', fingerprint: undefined, ms: 0 });
  }
}

/**
 * Sends `refusal`. Of a body that is still to come nobody has any use: a short one is read and dropped, so that the program sees its answer, but behind one that
 * may go on without end the connection is closed.
 */
function refuse(response: ServerResponse, refusal: Refusal, { requestId, form }: { requestId: string; form: Door['errorForm'] }): void {
  const { complete, headers } = response.req;
  const isEndless = !complete && (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > longestBody);
  sendRefusal({ response, requestId }, isEndless ? refusal.with({ headers: { connection: 'close' } }) : refusal, form);
}

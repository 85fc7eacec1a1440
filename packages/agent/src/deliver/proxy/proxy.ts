import { letStream } from '@evertoken/service';
import type { AuditEntry } from '../../apps/audit/audit-entry.ts';
import type { RequestPath } from '../../apps/request-path.ts';
import type { BookedToken } from '../../tokens/booked-token.ts';
import { maxCallsOfOne } from '../../upstream/connection-limits.ts';
import { auditedMethod, callMethods } from '../audited-method.ts';
import type { Door, DoorParts } from '../door.ts';
import { sendRefusal, statusOf } from '../exchange.ts';
import { refusalOfError } from '../own-fault.ts';
import { Refusal } from '../refusal.ts';
import { countCall, tooManyCalls } from '../too-many-requests.ts';
import { UnderWay } from '../under-way.ts';
import { allowCall, type Caller, type CallerParts, callerOf, type ProxyCall } from './allow-call.ts';
import { type ForwardTools, forward } from './forward.ts';

/**
 * `/api/v2/*` for an app with one proxied API, and `/proxy/NAME/*` for any: calls the API that the token is for, with the live token in place of
 * the app key. What an app may call is in its rules.
 */
export function proxy(parts: DoorParts & ForwardTools & CallerParts): Door {
  const { book, rates, uses, log, audit, clock, metrics } = parts;
  const underWay = new UnderWay(() => maxCallsOfOne);
  return {
    name: 'proxy',
    errorForm: 'problem',
    givesTokens: false,
    isStreaming: true,
    answers: ({ segments }) => segments.length > 2 && (segments[0] === 'proxy' || (segments[0] === 'api' && segments[1] === 'v2')),
    auditedAs: (method) => ({ event: 'proxy.call', pattern: withoutRule(method) }),
    async answer(exchange) {
      const { request, response, listener, requestId } = exchange;
      const began = clock.monotonic();
      const method = request.method ?? '';
      const entry: { -readonly [Member in keyof AuditEntry]: AuditEntry[Member] } = {
        event: 'proxy.call',
        app: '(unknown)',
        listener,
        token: '',
        fingerprint: undefined,
        pattern: withoutRule(method),
        status: 0,
        requestId,
        isCut: false,
        ms: 0,
      };
      let isRefused = true;
      try {
        refuseProtocol(method, request.headers.upgrade);
        const caller = callerOf(exchange, parts);
        entry.app = nameOf(caller);
        countCall('app' in caller ? caller.app : caller.holderOf, rates);
        const { call, target } = readCall(exchange.path, method);
        const { token, pattern } = allowCall(caller, call, book);
        entry.token = token.name;
        entry.pattern = pattern;
        const allowed = { exchange, token, origin: originOf(token), target, note: entry };
        const whose = 'app' in caller ? caller.app.name : caller.holderOf;
        if (underWay.isFull(whose)) throw tooManyCalls(maxCallsOfOne);
        underWay.enter(whose);
        letStream(request);
        isRefused = false;
        try {
          await forward(allowed, parts);
        } finally {
          underWay.leave(whose);
        }
        metrics.observeProxied({ app: entry.app, token: token.name }, clock.monotonic() - began);
      } catch (error) {
        // The body of a refused request is not read, so its connection cannot be used again.
        const refusal = refusalOfError(error, { log, requestId }).with({ headers: { connection: 'close' } });
        sendRefusal(exchange, refusal, 'problem');
      } finally {
        entry.status = statusOf(response);
        entry.ms = clock.monotonic() - began;
        uses.countCall(entry.app, entry.status, isRefused);
        audit.write(entry);
      }
    },
  };
}

function withoutRule(method: string): string {
  return `${auditedMethod(method)} (no rule)`;
}

function nameOf(caller: Caller): string {
  return 'app' in caller ? caller.app.name : '(live token)';
}

function originOf(token: BookedToken): string {
  const origin = token.config.apiOrigin;
  if (origin === undefined) throw new Refusal(403, 'no_api', 'The audience of this token names no host that calls may be sent to.');
  return origin;
}

/** The call that a request target means, and the target at the API. */
function readCall({ raw, query, segments }: RequestPath, method: string): { call: ProxyCall; target: string } {
  if (segments[0] !== 'proxy') return { call: { method, segments, tokenName: undefined }, target: `${raw}${query}` };
  // The path after `/proxy` and the name, which may be percent-encoded.
  const rest = raw.slice(raw.indexOf('/', raw.indexOf('/', 1) + 1));
  return { call: { method, segments: segments.slice(2), tokenName: segments[1] }, target: `${rest}${query}` };
}

/** Refuses other methods and protocols. `Upgrade: h2c` is ignored, as RFC 9110 §7.8 allows: Java's client sends it with each first request. */
function refuseProtocol(method: string, upgrade: string | undefined): void {
  if (!callMethods.has(method)) {
    const headers = { allow: [...callMethods].join(', ') };
    throw new Refusal(405, 'method_not_allowed', 'The proxy passes on no other methods than those in Allow.', { headers });
  }
  if (upgrade === undefined || upgrade.trim().toLowerCase() === 'h2c') return;
  throw new Refusal(
    501,
    'upgrade_refused',
    `The proxy speaks HTTP alone and does not change to ${upgrade.replaceAll(/[^\w./ -]/g, '').slice(0, 40)}.`,
  );
}

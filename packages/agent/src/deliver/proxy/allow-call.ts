import { type App, mayKnow } from '../../apps/app-directory.ts';
import { type Rule, ruleAllows } from '../../apps/rule.ts';
import type { BookedToken } from '../../tokens/booked-token.ts';
import { appOfSocket, bearerOf, unauthorized, wrongSocket } from '../bearer.ts';
import type { DoorParts } from '../door.ts';
import type { Exchange } from '../exchange.ts';
import type { PassThrough } from '../pass-through.ts';
import { Refusal } from '../refusal.ts';

/** Who calls: an app by its key, or a program that holds the live token itself. */
export type Caller = { readonly app: App } | { readonly holderOf: BookedToken };

/** A call as the rules see it. */
export interface ProxyCall {
  readonly method: string;
  /** Decoded segments of the path at the API. */
  readonly segments: readonly string[];
  /** Token that the path names; undefined under `/api/v2`. */
  readonly tokenName: string | undefined;
}

/** Where to look up whose credential it is. */
export interface CallerParts extends Pick<DoorParts, 'apps' | 'book'> {
  readonly passThrough: Pick<PassThrough, 'findByValue'>;
}

/**
 * Who sends this request. On a socket of one app, that app does; a credential that is sent there must be its own key, or a token that it may read.
 * @throws {Refusal} 401, 403
 */
export function callerOf({ request, boundApp }: Exchange, { apps, book, passThrough }: CallerParts): Caller {
  const { authorization } = request.headers;
  if (boundApp !== undefined && authorization === undefined) return { app: appOfSocket(boundApp, apps) };
  const credential = bearerOf(authorization);
  if (credential === undefined) throw unauthorized(false);
  const app = apps.findByKey(credential, request.socket);
  if (app !== undefined) {
    if (boundApp !== undefined && app.name !== boundApp) throw wrongSocket(boundApp);
    return { app };
  }
  // Both are always looked up, so that the time taken does not tell one token from another.
  const booked = book.findByValue(credential);
  const passed = passThrough.findByValue(credential);
  const holderOf = booked ?? passed;
  if (holderOf === undefined) throw unauthorized(true);
  const mayHold = boundApp === undefined || (booked !== undefined && appOfSocket(boundApp, apps).tokens.includes(booked.name));
  if (!mayHold) throw wrongSocket(boundApp);
  return { holderOf };
}

/**
 * The token to make this call with, and the rule that allows the call. A caller that holds the token itself needs no rule, but may call only that token's API.
 * @throws {Refusal} 403 with the rule that is missing, 404 for a token the app may not know, 400 where the path does not tell which token.
 */
export function allowCall(caller: Caller, call: ProxyCall, book: DoorParts['book']): { token: BookedToken; pattern: string } {
  if ('holderOf' in caller) {
    const token = caller.holderOf;
    if (call.tokenName === undefined || call.tokenName === token.name) return { token, pattern: `${call.method} (live token)` };
    throw new Refusal(403, 'wrong_token', 'The token is for another API than the one this path names.');
  }
  const { app } = caller;
  const name = call.tokenName ?? onlyProxied(app);
  const token = mayKnow(app, name) ? book.find(name) : undefined;
  if (token === undefined) throw new Refusal(404, 'unknown_token', 'This app has no token of that name.');
  const rule = app.proxy.get(name)?.find((candidate: Rule) => ruleAllows(candidate, call.method, call.segments));
  if (rule === undefined) {
    const missing = `${call.method} /${call.segments.join('/')}`;
    throw new Refusal(
      403,
      'missing_rule',
      `No rule allows this call. To allow it, add \`${missing}\` to \`apps.${app.name}.proxy.${name}\`.`,
      {
        members: { missing_rule: missing },
      },
    );
  }
  return { token, pattern: rule.text };
}

function onlyProxied(app: App): string {
  const [name, ...others] = app.proxy.keys();
  if (name === undefined) {
    throw new Refusal(
      403,
      'missing_rule',
      `This app may call nothing through the proxy. To allow it, add rules to \`apps.${app.name}.proxy\`.`,
    );
  }
  if (others.length === 0) return name;
  const paths = [name, ...others].map((token) => `/proxy/${token}/…`).join(', ');
  throw new Refusal(400, 'several_apis', `This app may call several APIs; name one in the path: ${paths}.`);
}

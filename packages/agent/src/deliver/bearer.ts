import type { App, AppDirectory } from '../apps/app-directory.ts';
import type { Exchange } from './exchange.ts';
import { Refusal } from './refusal.ts';

/** The credential of an `Authorization: Bearer` header (RFC 6750 §2.1); undefined where there is none. */
export function bearerOf(authorization: string | undefined): string | undefined {
  return authorization === undefined ? undefined : /^bearer +([\w.~+/-]+=*)$/i.exec(authorization)?.[1];
}

/**
 * The app that makes a request: the one whose key it carries or, on a socket of one app, that app. On such a socket the key of another app is refused.
 * @throws {Refusal} 401, 403
 */
export function appOf({ request, boundApp }: Pick<Exchange, 'request' | 'boundApp'>, apps: AppDirectory): App {
  const { authorization } = request.headers;
  if (boundApp !== undefined && authorization === undefined) return appOfSocket(boundApp, apps);
  const key = bearerOf(authorization);
  const app = key === undefined ? undefined : apps.findByKey(key, request.socket);
  if (app === undefined) throw unauthorized(key !== undefined);
  if (boundApp !== undefined && app.name !== boundApp) throw wrongSocket(boundApp);
  return app;
}

/**
 * The app that a socket is for.
 * @throws {Refusal} 403 where the app is no longer in the config.
 */
export function appOfSocket(boundApp: string, apps: AppDirectory): App {
  const app = apps.find(boundApp);
  if (app !== undefined) return app;
  throw new Refusal(403, 'unknown_app', `This socket is for the app ${boundApp}, which is no longer in the config.`);
}

/** The refusal of a credential that does not belong to the app of the socket. */
export function wrongSocket(boundApp: string): Refusal {
  const detail = `This socket is for the app ${boundApp} alone. Leave the key out, or use the socket or address of the key's own app.`;
  return new Refusal(403, 'wrong_socket', detail);
}

/** The refusal of a request without a credential, or with an unknown one (RFC 6750 §3.1). */
export function unauthorized(hasCredential: boolean): Refusal {
  const challenge = 'Bearer realm="evertoken"';
  if (!hasCredential) {
    const needed = 'An app key is needed: send `Authorization: Bearer <app key>`.';
    return new Refusal(401, 'missing_key', needed, { headers: { 'www-authenticate': challenge } });
  }
  const detail = 'The app key is unknown or has ended. Check that it is whole and that its app is still in the config.';
  return new Refusal(401, 'unknown_key', detail, { headers: { 'www-authenticate': `${challenge}, error="invalid_token"` } });
}

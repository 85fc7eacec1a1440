import type { App, AppDirectory } from '../apps/app-directory.ts';
import { Refusal } from './refusal.ts';

/** The credential of an `Authorization: Bearer` header (RFC 6750 §2.1); undefined where there is none. */
export function bearerOf(authorization: string | undefined): string | undefined {
  return /^bearer +([\w.~+/-]+=*)$/i.exec(authorization ?? '')?.[1];
}

/**
 * The app whose key a request carries.
 * @throws {Refusal} 401
 */
export function appOf(authorization: string | undefined, apps: AppDirectory): App {
  const key = bearerOf(authorization);
  const app = key === undefined ? undefined : apps.findByKey(key);
  if (app === undefined) throw unauthorized(key !== undefined);
  return app;
}

/** No credential, or an unknown one (RFC 6750 §3.1). */
export function unauthorized(hasCredential: boolean): Refusal {
  const detail = hasCredential
    ? 'The app key is unknown. Check that it is whole and that its app is still in the config.'
    : 'An app key is needed: send `Authorization: Bearer <app key>`.';
  const challenge = `Bearer realm="evertoken"${hasCredential ? ', error="invalid_token"' : ''}`;
  return new Refusal(401, hasCredential ? 'unknown_key' : 'missing_key', detail, { headers: { 'www-authenticate': challenge } });
}

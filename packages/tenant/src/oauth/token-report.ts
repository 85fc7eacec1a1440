import type { IncomingMessage } from 'node:http';
import type { Log } from '@evertoken/service';
import type { JournalEntry, TenantJournal } from '../log/journal-entry.ts';
import type { IssuingApplication } from '../model/issuing-application.ts';
import type { IssuedToken } from './issue-token.ts';
import type { OAuthRefusal } from './oauth-refusal.ts';
import type { GivenAnswer } from './repeated-requests.ts';
import type { TokenRequest } from './token-request.ts';

/** What is known of a request when it is answered. */
export interface Asked {
  readonly message: IncomingMessage;
  /** Undefined where it could not be read. */
  request?: TokenRequest;
  /** Undefined where the client did not prove who it is. */
  application?: IssuingApplication;
}

// Nobody has vouched for it, and it may be a secret put into the wrong field: no more of it than a real one has.
const longestClientId = 32;
const longestText = 300;
// What is longer is none, and thousands of entries may be held while the store is away.
const longestTelemetry = 512;

/** Logs each answer of the token endpoint, as a line in the log of the process and as an entry in the tenant's logs. */
export class TokenReport {
  readonly #log: Log;
  readonly #journal: TenantJournal;
  /** Child loggers with the fields of an answer: when it is given again, only the time of the line is new. */
  readonly #lines = new WeakMap<GivenAnswer, Log>();

  constructor({ log, journal }: { log: Log; journal: TenantJournal }) {
    // Pino looks for secret fields at every line, which takes longer than all else about a token; these lines have fixed fields, none of
    // them secret. What looks like a token is blotted out all the same.
    this.#log = log.child({}, { redact: [] });
    this.#journal = journal;
  }

  issued(asked: Asked, given: GivenAnswer): void {
    this.#log.info(lineOf(given));
    this.#noteIssued(asked, given.issued);
  }

  /** As {@link issued}, for an answer that may be given again and again. */
  issuedAgain(asked: Asked, given: GivenAnswer): void {
    let line = this.#lines.get(given);
    if (line === undefined) {
      line = this.#log.child(lineOf(given));
      this.#lines.set(given, line);
    }
    line.info(undefined);
    this.#noteIssued(asked, given.issued);
  }

  #noteIssued(asked: Asked, { application, claims, organization }: IssuedToken): void {
    const { clientId, name } = application;
    const { ip, userAgent, auth0Client } = callerOf(asked);
    this.#journal.write({
      type: 'seccft',
      description: 'Client Credentials for Access Token',
      clientId,
      clientName: name,
      audience: claims?.aud ?? '',
      scope: claims?.scope ?? '',
      organizationId: organization?.id,
      organizationName: organization?.name,
      ip,
      userAgent,
      auth0Client,
      details: claims?.jti === undefined ? undefined : { access_token_jti: claims.jti },
    });
  }

  refused(asked: Asked, { status, body }: OAuthRefusal): void {
    const { request, application } = asked;
    const clientId = application?.clientId ?? request?.clientId?.slice(0, longestClientId);
    const description = body.error_description.slice(0, longestText);
    this.#log.warn({ event: 'token.refused', client_id: clientId, error: body.error, description, status });
    this.#journal.write({
      type: 'feccft',
      ...(body.error === 'invalid_client'
        ? { description: 'Failed client authentication', details: { client_authentication_error: description } }
        : { description }),
      clientId,
      clientName: application?.name,
      audience: request?.audience?.slice(0, longestText),
      scope: request?.scope?.join(' ').slice(0, longestText),
      ...callerOf(asked),
    });
  }
}

function lineOf({ issued, fingerprint }: GivenAnswer): object {
  const { application, claims, organization, lifetimeSeconds } = issued;
  return {
    event: 'token.issued',
    client_id: application.clientId,
    audience: claims?.aud ?? '',
    scope: claims?.scope ?? '',
    fingerprint,
    lifetime_s: lifetimeSeconds,
    organization: organization?.id,
  };
}

function callerOf({ message, application }: Asked): Pick<JournalEntry, 'ip' | 'userAgent' | 'auth0Client'> {
  const { headers, socket } = message;
  const [forwarded, auth0Client] = [headers['auth0-forwarded-for'], headers['auth0-client']];
  // The client's own servers, which prove who they are, tell whom they ask for.
  const isTrusted = application?.properties['is_token_endpoint_ip_header_trusted'] === true;
  return {
    ip: isTrusted && typeof forwarded === 'string' ? forwarded.slice(0, longestText) : socket.remoteAddress,
    userAgent: headers['user-agent']?.slice(0, longestText),
    auth0Client: typeof auth0Client === 'string' && auth0Client.length <= longestTelemetry ? auth0Client : undefined,
  };
}

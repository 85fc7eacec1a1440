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

type Caller = Pick<JournalEntry, 'ip' | 'userAgent' | 'auth0Client'>;

interface Written {
  /** Has the fields of the answer. */
  readonly line: Log;
  /** Who got it last, and the entry of that. */
  caller: Caller;
  entry: JournalEntry;
}

/** Logs each answer of the token endpoint, as a line in the log of the process and as an entry in the tenant's logs. */
export class TokenReport {
  readonly #log: Log;
  readonly #journal: TenantJournal;
  /** What was written of an answer: when it is given again, only the time is new. */
  readonly #written = new WeakMap<GivenAnswer, Written>();

  constructor({ log, journal }: { log: Log; journal: TenantJournal }) {
    // Pino looks for secret fields at every line, which takes longer than all else about a token; these lines have fixed fields, none of
    // them secret. What looks like a token is blotted out all the same.
    this.#log = log.child({}, { redact: [] });
    this.#journal = journal;
  }

  issued(asked: Asked, given: GivenAnswer): void {
    this.#log.info(lineOf(given));
    this.#journal.write(entryOf(given.issued, callerOf(asked)));
  }

  /** As {@link issued}, for an answer that may be given again and again. */
  issuedAgain(asked: Asked, given: GivenAnswer): void {
    let written = this.#written.get(given);
    const caller = callerOf(asked);
    if (written === undefined) {
      written = { line: this.#log.child(lineOf(given)), caller, entry: entryOf(given.issued, caller) };
      this.#written.set(given, written);
    } else if (!isSameCaller(caller, written.caller)) {
      written.caller = caller;
      written.entry = entryOf(given.issued, caller);
    }
    written.line.info(undefined);
    this.#journal.write(written.entry);
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

function entryOf({ application, claims, organization }: IssuedToken, caller: Caller): JournalEntry {
  return {
    type: 'seccft',
    description: 'Client Credentials for Access Token',
    clientId: application.clientId,
    clientName: application.name,
    audience: claims?.aud ?? '',
    scope: claims?.scope ?? '',
    organizationId: organization?.id,
    organizationName: organization?.name,
    ...caller,
    details: claims?.jti === undefined ? undefined : { access_token_jti: claims.jti },
  };
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

const isSameCaller = (one: Caller, other: Caller): boolean =>
  one.ip === other.ip && one.userAgent === other.userAgent && one.auth0Client === other.auth0Client;

function callerOf({ message, application }: Asked): Caller {
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

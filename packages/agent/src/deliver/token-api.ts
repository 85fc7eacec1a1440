import type { AccessToken } from '@evertoken/client';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type App, mayKnow } from '../apps/app-directory.ts';
import { type AuditEntry, audit } from '../apps/audit.ts';
import type { BookedToken } from '../tokens/booked-token.ts';
import { appOf } from './bearer.ts';
import type { Delivery, DoorParts } from './delivery.ts';
import { answerErrors } from './error-form.ts';
import { Refusal } from './refusal.ts';
import { statusAnswer, tokenAnswer } from './token-answer.ts';
import { unavailable } from './unavailable.ts';

type Named = { Params: { name: string }; Querystring: { min_ttl?: unknown } };

/** `/v1`: tokens by name, reports of rejected ones, and what an app may see of their state. Needs `Authorization: Bearer <app key>`. */
export function tokenApi({ apps, book, listenerOf, log, auditLog, clock }: DoorParts): Delivery {
  /** Runs one hand-out and writes its audit line, also when it fails. */
  async function handOut(
    request: FastifyRequest<Named>,
    event: AuditEntry['event'],
    get: (token: BookedToken) => Promise<AccessToken>,
  ): Promise<{ token: BookedToken; live: AccessToken }> {
    const began = clock.monotonic();
    const app = appOf(request.headers.authorization, apps);
    const { name } = request.params;
    const record = (status: number, fingerprint: string | undefined): void => {
      const pattern = `${request.method} ${request.routeOptions.url ?? ''}`;
      audit(auditLog, {
        event,
        app: app.name,
        listener: listenerOf(request.raw),
        token: name,
        fingerprint,
        pattern,
        status,
        ms: clock.monotonic() - began,
      });
    };
    const token = readable(app, name);
    try {
      const live = await get(token);
      record(200, live.fingerprint);
      return { token, live };
    } catch (error) {
      const refusal = unavailable(token, error);
      record(refusal instanceof Refusal ? refusal.status : 500, undefined);
      throw refusal;
    }
  }

  function readable(app: App, name: string): BookedToken {
    const token = mayKnow(app, name) ? book.find(name) : undefined;
    // The same answer for a token that does not exist and for one that is none of this app's business.
    if (token === undefined) throw new Refusal(404, 'unknown_token', 'This app has no token of that name.');
    if (app.tokens.includes(name)) return token;
    throw new Refusal(
      403,
      'missing_rule',
      `This app may call through the proxy, but not read the token. To allow it, add \`${name}\` to \`apps.${app.name}.tokens\`.`,
    );
  }

  function reply(answer: FastifyReply, { token, live }: { token: BookedToken; live: AccessToken }): FastifyReply {
    answer.header('authorization', live.authorization);
    if (prefersText(answer.request.headers.accept)) return answer.type('text/plain').send(live.accessToken);
    return answer.send(tokenAnswer(token, live));
  }

  return {
    open(server) {
      answerErrors(server, 'problem', log);
      server.addHook('onSend', async (_request, answer) => {
        answer.header('cache-control', 'no-store');
      });
      server.get<Named>('/v1/tokens/:name', async (request, answer) => {
        const minTtlSeconds = minTtlOf(request.query.min_ttl);
        const handed = await handOut(request, 'token.read', (token) =>
          token.get(minTtlSeconds === undefined ? undefined : { minTtlSeconds }),
        );
        return reply(answer, handed);
      });
      server.post<Named>('/v1/tokens/:name/reject', async (request, answer) => {
        const handed = await handOut(request, 'token.reject', (token) => token.reject(fingerprintOf(request.body)));
        return reply(answer, handed);
      });
      server.get('/v1/status', async (request) => {
        const app = appOf(request.headers.authorization, apps);
        return { app: app.name, tokens: book.tokens.filter((token) => mayKnow(app, token.name)).map((token) => statusAnswer(token, app)) };
      });
    },
  };
}

function minTtlOf(text: unknown): number | undefined {
  if (text === undefined) return undefined;
  if (typeof text === 'string' && /^\d{1,9}$/.test(text)) return Number(text);
  throw new Refusal(400, 'invalid_min_ttl', '`min_ttl` is a whole number of seconds, given once.');
}

function fingerprintOf(body: unknown): string {
  const fingerprint = (body as { fingerprint?: unknown } | null | undefined)?.fingerprint;
  if (typeof fingerprint === 'string' && /^[0-9a-f]{16}$/.test(fingerprint)) return fingerprint;
  throw new Refusal(400, 'invalid_fingerprint', 'Send the fingerprint of the rejected token as JSON: {"fingerprint": "16 hex digits"}.');
}

function prefersText(accept: string | undefined): boolean {
  const [first = ''] = (accept ?? '').split(',');
  return first.split(';', 1)[0]?.trim().toLowerCase() === 'text/plain';
}

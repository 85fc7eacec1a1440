import type { FastifyRequest } from 'fastify';
import { deepestBody, isDeeperThan } from './json-depth.ts';
import type { ManageParts } from './manage-parts.ts';
import type { OperationFacts } from './operation.ts';
import { withoutSecrets } from './secrets.ts';

/** How a call ended. */
export interface Outcome {
  readonly status: number;
  readonly body?: unknown;
  readonly secrets?: readonly string[];
}

/**
 * Tells the log of the tenant of a call: writes that were done (`sapi`), reads that showed a secret (`mgmt_api_read`), and what
 * failed (`fapi`): writes, and reads that were not allowed. Other reads leave no trace, as with the service.
 */
export function journalCall(parts: ManageParts, operation: OperationFacts, request: FastifyRequest, outcome: Outcome): void {
  const type = typeOf(operation, outcome);
  if (type === undefined) return;
  const { clientId, scopes } = request.bearer ?? { clientId: undefined, scopes: new Set<string>() };
  const { secrets = [], status, body } = outcome;
  const [path = '', query] = request.url.split('?');
  parts.journal.write({
    type,
    description: operation.summary,
    clientId,
    clientName: clientId === undefined ? undefined : parts.index.application(clientId)?.name,
    ip: request.ip,
    userAgent: request.headers['user-agent'],
    auth0Client: one(request.headers['auth0-client']),
    details: {
      ...(secrets.length > 0 && { accessedSecrets: secrets }),
      request: {
        method: request.method.toLowerCase(),
        path,
        ...(query !== undefined && { query }),
        ...correlationOf(request),
        auth: { strategy: 'jwt', credentials: { scopes: [...scopes] } },
        ...(Buffer.isBuffer(request.body) && request.body.length > 0 && { body: withoutSecrets(jsonIn(request.body)) }),
      },
      // A page with secrets is not copied into the log.
      response: { statusCode: status, ...(type !== 'mgmt_api_read' && body !== undefined && { body: withoutSecrets(body) }) },
    },
  });
}

function typeOf({ method }: OperationFacts, { status, secrets = [] }: Outcome): 'sapi' | 'fapi' | 'mgmt_api_read' | undefined {
  const isRead = method === 'GET';
  if (status >= 400) return !isRead || status === 403 || status >= 500 ? 'fapi' : undefined;
  if (!isRead) return 'sapi';
  return secrets.length > 0 ? 'mgmt_api_read' : undefined;
}

function correlationOf({ headers }: FastifyRequest): { correlation_id?: string } {
  const id = one(headers['x-correlation-id']);
  return id === undefined ? {} : { correlation_id: id.slice(0, 64) };
}

const one = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? header[0] : header);

function jsonIn(body: Buffer): unknown {
  const text = body.toString('utf8');
  if (isDeeperThan(deepestBody, text)) return '[TOO DEEP]';
  try {
    return JSON.parse(text);
  } catch {
    // A form, or nothing that can be read: no telling where the secrets in it are.
    return undefined;
  }
}

import type { z } from 'zod';
import type { ManagementEndpoint } from '../rate-limit/rate-limit-plan.ts';
import type { Bearer } from './bearer.ts';
import type { CallParts } from './manage-parts.ts';
import { queryOf, readBody, readPath, readQuery } from './read-request.ts';
import type { ScopeRule } from './scope-rule.ts';

/** What is known of an operation of the Management API without running it: routes, OpenAPI and docs/compatibility.md are made of it. */
export interface OperationFacts {
  /** `operationId` of the OpenAPI document. */
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `/api/v2`, with `{name}` for each parameter. */
  readonly path: string;
  readonly summary: string;
  readonly tag: string;
  readonly scopes: ScopeRule;
  /** Bucket of the rate limits that a call is counted in besides the global one. Default `other`. */
  readonly endpoint?: ManagementEndpoint;
  readonly pathParameters?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** Status of a success. */
  readonly status: 200 | 201 | 204;
  /** Body of a success; none: it has none. */
  readonly response?: z.ZodType;
  /** Statuses of refusals beside those that every operation has, each with what it means. */
  readonly refusals?: Readonly<Record<number, string>>;
  /** How it differs from the service, for people; none: it does not within what is known. */
  readonly differs?: string;
}

/** A call whose caller is known and whose parts were read by the schemas. */
export interface Call<Query, Body, Path> {
  readonly query: Query;
  readonly body: Body;
  readonly path: Path;
  readonly bearer: Bearer;
  readonly parts: CallParts;
  /** Path and query as they came. */
  readonly url: string;
}

/** What a call is answered with. */
export interface Answer {
  readonly body?: unknown;
  /** The body as JSON, where it was made before. */
  readonly bytes?: Buffer;
  /** The `Link` header. */
  readonly link?: string | undefined;
  /** Names of the secrets that the body holds, for the log of the tenant. */
  readonly secrets?: readonly string[];
}

/** A call as it came, past the guard. */
export interface UnreadCall {
  readonly url: string;
  readonly pathParameters: unknown;
  readonly contentType: string | undefined;
  readonly body: Buffer | undefined;
  readonly bearer: Bearer;
  readonly parts: CallParts;
}

/** An operation that can be called. */
export interface Operation extends OperationFacts {
  /** Throws {@link ManageRefusal}. */
  run(call: UnreadCall): Promise<Answer>;
}

/** Puts together what is known of an operation and what it does, so that it gets what its schemas read. */
export function operation<Query, Body, Path>(
  facts: OperationFacts & {
    readonly query?: z.ZodType<Query>;
    readonly body?: z.ZodType<Body>;
    readonly pathParameters?: z.ZodType<Path>;
    handle(call: Call<Query, Body, Path>): Promise<Answer>;
  },
): Operation {
  const { handle, ...known } = facts;
  const { query, body, pathParameters } = facts;
  return {
    ...known,
    run: async (call) => {
      const { url, bearer, parts } = call;
      return await handle({
        url,
        bearer,
        parts,
        path: pathParameters === undefined ? (undefined as Path) : readPath(call.pathParameters, pathParameters),
        query: query === undefined ? (undefined as Query) : readQuery(queryOf(call), query),
        body: body === undefined ? (undefined as Body) : readBody(call.contentType, call.body ?? Buffer.alloc(0), body),
      });
    },
  };
}

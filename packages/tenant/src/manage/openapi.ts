import { z } from 'zod';
import type { OperationFacts } from './operation.ts';
import { errorBody } from './schema-pieces.ts';

type Json = Readonly<Record<string, unknown>>;

/** Refusals that every operation has, by status. */
const everywhere: Readonly<Record<number, string>> = {
  400: 'The request cannot be read or breaks a rule: `invalid_body`, `invalid_query_string`, `invalid_uri`, `invalid_paging`, `operation_not_supported`; or the header `Authorization` is malformed: `Bearer`.',
  401: 'There is no token, or it is not good.',
  403: 'The token lacks a scope (`insufficient_scope`), or the tenant lacks a feature (`feature_not_enabled`).',
  429: 'Too many requests (`too_many_requests`).',
  500: 'The tenant failed; its log tells why: `errorId` stands there as `error_id`.',
  503: 'The tenant cannot reach its store; `Retry-After` says when to try again.',
};
const ofBodies: Readonly<Record<number, string>> = {
  413: 'The body is larger than 1 MB.',
  415: 'The body is neither JSON nor a form.',
};

/** OpenAPI 3.1 of `operations`, served below `server`. */
export function openApiDocument(operations: readonly OperationFacts[], server: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method.toLowerCase()]: operationObject(operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Management API of an Evertoken tenant',
      version: '2',
      description: 'What this tenant serves of Auth0’s Management API v2. Generated from the schemas that judge its requests.',
    },
    servers: [{ url: server }],
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: { Error: jsonSchema(errorBody, 'output') },
    },
  };
}

function operationObject(operation: OperationFacts): Json {
  const { id, summary, tag, scopes, query, body, pathParameters, differs } = operation;
  const [rule, names] = 'anyOf' in scopes ? ['any', scopes.anyOf] : ['all', scopes.allOf];
  return {
    operationId: id,
    summary,
    tags: [tag],
    description: [`Scopes (${rule} of): ${names.map((name) => `\`${name}\``).join(', ')}.`, differs].filter(Boolean).join('\n\n'),
    'x-scopes': { [rule]: names },
    ...((query !== undefined || pathParameters !== undefined) && {
      parameters: [...parametersOf(pathParameters, 'path'), ...parametersOf(query, 'query')],
    }),
    ...(body !== undefined && {
      requestBody: {
        content: Object.fromEntries(
          ['application/json', 'application/x-www-form-urlencoded'].map((type) => [type, { schema: jsonSchema(body, 'input') }]),
        ),
      },
    }),
    responses: responsesOf(operation),
  };
}

function responsesOf({ status, response, refusals = {}, body, summary }: OperationFacts): Json {
  const success =
    response === undefined
      ? { description: summary }
      : { description: summary, content: { 'application/json': { schema: jsonSchema(response, 'output') } } };
  const errors = { ...everywhere, ...(body !== undefined && ofBodies), ...refusals };
  const error = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } };
  return {
    [status]: success,
    ...Object.fromEntries(Object.entries(errors).map(([code, description]) => [code, { description, content: error }])),
  };
}

function parametersOf(schema: z.ZodType | undefined, place: 'path' | 'query'): Json[] {
  if (!(schema instanceof z.ZodObject)) return [];
  const { properties = {}, required = [] } = jsonSchema(schema, 'input') as { properties?: Record<string, Json>; required?: string[] };
  return Object.entries(properties).map(([name, { description, ...inner }]) => ({
    name,
    in: place,
    required: required.includes(name),
    ...(description !== undefined && { description }),
    schema: inner,
  }));
}

// OpenAPI 3.1 speaks JSON Schema 2020-12.
function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _dialect, ...plain } = z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12' });
  return plain;
}

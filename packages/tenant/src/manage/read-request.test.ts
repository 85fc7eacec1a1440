import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { clientGrantCreation } from './client-grants/client-grant-schema.ts';
import { clientListQuery } from './clients/client-queries.ts';
import { clientCreation } from './clients/client-schema.ts';
import { credentialCreation } from './credentials/credential-schema.ts';
import { deepestBody, isDeeperThan } from './json-depth.ts';
import { logFilter } from './logs/log-search.ts';
import { ManageRefusal } from './manage-refusal.ts';
import { readBody, readPath, readQuery } from './read-request.ts';
import { resourceServerCreation } from './resource-servers/resource-server-schema.ts';
import { tenantSettingsPatch } from './tenant-settings/tenant-settings-schema.ts';

const json = 'application/json';
const form = 'application/x-www-form-urlencoded';
const schemas = [clientCreation, clientGrantCreation, credentialCreation, resourceServerCreation, tenantSettingsPatch];

/** What `read` answers; a refusal becomes its body, any other error fails the test. */
function answerOf(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    expect(error).toBeInstanceOf(ManageRefusal);
    const { status, body } = error as ManageRefusal;
    expect([400, 415]).toContain(status);
    expect(body.message.length).toBeLessThanOrEqual(1_001);
    return body;
  }
}

describe('what reads a request of the Management API', { timeout: 60_000 }, () => {
  it('answers any bytes with a value or a refusal', () => {
    const bytes = fc.oneof(
      fc.uint8Array(),
      fc.json().map((text) => Buffer.from(text)),
      fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(fc.constantFrom(json, form, 'text/plain', '', undefined), bytes, fc.constantFrom(...schemas), (type, body, schema) => {
        answerOf(() => readBody<unknown>(type, body, schema));
      }),
      { numRuns: 300 },
    );
  });

  it('answers any query, path and search with a value or a refusal', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webQueryParameters()), (text) => {
        answerOf(() => readQuery(text, clientListQuery));
        answerOf(() => readPath({ id: text }, z.object({ id: z.string().regex(/^\w+$/) })));
        answerOf(() => logFilter(text, 'acme.example'));
      }),
      { numRuns: 300 },
    );
  });

  it('reads the same from a form as from JSON', () => {
    // A form has no empty arrays, and no other types than the schema knows.
    const word = fc.string({ minLength: 1, maxLength: 8, unit: fc.constantFrom(...'abc:/.é &=+%[]') });
    const client = fc.record(
      {
        name: word,
        oidc_conformant: fc.boolean(),
        callbacks: fc.array(word, { minLength: 1, maxLength: 3 }),
        client_metadata: fc.dictionary(fc.constantFrom('team', 'a.b', 'é'), word, { minKeys: 1, noNullPrototype: true }),
        jwt_configuration: fc.record({ lifetime_in_seconds: fc.integer({ min: 1, max: 100_000 }) }, { noNullPrototype: true }),
      },
      { requiredKeys: ['name'], noNullPrototype: true },
    );
    fc.assert(
      fc.property(client, (given) => {
        const entries = Object.entries(given).flatMap(([name, value]): [string, string][] => {
          if (Array.isArray(value)) return value.map((item, at) => [`${name}[${at}]`, item]);
          if (typeof value === 'object') return Object.entries(value).map(([key, inner]) => [`${name}[${key}]`, String(inner)]);
          return [[name, String(value)]];
        });
        const read = (type: string, text: string): unknown => answerOf(() => readBody<unknown>(type, Buffer.from(text), clientCreation));
        expect(read(form, new URLSearchParams(entries).toString())).toEqual(read(json, JSON.stringify(given)));
      }),
    );
  });

  it('says what is wrong with a path', () => {
    const schema = z.object({ id: z.string().regex(/^\d+$/).describe('ID of it.') });
    expect(answerOf(() => readPath({ id: 'x' }, schema))).toEqual({
      statusCode: 400,
      error: 'Bad Request',
      message: "Path validation error: 'String does not match pattern ^\\d+$: x' on property id (ID of it.).",
      errorCode: 'invalid_uri',
    });
    expect(readPath({ id: '1' }, schema)).toEqual({ id: '1' });
  });

  it('counts how deep JSON is nested, and no brackets in text', () => {
    const deep = (levels: number): string => `${'[{"a":'.repeat(levels / 2)}"]}[{"${'}]'.repeat(levels / 2)}`;
    expect([isDeeperThan(deepestBody, deep(deepestBody)), isDeeperThan(deepestBody, deep(deepestBody + 2))]).toEqual([false, true]);
    expect(isDeeperThan(1, '["[[[\\"[[["]')).toBe(false);
    expect(isDeeperThan(1, '["\\\\",[]]')).toBe(true);
  });
});

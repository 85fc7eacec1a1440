import { readFile } from 'node:fs/promises';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { compatibilityPage } from '../src/compatibility/compatibility-page.ts';
import { absentEndpoints } from '../src/manage/auth0-endpoints.ts';
import { operations } from '../src/manage/operations.ts';
import { runningTenant } from './running-tenant.ts';

type Operation = { operationId: string; description: string; 'x-scopes': Record<string, readonly string[]>; responses: object };
type Document = { openapi: string; paths: Record<string, Record<string, Operation>>; servers: { url: string }[] };

const served = operations.map(({ method, path }) => `${method} ${path}`);

describe('docs/compatibility.md', () => {
  it('is what the tables say: else run `node scripts/write-compatibility.mjs`', async () => {
    expect(await readFile(new URL('../../../docs/compatibility.md', import.meta.url), 'utf8')).toBe(compatibilityPage());
  });

  it('tells of every operation once, served or not', () => {
    const absent = absentEndpoints.flatMap(({ methods, path }) => methods.map((method) => `${method} ${path}`));
    const named = (call: string): string => call.replaceAll(/\{\w+\}/g, '{}');
    const all = [...served, ...absent].map(named);
    expect(all.filter((call, at) => all.indexOf(call) !== at)).toEqual([]);
    const lines = compatibilityPage().split('\n');
    for (const call of served)
      expect(
        lines.filter((line) => line.startsWith(`| \`${call}\` |`)),
        call,
      ).toHaveLength(1);
    for (const { path, methods } of absentEndpoints) expect(lines).toContain(`| \`${path}\` | ${methods.join(', ')} |`);
  });
});

describe('/api/v2/openapi.json', { timeout: 60_000 }, () => {
  async function fetched(): Promise<Document> {
    const { url } = await runningTenant();
    const response = await fetch(`${url}/api/v2/openapi.json`);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    return (await response.json()) as Document;
  }

  it('is a valid document of OpenAPI 3.1, and would not be with a mistake in it', async () => {
    const document = await fetched();
    expect(await new Validator().validate({ ...document })).toEqual({ valid: true });
    expect(document.openapi).toBe('3.1.0');
    const broken = structuredClone(document) as unknown as { paths: { '/clients': { get: { responses: unknown } } } };
    broken.paths['/clients'].get.responses = [];
    expect(await new Validator().validate(broken)).toMatchObject({ valid: false });
  });

  it('names every operation with its scopes, and no other', async () => {
    const document = await fetched();
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ call: `${method.toUpperCase()} ${path}`, operation })),
    );
    expect(described.map(({ call }) => call).sort()).toEqual([...served].sort());
    for (const { scopes, method, path, status } of operations) {
      const found = described.find(({ call }) => call === `${method} ${path}`)?.operation;
      const [rule, names] = 'anyOf' in scopes ? ['any', scopes.anyOf] : ['all', scopes.allOf];
      expect(found?.['x-scopes']).toEqual({ [rule]: names });
      for (const name of names) expect(found?.description).toContain(`\`${name}\``);
      expect(found?.responses).toHaveProperty(String(status));
    }
    const ids = described.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

import { expect } from 'vitest';
import type { z } from 'zod';
import type { Operation } from '../src/manage/operation.ts';
import { operations } from '../src/manage/operations.ts';
import { errorBody } from '../src/manage/schema-pieces.ts';

/** The operation that serves `method` at `path`, given with its query below `/api/v2`. */
export function operationAt(method: string, path: string): Operation | undefined {
  const steps = (path.split('?')[0] ?? '').split('/');
  const matching = operations.filter((operation) => {
    const pattern = operation.path.split('/');
    return (
      operation.method === method &&
      pattern.length === steps.length &&
      pattern.every((step, at) => step.startsWith('{') || step === steps[at])
    );
  });
  // A fixed name goes before a parameter.
  return matching.sort((a, b) => (a.path.match(/\{/g)?.length ?? 0) - (b.path.match(/\{/g)?.length ?? 0))[0];
}

/** Fails the test where an answer of the Management API is not what its operation says: status, type and body. */
export async function expectDescribed(method: string, path: string, response: Response): Promise<void> {
  const operation = operationAt(method, path);
  const text = await response.clone().text();
  if (operation === undefined && response.status < 400) return;
  expect(response.headers.get('content-type'), `${method} ${path}`).toBe('application/json; charset=utf-8');
  if (response.status >= 400) {
    expectToFit(errorBody, text, `${method} ${path} → ${response.status}`);
    expect((JSON.parse(text) as { statusCode: number }).statusCode).toBe(response.status);
    return;
  }
  expect(response.status, `${method} ${path}`).toBe(operation?.status);
  if (operation?.response === undefined) expect(text).toBe('');
  else expectToFit(operation.response, text, `${method} ${path}`);
}

function expectToFit(schema: z.ZodType, text: string, what: string): void {
  const { error } = schema.safeParse(JSON.parse(text));
  expect(error?.issues, what).toBeUndefined();
}

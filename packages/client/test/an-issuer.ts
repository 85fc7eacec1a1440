import type { ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';
import { startLoopbackServer } from './loopback-server.ts';

/** An issuer's metadata server; `answer` sees the path. */
export async function anIssuer(
  answer: (path: string, response: ServerResponse, origin: string) => void,
): Promise<{ origin: string; paths: string[] }> {
  const paths: string[] = [];
  const { origin, close } = await startLoopbackServer((request, response) => {
    paths.push(request.url ?? '');
    answer(request.url ?? '', response, origin);
  });
  onTestFinished(close);
  return { origin, paths };
}

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { curlOf, forgetCalls, keepCall, madeCalls } from './call-log.ts';

const origin = 'https://localhost:8443';
const call = (method: string, path: string) => keepCall({ method, path, body: undefined, status: 200, tookMs: 1 });

describe('curlOf', () => {
  it('writes a call as a shell takes it, with a variable for the token', () => {
    expect(curlOf({ method: 'GET', path: '/api/v2/clients?page=0', body: undefined }, origin)).toBe(
      `curl 'https://localhost:8443/api/v2/clients?page=0' -H "Authorization: Bearer $TOKEN"`,
    );
  });

  it('says what a shell must not read as its own', async () => {
    const body = { name: `it's $HOME "x" \\` };
    const command = curlOf({ method: 'PATCH', path: '/api/v2/clients/a', body }, origin);
    const { stdout } = await promisify(execFile)('sh', ['-c', `TOKEN=t; printf '%s\\n' ${command.slice('curl '.length)}`]);
    const words = stdout.trimEnd().split('\n');
    expect(words.slice(0, 3)).toEqual(['-X', 'PATCH', `${origin}/api/v2/clients/a`]);
    expect(words).toContain('Authorization: Bearer t');
    expect(JSON.parse(words.at(-1) ?? '')).toEqual(body);
  });

  it('leaves secrets out', () => {
    const command = curlOf({ method: 'PATCH', path: '/', body: { client_secret: 'hush', a: { signing_secret: 'hush' } } }, origin);
    expect(command).not.toContain('hush');
  });
});

describe('the calls of a page', () => {
  beforeEach(() => forgetCalls());

  it('are kept with the newest first, and no more than forty', () => {
    for (let at = 0; at < 50; at += 1) call('POST', `/${at}`);
    expect(madeCalls.value).toHaveLength(40);
    expect(madeCalls.value[0]?.path).toBe('/49');
  });

  it('have one place for a read that is repeated, and one for each write', () => {
    for (const path of ['/logs?from=1', '/logs?from=2']) call('GET', path);
    for (const path of ['/clients', '/clients']) call('POST', path);
    expect(madeCalls.value.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /clients', 'POST /clients', 'GET /logs?from=2']);
  });
});

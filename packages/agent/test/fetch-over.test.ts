import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { fetchOver } from '../src/upstream/fetch-over.ts';
import { anApi, aRawApi, failureOf, listening, upstream, upstreamWith } from './upstream-stage.ts';

const fetch: ReturnType<typeof fetchOver> = (input, init) => fetchOver(upstream)(input, init);

describe('a token request', () => {
  it('arrives as it was given, and its answer too', async () => {
    const heard: unknown[] = [];
    const { origin } = await anApi((request, response) => {
      let body = '';
      request.on('data', (part) => {
        body += part;
      });
      request.on('end', () => {
        heard.push(request.method, request.url, request.headers, body);
        response.writeHead(201, { 'Content-Type': 'application/json', 'X-Twice': ['one', 'two'] }).end('{"a":"ü"}');
      });
    });
    const body = new URLSearchParams({ grant_type: 'client_credentials', audience: 'https://api.test/ü' });
    const headers = new Headers({ authorization: 'Basic eDp5', 'content-type': 'application/x-www-form-urlencoded' });
    const answer = await fetch(`${origin}/oauth/token?a=b%20c`, { method: 'POST', headers, body, redirect: 'manual' });
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('x-twice')]).toEqual([
      201,
      'application/json',
      'one, two',
    ]);
    expect(await answer.json()).toEqual({ a: 'ü' });
    const form = 'grant_type=client_credentials&audience=https%3A%2F%2Fapi.test%2F%C3%BC';
    expect(heard).toEqual([
      'POST',
      '/oauth/token?a=b%20c',
      {
        host: new URL(origin).host,
        'accept-encoding': 'identity',
        authorization: 'Basic eDp5',
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': String(form.length),
      },
      form,
    ]);
  });

  it('goes over the connection of the one before', async () => {
    const { origin, connections } = await anApi((_request, response) => response.end('{}'));
    for (let i = 0; i < 3; i += 1) expect(await (await fetch(origin)).text()).toBe('{}');
    expect(connections()).toBe(1);
  });

  it('is not sent where its signal has aborted before', async () => {
    const { origin, connections } = await anApi((_request, response) => response.end('{}'));
    const reason = new Error('nobody waits');
    expect(await failureOf(fetch(origin, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(connections()).toBe(0);
  });
});

describe('an answer', () => {
  it('that redirects is given as it is', async () => {
    const { origin, connections } = await anApi((_request, response) => response.writeHead(302, { location: '/elsewhere' }).end('moved'));
    const answer = await fetch(origin);
    expect([answer.status, answer.headers.get('location'), await answer.text()]).toEqual([302, '/elsewhere', 'moved']);
    expect(connections()).toBe(1);
  });

  it.each([204, 205, 304])('%i has no body', async (status) => {
    const { origin } = await anApi((_request, response) => response.writeHead(status).end());
    const answer = await fetch(origin);
    expect([answer.status, answer.body]).toEqual([status, null]);
  });

  it('of many parts is whole, however slowly it is read', async () => {
    const parts = Array.from({ length: 40 }, () => randomBytes(30_000));
    const { origin } = await anApi((_request, response) => {
      for (const part of parts) response.write(part);
      response.end();
    });
    const answer = await fetch(origin);
    const read: Uint8Array[] = [];
    for await (const part of answer.body as unknown as AsyncIterable<Uint8Array>) {
      read.push(part);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(Buffer.concat(read).equals(Buffer.concat(parts))).toBe(true);
  });

  it('that nobody reads to its end frees its connection', async () => {
    const closed: Promise<unknown>[] = [];
    const { origin } = await anApi((request, response) => {
      closed.push(new Promise((resolve) => request.socket.once('close', resolve)));
      response.writeHead(200).write('x'.repeat(100_000));
    });
    const answer = await fetch(origin);
    const reader = (answer.body as ReadableStream).getReader();
    await reader.read();
    await reader.cancel();
    await closed[0];
  });

  it('with a status that HTTP does not have is none', async () => {
    const { origin } = await aRawApi((socket) => socket.write('HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n'));
    expect(await failureOf(fetch(origin))).toMatchObject({ name: 'TypeError', code: 'EPROTO' });
  });
});

describe('a failure', () => {
  it('of the connection has the code that the system gave', async () => {
    const free = createServer();
    const origin = await listening(free);
    await new Promise((resolve) => free.close(resolve));
    expect(await failureOf(fetch(origin))).toMatchObject({ name: 'TypeError', code: 'ECONNREFUSED' });
  });

  it.each([
    ['closes without a word', '', 'ECONNRESET'],
    ['speaks something else', 'SSH-2.0-OpenSSH_9.2\r\n\r\n', 'EPROTO'],
  ])('has a code where the server %s', async (_what, words, code) => {
    const { origin } = await aRawApi((socket) => socket.end(words));
    expect(await failureOf(fetch(origin))).toMatchObject({ name: 'TypeError', code });
  });

  it('has a code where nobody answers in time', async () => {
    const { origin } = await aRawApi(() => undefined);
    const impatient = fetchOver(upstreamWith({ timeoutMs: 20 }));
    expect(await failureOf(impatient(origin))).toMatchObject({ name: 'TypeError', code: 'ETIMEDOUT' });
  });

  it('in the middle of a body is told to whoever reads it', async () => {
    const { origin } = await aRawApi((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'));
    const answer = await fetch(origin);
    expect(await failureOf(answer.text())).toMatchObject({ name: 'TypeError', code: 'ECONNRESET' });
  });

  it('is the reason of the signal, once that aborts before the answer', async () => {
    const abort = new AbortController();
    const { origin } = await aRawApi((socket) => {
      socket.once('close', () => closed());
      abort.abort(new Error('too late'));
    });
    let closed!: () => void;
    const isClosed = new Promise<void>((resolve) => {
      closed = resolve;
    });
    expect(await failureOf(fetch(origin, { signal: abort.signal }))).toMatchObject({ message: 'too late' });
    await isClosed;
  });

  it('comes to whoever reads the body, once the signal aborts after the head', async () => {
    const abort = new AbortController();
    const { origin } = await aRawApi((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'));
    const answer = await fetch(origin, { signal: abort.signal });
    const text = answer.text();
    abort.abort();
    expect(await failureOf(text)).toMatchObject({ name: 'TypeError' });
  });
});

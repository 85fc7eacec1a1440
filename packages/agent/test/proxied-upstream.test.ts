import { Agent } from 'undici';
import { describe, expect, it } from 'vitest';
import { ProxiedUpstream } from '../src/upstream/proxied-upstream.ts';
import { aRawApi, bodyOf, closings, failureOf, get } from './upstream-stage.ts';

/** Of undici's own connections: what a proxy would carry is the same. */
function proxiedUpstream(): ProxiedUpstream {
  const dispatcher = new Agent();
  closings.push(() => dispatcher.destroy());
  return new ProxiedUpstream(() => Promise.resolve(dispatcher), 10_000);
}

describe('an answer that comes through a proxy', () => {
  it.each([
    ['GET', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello', 204],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello', 304],
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', 200],
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', 200],
  ])('has no body where HTTP knows none, also where the API sends one: %s, %j', async (method, text, status) => {
    const { origin } = await aRawApi((socket) => void socket.write(text));
    const answer = await proxiedUpstream().send(get(origin, { method })).answer;
    expect([answer.status, await bodyOf(answer)]).toEqual([status, '']);
  });

  it('has its body otherwise, and fails where that breaks off', async () => {
    const { origin } = await aRawApi((socket, heard) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${heard.includes('/cut') ? 9 : 5}\r\n\r\nhello`);
      if (heard.includes('/cut')) socket.end();
    });
    const upstream = proxiedUpstream();
    expect(await bodyOf(await upstream.send(get(origin)).answer)).toBe('hello');
    const cut = await upstream.send(get(origin, { target: '/cut' })).answer;
    expect(await failureOf(bodyOf(cut))).toMatchObject({ code: 'cut' });
  });

  it('is waited for as long as its request says', async () => {
    const { origin } = await aRawApi(() => undefined);
    expect(await failureOf(proxiedUpstream().send(get(origin, { readTimeoutMs: 100 })).answer)).toMatchObject({ code: 'silent' });
  });
});

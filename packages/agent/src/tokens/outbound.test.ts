import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@evertoken/client';
import { afterEach, describe, expect, it } from 'vitest';
import { openOutbound } from './outbound.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  while (open.length > 0) await open.pop()?.();
});

/** A proxy that refuses every tunnel and remembers where to. */
async function startProxy(): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer();
  server.on('connect', (request, socket) => {
    asked.push(request.url ?? '');
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(() => new Promise((resolve) => server.close(resolve)));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

describe('the way out', () => {
  it('goes through the proxy that the environment names, but for the hosts it excepts', async () => {
    const { url, asked } = await startProxy();
    const outbound = openOutbound({ httpProxy: '', httpsProxy: url, noProxy: 'direct.invalid', extraCa: [] }, systemClock);
    open.push(() => outbound.close());
    await expect(outbound.fetch('https://issuer.invalid/oauth/token', { method: 'POST' })).rejects.toThrow();
    expect(asked).toEqual(['issuer.invalid:443']);
    await expect(outbound.fetch('https://direct.invalid/')).rejects.toThrow();
    expect(asked).toHaveLength(1);
  });
});

import { createServer as createHttpsServer, type Server } from 'node:https';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { TokenKeeper, type TokenRequest } from '@evertoken/client';
import { withDispatcher } from '@evertoken/client/adapters';
import { type LocalCa, openLocalCa, openStateFolder } from '@evertoken/service';
import { Agent, type Dispatcher, EnvHttpProxyAgent, fetch as undiciFetch } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from './evertoken.ts';

/** An https issuer under a private CA that remembers which certificate its client showed. */
describe('the library over the ways there are to an issuer', () => {
  let folder: { path: string; remove: () => Promise<void> };
  let ca: LocalCa;
  let issuer: Server;
  let request: TokenRequest;
  const shown: (string | undefined)[] = [];
  const undo: (() => Promise<unknown> | unknown)[] = [];

  beforeAll(async () => {
    folder = await temporaryFolder();
    ca = await openLocalCa(await openStateFolder(folder.path));
    issuer = createHttpsServer(
      { ...(await ca.serverCertificate(['localhost'])), requestCert: true, rejectUnauthorized: false },
      (incoming, response) => {
        shown.push((incoming.socket as TLSSocket).getPeerCertificate().fingerprint256);
        incoming.resume().on('end', () => {
          response.writeHead(200, { 'content-type': 'application/json' });
          response.end(JSON.stringify({ access_token: `token-${shown.length}`, token_type: 'Bearer', expires_in: 600 }));
        });
      },
    );
    await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
    request = {
      tokenEndpoint: `https://localhost:${(issuer.address() as AddressInfo).port}/token`,
      clientId: 'worker',
      clientSecret: 's3cret',
    };
  });

  afterAll(async () => {
    for (const step of undo.reverse()) await step();
    issuer?.closeAllConnections();
    await new Promise((resolve) => issuer?.close(resolve));
    await folder?.remove();
  });

  function keeperOver(dispatcher?: Dispatcher): TokenKeeper {
    const keeper = new TokenKeeper(dispatcher && { fetch: withDispatcher(undiciFetch, dispatcher) });
    undo.push(
      () => keeper.close(),
      () => dispatcher?.destroy(),
    );
    return keeper;
  }

  it('trusts a private CA that the fetch of the program trusts, and no other', async () => {
    const before = shown.length;
    await expect(keeperOver().keep(request).get()).rejects.toMatchObject({ code: 'tls_error', retryable: false });
    expect(shown).toHaveLength(before);
    const token = await keeperOver(new Agent({ connect: { ca: ca.certificatePem } }))
      .keep(request)
      .get();
    expect(token.accessToken).toBe(`token-${before + 1}`);
  });

  it('refuses a certificate of the right CA for another name', async () => {
    const elsewhere = { ...request, tokenEndpoint: request.tokenEndpoint?.replace('localhost', '127.0.0.2') ?? '' };
    const { port } = new URL(elsewhere.tokenEndpoint);
    const wire = createServer((socket) =>
      socket
        .pipe(connect(Number(port), '127.0.0.1'))
        .pipe(socket)
        .on('error', () => socket.destroy()),
    );
    await new Promise<void>((resolve) => wire.listen(Number(port), '127.0.0.2', resolve));
    undo.push(() => wire.close());
    await expect(
      keeperOver(new Agent({ connect: { ca: ca.certificatePem } }))
        .keep(elsewhere)
        .get(),
    ).rejects.toMatchObject({ code: 'tls_error' });
  });

  it('goes through the proxy that the environment names', async () => {
    const tunnelled: string[] = [];
    const sockets = new Set<Socket>();
    const proxy = (await import('node:http')).createServer().on('connect', (incoming, socket: Socket) => {
      tunnelled.push(incoming.url ?? '');
      const onward = connect(Number(incoming.url?.split(':')[1]), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        socket.pipe(onward).pipe(socket);
      });
      for (const end of [socket, onward]) sockets.add(end.on('error', () => undefined));
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    undo.push(() => {
      for (const socket of sockets) socket.destroy();
      proxy.close();
    });
    const httpsProxy = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const dispatcher = new EnvHttpProxyAgent({ httpsProxy, noProxy: '', requestTls: { ca: ca.certificatePem } });
    await keeperOver(dispatcher).keep(request).get();
    expect(tunnelled).toEqual([new URL(request.tokenEndpoint ?? '').host]);
  });

  it('shows its certificate where that is how it is known (RFC 8705)', async () => {
    const { key, cert } = await ca.serverCertificate(['worker']);
    const { clientSecret: _, ...withoutSecret } = request;
    const dispatcher = new Agent({ connect: { ca: ca.certificatePem, key, cert } });
    await keeperOver(dispatcher)
      .keep({ ...withoutSecret, clientAuthentication: 'tls_client_auth' })
      .get();
    expect(shown.at(-1)).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  });
});

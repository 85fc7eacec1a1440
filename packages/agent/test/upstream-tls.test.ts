import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { createSecureContext, rootCertificates } from 'node:tls';
import { systemClock } from '@evertoken/client';
import { type LocalCa, openLocalCa, openStateFolder } from '@evertoken/service';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openOutbound } from '../src/tokens/outbound.ts';
import { DirectUpstream } from '../src/upstream/direct-upstream.ts';
import { HostLookup } from '../src/upstream/host-lookup.ts';
import type { Upstream, UpstreamAnswer } from '../src/upstream/upstream.ts';

let home: string;
let ca: LocalCa;
let origin: string;
let resumed: boolean[];
const servers: { server: Server; sockets: Set<Socket> }[] = [];
const closings: (() => Promise<void>)[] = [];

async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  servers.push({ server, sockets });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'evertoken-upstream-'));
  ca = await openLocalCa(await openStateFolder(join(home, 'ca')));
  resumed = [];
  const api = createServer(await ca.serverCertificate(['localhost', 'api.test']), (request, response) =>
    response.end(`${request.method} ${request.url}`),
  );
  api.on('secureConnection', (socket) => resumed.push(socket.isSessionReused()));
  origin = `https://localhost:${await listening(api)}`;
});
afterAll(async () => {
  for (const close of closings) await close();
  for (const { server, sockets } of servers) {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  }
  await rm(home, { recursive: true, force: true });
});

function direct(trusted: readonly string[] | undefined): DirectUpstream {
  const context = trusted && createSecureContext({ ca: [...trusted] });
  const upstream = new DirectUpstream({
    secureContext: () => context,
    lookup: new HostLookup({ timeoutMs: 3_000, clock: systemClock }).lookup,
    connectTimeoutMs: 3_000,
    timeoutMs: 10_000,
    maxConnections: 8,
    clock: systemClock,
  });
  closings.push(() => upstream.close());
  return upstream;
}

const ask = (upstream: Upstream, to: string) =>
  upstream.send({ origin: to, method: 'GET', target: '/api/v2/clients', headers: ['accept', '*/*'], body: null, contentLength: undefined })
    .answer;

async function bodyOf(answer: UpstreamAnswer): Promise<string> {
  let text = '';
  const sink = new Writable({
    write(part, _encoding, done) {
      text += String(part);
      done();
    },
  });
  const finished = new Promise((resolve) => sink.once('finish', resolve));
  await answer.body.pipeTo(sink);
  await finished;
  return text;
}

describe('an API over TLS', () => {
  it('is asked where its certificate is trusted', async () => {
    const upstream = direct([...rootCertificates, ca.certificatePem]);
    expect(await bodyOf(await ask(upstream, origin))).toBe('GET /api/v2/clients');
  });

  it('is not asked where it is not, or where it is of another name', async () => {
    expect(await ask(direct(undefined), origin).catch((error: unknown) => error)).toMatchObject({ code: 'untrusted' });
    const other = createServer(await ca.serverCertificate(['elsewhere.example']), (_request, response) => response.end('no'));
    const port = await listening(other);
    const failure = await ask(direct([ca.certificatePem]), `https://localhost:${port}`).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'untrusted', cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } });
  });

  it('is unreachable, and no matter of certificates, where plain http answers', async () => {
    const port = await listening(createHttpServer((_request, response) => response.end('plain')));
    const failure = await ask(direct(undefined), `https://localhost:${port}`).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'unreachable', cause: { code: expect.stringMatching(/^ERR_SSL_/) as string } });
  });

  it('is asked over a session that goes on when a connection is made anew', async () => {
    const upstream = direct([ca.certificatePem]);
    resumed = [];
    const [first, second] = [await ask(upstream, origin), await ask(upstream, origin)];
    await Promise.all([bodyOf(first), bodyOf(second)]);
    for (const { sockets } of servers) for (const socket of sockets) socket.destroy();
    await expect.poll(async () => bodyOf(await ask(upstream, origin)).catch(() => '')).toBe('GET /api/v2/clients');
    expect(resumed.at(-1)).toBe(true);
  });
});

describe('an API behind the proxy that the environment names', () => {
  it('is asked through it, and its certificate is checked all the same', async () => {
    const tunnels: string[] = [];
    const proxy = createHttpServer();
    // It alone knows where api.test is.
    proxy.on('connect', (request, socket: Socket) => {
      tunnels.push(request.url ?? '');
      const onward = connect(Number(new URL(origin).port), 'localhost', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
      onward.on('error', () => socket.destroy()).pipe(socket);
      socket.on('error', () => onward.destroy()).pipe(onward);
    });
    const named = `http://localhost:${await listening(proxy)}`;
    const config = { httpProxy: named, httpsProxy: named, noProxy: '', extraCa: [] };
    const [trusting, wary] = [openOutbound(config, systemClock, [ca.certificatePem]), openOutbound(config, systemClock)];
    closings.push(trusting.close, wary.close);
    const through = (outbound: typeof trusting) => ask(outbound.openUpstream(10_000), 'https://api.test:8443');
    expect(await bodyOf(await through(trusting))).toBe('GET /api/v2/clients');
    expect(await through(wary).catch((error: unknown) => error)).toMatchObject({ name: 'UpstreamError', code: 'untrusted' });
    expect(tunnels).toEqual(['api.test:8443', 'api.test:8443']);
  });
});

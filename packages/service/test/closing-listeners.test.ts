import { once } from 'node:events';
import { Agent, get, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import { freshFolder } from '@evertoken/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openLocalCa, openStateFolder } from '../src/index.ts';
import { anyPort, open, portOf } from './an-open-listener.ts';

describe('closing', () => {
  it('does not wait for peers that have not ended their TLS handshake', async () => {
    const ca = await openLocalCa(await openStateFolder(await freshFolder()));
    const listeners = await open([{ kind: 'https', host: '127.0.0.1', port: 0 }], { certificate: ca.serverCertificate });
    const probe = connect(portOf(listeners), '127.0.0.1');
    await once(probe, 'connect');
    const begun = connect(portOf(listeners), '127.0.0.1');
    // The first bytes of a hello that never ends.
    begun.write(Buffer.from([0x16, 0x03, 0x01, 0x02]));
    await once(begun, 'connect');
    // Those that came before this one have been taken in, too.
    const asking = connectTls({ host: '127.0.0.1', port: portOf(listeners), ca: ca.certificatePem });
    await once(asking, 'secureConnect');
    const gone = Promise.all([probe, begun, asking].map((socket) => once(socket.resume(), 'close')));
    const begunAt = performance.now();
    await listeners.close();
    await gone;
    expect(performance.now() - begunAt).toBeLessThan(5_000);
  });
});

describe('close', () => {
  it('drops idle connections at once, also those that never asked', async () => {
    const listeners = await open([anyPort]);
    const [silent, idle] = [connect(portOf(listeners), '127.0.0.1'), connect(portOf(listeners), '127.0.0.1')];
    idle.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await Promise.all([once(silent, 'connect'), once(idle, 'data')]);
    const gone = Promise.all([once(silent, 'close'), once(idle, 'close')]);
    await Promise.all([listeners.close({ graceMs: 600_000 }), gone]);
  });

  it('lets a running request end, then drops its connection', async () => {
    let finish = (): void => {};
    const listeners = await open([anyPort], {
      handler: (_req, res) => {
        finish = () => res.end('done');
        res.write('begun, ');
      },
    });
    // It would ask again on the same connection.
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const req = get(listeners.urls[0]!, { agent });
    const [res] = (await once(req, 'response')) as [IncomingMessage];
    const closed = listeners.close({ graceMs: 600_000 });
    await expect(once(connect(portOf(listeners), '127.0.0.1'), 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    finish();
    expect(await text(res)).toBe('begun, done');
    await closed;
  });

  it('ends a request that outlasts the grace', async () => {
    const listeners = await open([anyPort], { handler: (_req, res) => res.write('begun') });
    const req = request(listeners.urls[0]!, { agent: false });
    req.end();
    const [res] = (await once(req, 'response')) as [IncomingMessage];
    const failed = once(res, 'error');
    await listeners.close({ graceMs: 20 });
    expect(await failed).toMatchObject([{ code: 'ECONNRESET' }]);
  });

  it('may be called twice', async () => {
    const listeners = await open([anyPort]);
    await Promise.all([listeners.close(), listeners.close()]);
    await listeners.close();
  });
});

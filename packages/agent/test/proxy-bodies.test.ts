import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setImmediate } from 'node:timers/promises';
import { openLocalCa, openStateFolder } from '@evertoken/service';
import { freshFolder } from '@evertoken/testkit';
import { describe, expect, it } from 'vitest';
import { ProxiedApi } from './proxied-api.ts';

const stage = new ProxiedApi();

const SIZES = [1, 4_095, 4_096, 8_193, 65_536, 100_000, 1_000_000];
const CALLS = 60;

/** A body that no other call has in any part. */
function bodyOf(call: number): Buffer {
  return Buffer.alloc(SIZES[call % SIZES.length] as number, `<${call}>`);
}

/** Takes an answer as fast as it comes, part by part with turns in between, or leaves in the middle of it. */
async function take(answer: IncomingMessage, how: 'fast' | 'slow' | 'half'): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of answer) {
    parts.push(part as Buffer);
    if (how === 'half') break;
    if (how === 'slow') for (let turn = 0; turn < 20; turn += 1) await setImmediate();
  }
  return Buffer.concat(parts);
}

describe('the bodies of many calls at a time', () => {
  it.each(['http', 'https'])('stay apart over %s, whether their programs are fast, slow or gone', { timeout: 60_000 }, async (scheme) => {
    stage.answer = (request, response) => {
      const call = Number(new URL(request.url ?? '', 'http://api').searchParams.get('call'));
      const body = bodyOf(call);
      if (call % 2 === 0) response.setHeader('content-length', body.length);
      response.end(body);
    };
    const ca = await openLocalCa(await openStateFolder(await freshFolder()));
    await stage.running.close();
    await stage.start({ listen: [scheme === 'http' ? 'http://127.0.0.1:0' : 'https://localhost:0'], certificate: ca.serverCertificate });
    const [base = ''] = stage.running.agent.urls;
    const send = scheme === 'http' ? httpRequest : httpsRequest;
    const headers = { authorization: `Bearer ${stage.running.keys['dashboard']}` };
    const read = (call: number): Promise<void> =>
      new Promise((resolve, reject) => {
        const how = (['fast', 'slow', 'half'] as const)[Math.floor(call / SIZES.length) % 3] ?? 'fast';
        const sending = send(`${base}/api/v2/clients?call=${call}`, { headers, agent: false, ca: ca.certificatePem }, (answer) => {
          take(answer, how).then((body) => {
            const wanted = bodyOf(call);
            expect(body.equals(how === 'half' ? wanted.subarray(0, body.length) : wanted), `body of call ${call}, taken ${how}`).toBe(true);
            resolve();
          }, reject);
        });
        sending.on('error', reject).end();
      });
    await Promise.all(Array.from({ length: CALLS }, (_, call) => read(call)));
    // Once more, on connections and in memory that others have used.
    stage.clock.advance(10_000);
    await Promise.all(Array.from({ length: CALLS }, (_, call) => read(CALLS + call)));
  });
});

import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ProxiedApi } from './proxied-api.ts';

const stage = new ProxiedApi();

/** What is answered to 20 requests like this one that come in one breath. */
async function answersTo(request: string): Promise<string> {
  const port = Number(new URL(stage.running.url).port);
  const socket = connect(port, '127.0.0.1');
  socket.write(`${request}\r\nHost: 127.0.0.1:${port}\r\nX-Request-Id: mine\r\nContent-Length: 0\r\n\r\n`.repeat(20));
  let text = '';
  for await (const part of socket.setEncoding('latin1')) text += String(part);
  return text;
}

/** Head and body of the one among them with this status. */
function refusalIn(answers: string, status: number): { head: string; body: unknown } {
  const [head = '', body = ''] = answers.slice(answers.indexOf(`HTTP/1.1 ${status} `)).split('\r\n\r\n');
  return { head, body: JSON.parse(body) };
}

describe('a program that asks hundreds of times in one breath', () => {
  it('has sixteen answers and a refusal, and others are answered', async () => {
    const port = Number(new URL(stage.running.url).port);
    const socket = connect(port, '127.0.0.1');
    socket.write(`GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`.repeat(300));
    expect((await stage.running.callAs('report', '/v1/tokens/orders')).status).toBe(200);
    let text = '';
    for await (const part of socket.setEncoding('latin1')) text += String(part);
    expect(text.match(/(?<=HTTP\/1\.1 )\d+/g)).toEqual([...Array<string>(16).fill('200'), '429']);
    const metrics = (await stage.running.call('/metrics')).text;
    expect(metrics).toContain('evertoken_answers_total{door="other",status="429"} 1\n');
  });

  it('is refused with the members that its other errors have, as problem details or as an OAuth error', async () => {
    const problem = refusalIn(await answersTo('GET /metrics HTTP/1.1'), 429);
    const detail = 'At most 16 requests are answered at once on one connection. Wait for answers before you send more.';
    expect(problem.body).toEqual({ type: 'about:blank', title: 'Too Many Requests', status: 429, code: 'too_many_at_once', detail });
    const oauth = refusalIn(await answersTo('POST /oauth/token HTTP/1.1'), 429);
    expect(oauth.body).toEqual({ error: 'too_many_at_once', error_description: detail });
    for (const { head } of [problem, oauth]) {
      for (const line of ['x-request-id: mine', 'x-content-type-options: nosniff', 'cache-control: no-store', 'retry-after: 1'])
        expect(head.toLowerCase()).toContain(line);
      expect(head).toMatch(/^connection: close$/im);
    }
  });
});

import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ProxiedApi } from './proxied-api.ts';

const stage = new ProxiedApi();

describe('a program that asks hundreds of times in one breath', () => {
  it('has sixteen answers and a refusal, and others are answered', async () => {
    const port = Number(new URL(stage.running.url).port);
    const socket = connect(port, '127.0.0.1');
    socket.write(`GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`.repeat(300));
    expect((await stage.running.callAs('report', '/v1/tokens/orders')).status).toBe(200);
    let text = '';
    for await (const part of socket.setEncoding('latin1')) text += String(part);
    expect(text.match(/(?<=HTTP\/1\.1 )\d+/g)).toEqual([...Array<string>(16).fill('200'), '429']);
  });
});

import { createServer, get, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import type { SetTimer } from '../src/clock.ts';
import { ControlStage } from '../src/controls/control-stage.ts';
import { openControls } from '../src/controls/open-controls.ts';
import type { SeenRequest } from '../src/controls/request-stream.ts';
import type { JournalEntry } from '../src/log/journal-entry.ts';
import { recordingLog } from './running-tenant.ts';

const startMs = Date.UTC(2026, 0, 1, 10, 15);
const { log } = recordingLog();
const listen = { kind: 'http', host: '127.0.0.1', port: 0 } as const;

/** Serves `handle` on a free port until the test ends. */
async function serve(handle: RequestListener): Promise<string> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Controls in front of something that answers 200 to all, and tells its journal of it. */
async function aStage(options: { random?: () => number } = {}) {
  const timers: { wake: () => void; delayMs: number }[] = [];
  const setTimer: SetTimer = (wake, delayMs) => {
    timers.push({ wake, delayMs });
    return { cancel: () => undefined };
  };
  const stage = new ControlStage({ now: () => startMs, setTimer, ...options });
  const written: JournalEntry[] = [];
  const journal = stage.overhear({ write: (entry) => written.push(entry) });
  const state = { rotations: 0, resets: 0 };
  const handle: RequestListener = (_request, response) => {
    setImmediate(() => {
      journal.write({
        type: 'seccft',
        description: 'Client Credentials for Access Token',
        clientId: 'c1',
        audience: 'https://api/',
        scope: 'a b',
      });
      response.end('real');
    });
  };
  const url = await serve(stage.before(handle));
  const { controls, close } = await openControls(
    stage,
    {
      rotateSigningKey: async () => {
        state.rotations += 1;
        return `kid-${state.rotations}`;
      },
      reset: async () => {
        state.resets += 1;
      },
    },
    { listen, log },
  );
  onTestFinished(close);
  const ask = (path = '/oauth/token', init: RequestInit = { method: 'POST' }): Promise<Response> => fetch(`${url}${path}`, init);
  const control = (method: string, path: string, body?: unknown, key = controls.key): Promise<Response> =>
    fetch(`${controls.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}` },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  return { controls, stage, ask, control, timers, state, written };
}

it('fails the next two token requests, and no others', async () => {
  const { ask, control, controls } = await aStage();
  const made = await control('POST', '/v1/faults', { times: 2, answer: { kind: 'error', status: 503, retry_after_s: 7 } });
  expect([made.status, await made.json()]).toEqual([201, expect.objectContaining({ id: '1', left: 2, hits: 0 })]);
  expect((await ask('/api/v2/clients')).status).toBe(200);
  const failed = await ask();
  expect([failed.status, failed.headers.get('retry-after'), await failed.json()]).toEqual([
    503,
    '7',
    { error: 'temporarily_unavailable', error_description: 'The service is temporarily unavailable' },
  ]);
  expect((await ask()).status).toBe(503);
  expect(await (await ask()).text()).toBe('real');
  expect(controls.faults).toEqual([]);
});

it('answers as the part of the tenant does that was asked', async () => {
  const { ask, controls } = await aStage();
  controls.addFault({ path: '/api/v2/', method: 'GET', answer: { kind: 'rate_limit', limit: 50, reset_s: 3 } });
  const limited = await ask('/api/v2/clients?page=1', {});
  expect([limited.status, await limited.json()]).toEqual([
    429,
    { statusCode: 429, error: 'Too Many Requests', message: 'Global limit has been reached', errorCode: 'too_many_requests' },
  ]);
  const limits = ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset', 'retry-after'].map((name) =>
    limited.headers.get(name),
  );
  expect(limits).toEqual(['50', '0', String(startMs / 1000 + 3), null]);
  expect((await ask('/api/v2/clients', { method: 'POST' })).status).toBe(200);

  controls.addFault({ times: 1, answer: { kind: 'error', status: 401 } });
  expect(await (await ask()).json()).toEqual({ error: 'access_denied', error_description: 'Unauthorized' });
  controls.addFault({ times: 1, answer: { kind: 'error', status: 500, error: 'server_error', description: 'Broken' } });
  expect(await (await ask()).json()).toEqual({ error: 'server_error', error_description: 'Broken' });
});

it('tells of a spent quota with the headers that the service has for it', async () => {
  const { ask, controls } = await aStage();
  controls.addFault({ answer: { kind: 'quota', quota: 5 } });
  const spent = await ask();
  // A quarter past the hour.
  expect([spent.status, await spent.json()]).toEqual([429, { error: 'too_many_requests', error_description: 'Client quota exceeded' }]);
  expect(spent.headers.get('auth0-client-quota-limit')).toBe('b=per_hour;q=5;r=0;t=2700');
  expect([spent.headers.get('retry-after'), spent.headers.get('x-ratelimit-reset')]).toEqual(['2700', String(startMs / 1000 + 2700)]);
  controls.clearFaults();
  controls.addFault({ answer: { kind: 'quota', bucket: 'per_day' } });
  expect((await ask()).headers.get('auth0-client-quota-limit')).toBe(`b=per_day;q=10;r=0;t=${86_400 - 10.25 * 3_600}`);
});

it('stands in as the proxy that speaks HTML, and cuts connections', async () => {
  const { ask, controls } = await aStage();
  controls.addFault({ times: 1, answer: { kind: 'html' } });
  const page = await ask();
  expect([page.status, page.headers.get('content-type'), await page.text()]).toEqual([
    502,
    'text/html; charset=utf-8',
    expect.stringMatching(/^<html>/),
  ]);
  controls.addFault({ times: 1, answer: { kind: 'drop' } });
  await expect(ask()).rejects.toThrow();
  expect((await ask()).status).toBe(200);
  await expect
    .poll(() => controls.requests.map(({ status, fault }) => [status, fault]))
    .toEqual([
      [502, 'html'],
      [undefined, 'drop'],
      [200, undefined],
    ]);
});

it('hits a share of the requests by chance', async () => {
  const draws = [0.1, 0.5, 0.49, 0.9];
  const { ask, controls } = await aStage({ random: () => draws.shift() ?? 1 });
  controls.addFault({ share: 0.5, answer: { kind: 'error', status: 500 } });
  const statuses: number[] = [];
  for (let count = 0; count < 4; count += 1) statuses.push((await ask()).status);
  expect(statuses).toEqual([500, 200, 500, 200]);
});

it('delays answers, real ones and others, and adds delays up', async () => {
  const { ask, controls, timers } = await aStage();
  controls.addFault({ latency_ms: 1_000 });
  controls.addFault({ times: 1, latency_ms: 500, answer: { kind: 'error', status: 500 } });
  const slow = ask();
  await expect.poll(() => timers.map(({ delayMs }) => delayMs)).toEqual([1_500]);
  timers[0]!.wake();
  expect((await slow).status).toBe(500);
  const slower = ask();
  await expect.poll(() => timers.length).toBe(2);
  timers[1]!.wake();
  expect((await slower).status).toBe(200);
});

it('shows each request when it is answered, with what the logs say of it and nothing of its secrets', async () => {
  const { ask, control, controls, written } = await aStage();
  const body = new URLSearchParams({ client_id: 'c1', client_secret: 'hush-hush' });
  await ask('/oauth/token?client_secret=hush-hush', { method: 'POST', body, headers: { authorization: 'Basic aHVzaC1odXNo' } });
  const { requests } = (await (await control('GET', '/v1/requests')).json()) as { requests: SeenRequest[] };
  expect(requests).toEqual([
    {
      id: 1,
      at: new Date(startMs).toISOString(),
      method: 'POST',
      path: '/oauth/token',
      status: 200,
      client_id: 'c1',
      audience: 'https://api/',
      scope: 'a b',
      description: 'Client Credentials for Access Token',
    },
  ]);
  expect(JSON.stringify(controls.requests)).not.toMatch(/hush|aHVzaC/);
  expect(written).toHaveLength(1);
});

it('keeps the newest thousand', async () => {
  const { stage, controls } = await aStage();
  const request = { at: '', method: 'GET', path: '/', status: 200, fault: undefined, client_id: undefined, audience: undefined };
  const none = { scope: undefined, organization: undefined, description: undefined };
  for (let count = 0; count < 1_005; count += 1) stage.stream.add({ ...request, ...none });
  expect([controls.requests.length, controls.requests[0]?.id, controls.requests.at(-1)?.id]).toEqual([1_000, 6, 1_005]);
});

it('streams requests as server-sent events', async () => {
  const { ask, controls } = await aStage();
  const text = await new Promise<string>((resolve, reject) => {
    const asked = get(`${controls.url}/v1/events`, { headers: { authorization: `Bearer ${controls.key}` } }, (response) => {
      let received = '';
      response.on('data', (chunk: Buffer) => {
        received += chunk.toString();
        if (received === ': the requests of the tenant follow\n\n') void ask().catch(reject);
        if (!received.includes('data:')) return;
        resolve(received);
        asked.destroy();
      });
    });
    asked.on('error', reject);
  });
  const [, data = ''] = /^event: request\nid: 1\ndata: (.*)\n\n$/m.exec(text) ?? [];
  expect(JSON.parse(data)).toMatchObject({ id: 1, path: '/oauth/token', status: 200, client_id: 'c1' });
});

it('sets the clock, rotates the key, and resets all', async () => {
  const { control, controls, stage, state } = await aStage();
  expect(await (await control('PUT', '/v1/clock', { shift_ms: 3_600_000 })).json()).toMatchObject({ clock_shift_ms: 3_600_000 });
  expect(stage.clock.now()).toBe(startMs + 3_600_000);
  expect(await (await control('POST', '/v1/keys/rotate')).json()).toEqual({ kid: 'kid-1' });
  await control('POST', '/v1/faults', { latency_ms: 5 });
  expect((await control('POST', '/v1/reset')).status).toBe(204);
  expect([controls.clockShiftMs, controls.faults, state.resets, stage.clock.now()]).toEqual([0, [], 1, startMs]);
  for (const ms of [0.5, Number.NaN, 1e15]) expect(() => controls.setClockShift(ms)).toThrow(RangeError);
});

it('removes a fault by its id', async () => {
  const { control, controls } = await aStage();
  controls.addFault({ latency_ms: 1 });
  expect((await control('DELETE', '/v1/faults/2')).status).toBe(404);
  expect((await control('DELETE', '/v1/faults/1')).status).toBe(204);
  controls.addFault({ latency_ms: 1 });
  expect((await control('DELETE', '/v1/faults')).status).toBe(204);
  expect(await (await control('GET', '/v1/faults')).json()).toEqual({ faults: [] });
});

it('lets nobody in without the key', async () => {
  const { control, controls } = await aStage();
  for (const key of ['wrong', `${controls.key}x`, controls.key.slice(1)]) {
    const refused = await control('GET', '/v1/state', undefined, key);
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  }
  expect((await fetch(`${controls.url}/v1/events`)).status).toBe(401);
  expect((await fetch(`${controls.url}/v1/state`, { headers: { authorization: `Basic ${controls.key}` } })).status).toBe(401);
  expect((await control('GET', '/v1/state')).status).toBe(200);
  expect(controls.key).toMatch(/^[\w-]{43}$/);
});

it.each([
  ['{', /no JSON/],
  [{}, /needs latency_ms, an answer, or both/],
  [{ answer: { kind: 'error', status: 200 } }, /answer\.status/],
  [{ answer: { kind: 'nothing' } }, /answer\.kind/],
  [{ latency_ms: 1, path: 'oauth' }, /path/],
  [{ latency_ms: 1, more: 1 }, /more/],
  [{ latency_ms: 1, share: 0 }, /share/],
])('takes no fault like %j', async (fault, message) => {
  const { control, controls } = await aStage();
  const refused = await control('POST', '/v1/faults', fault);
  expect([refused.status, await refused.json()]).toEqual([400, { error: expect.stringMatching(message) as string }]);
  expect(controls.faults).toEqual([]);
});

it('takes no endless body, and knows no other path', async () => {
  const { control } = await aStage();
  expect((await control('POST', '/v1/faults', 'x'.repeat(70_000))).status).toBe(413);
  expect((await control('GET', '/v1/secrets')).status).toBe(404);
  expect((await control('GET', '/v1/reset')).status).toBe(404);
});

it('listens on this machine alone', async () => {
  const stage = new ControlStage({ now: () => startMs });
  const state = { rotateSigningKey: async () => '', reset: async () => undefined };
  await expect(openControls(stage, state, { listen: { kind: 'http', host: '0.0.0.0', port: 0 }, log })).rejects.toMatchObject({
    code: 'address_invalid',
  });
  await expect(openControls(stage, state, { listen: { kind: 'https', host: 'localhost', port: 0 }, log })).rejects.toMatchObject({
    code: 'controls_exposed',
  });
  const own = await openControls(stage, state, { listen: undefined, log });
  expect(own.controls.url).toBeUndefined();
});

import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { z } from 'zod';
import { faultSchema } from './fault.ts';
import { farthestShiftMs } from './shiftable-clock.ts';
import type { TenantControls } from './tenant-controls.ts';

const largestBody = 65_536;
/** A reader of events is disconnected when so many bytes wait for it. */
const longestLag = 1_048_576;

const clockSchema = z.strictObject({ shift_ms: z.int().min(-farthestShiftMs).max(farthestShiftMs) });

/** A call of the controls that is refused, with the status and the message of the answer. */
class ControlRefusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

type Act = (call: { controls: TenantControls; body: () => Promise<unknown>; id: string }) => Promise<{ status: number; body?: unknown }>;

/** Method and path of each act; `:id` is any one segment. */
const acts: Readonly<Record<string, Act>> = {
  'GET /v1/state': async ({ controls }) => ({ status: 200, body: stateOf(controls) }),
  'GET /v1/faults': async ({ controls }) => ({ status: 200, body: { faults: controls.faults } }),
  'POST /v1/faults': async ({ controls, body }) => ({ status: 201, body: controls.addFault(valid(faultSchema, await body())) }),
  'DELETE /v1/faults': async ({ controls }) => {
    controls.clearFaults();
    return { status: 204 };
  },
  'DELETE /v1/faults/:id': async ({ controls, id }) => {
    if (!controls.removeFault(id)) throw new ControlRefusal(404, `there is no fault ${id}; GET /v1/faults lists them`);
    return { status: 204 };
  },
  'PUT /v1/clock': async ({ controls, body }) => {
    controls.setClockShift(valid(clockSchema, await body()).shift_ms);
    return { status: 200, body: stateOf(controls) };
  },
  'POST /v1/keys/rotate': async ({ controls }) => ({ status: 200, body: { kid: await controls.rotateSigningKey() } }),
  'POST /v1/reset': async ({ controls }) => {
    await controls.reset();
    return { status: 204 };
  },
  'GET /v1/requests': async ({ controls }) => ({ status: 200, body: { requests: controls.requests } }),
};

/** The controls over HTTP (docs/guides/testing-with-the-tenant.md). A caller sends their key as bearer token. */
export function controlsDoor(controls: TenantControls): RequestListener {
  return (request, response) => {
    void answer(request, response, controls).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else sendJson(response, error instanceof ControlRefusal ? error.status : 500, { error: (error as Error).message });
    });
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, controls: TenantControls): Promise<void> {
  if (!holdsKey(request.headers.authorization, controls.key)) {
    response.setHeader('WWW-Authenticate', 'Bearer');
    throw new ControlRefusal(401, 'send the key of the controls, which the start of the tenant shows, as Authorization: Bearer KEY');
  }
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  const { method = '' } = request;
  if (method === 'GET' && path === '/v1/events') return sendEvents(response, controls);
  const [, id] = /^\/v1\/faults\/([^/]+)$/.exec(path) ?? [];
  const act = acts[`${method} ${id === undefined ? path : '/v1/faults/:id'}`];
  if (act === undefined) throw new ControlRefusal(404, `the controls do not know ${method} ${path}`);
  const { status, body } = await act({ controls, body: () => jsonOf(request), id: id ?? '' });
  sendJson(response, status, body);
}

function stateOf({ clockShiftMs, faults, requests }: TenantControls): object {
  return { clock_shift_ms: clockShiftMs, faults, requests: requests.length };
}

// Digests are compared in constant time: the time tells neither the length nor a part of the key.
function holdsKey(authorization: string | undefined, key: string): boolean {
  const [, given] = /^bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
  if (given === undefined) return false;
  const [one, other] = [given, key].map((text) => createHash('sha256').update(text).digest()) as [Buffer, Buffer];
  return timingSafeEqual(one, other);
}

async function jsonOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > largestBody) throw new ControlRefusal(413, `the body is larger than ${largestBody} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch {
    throw new ControlRefusal(400, 'the body is no JSON');
  }
}

function valid<T>(schema: z.ZodType<T>, body: unknown): T {
  const { success, data, error } = schema.safeParse(body);
  if (success) return data;
  throw new ControlRefusal(400, error.issues.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': ')).join('; '));
}

// Server-sent events (of the HTML Standard): one `request` for each that the tenant answers.
function sendEvents(response: ServerResponse, controls: TenantControls): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  response.write(': the requests of the tenant follow\n\n');
  const end = controls.onRequest((request) => {
    if (response.writableLength > longestLag) response.destroy();
    else response.write(`event: request\nid: ${request.id}\ndata: ${JSON.stringify(request)}\n\n`);
  });
  response.once('close', end);
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = body === undefined ? '' : JSON.stringify(body);
  const type = body === undefined ? {} : { 'Content-Type': 'application/json' };
  response.writeHead(status, { ...type, 'Cache-Control': 'no-store' }).end(text);
}

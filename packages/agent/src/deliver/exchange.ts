import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestPath } from '../apps/request-path.ts';
import { bodyOf } from './problem.ts';
import type { Refusal } from './refusal.ts';

/** A request that the guard let in, and the answer to it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: RequestPath;
  /** Address that it came in on, as text. */
  readonly listener: string;
  /** The one app that the listener is for. */
  readonly boundApp: string | undefined;
  readonly requestId: string;
}

/** Names and values in turn, as `writeHead` takes them. */
export type FlatHeaders = readonly string[];

/** Whether the program has gone away before its answer. */
export function hasLeft(response: Pick<ServerResponse, 'destroyed'>): boolean {
  return response.destroyed;
}

/** The status that the program got; 499 where nothing has left for it: no answer had begun, or it stood behind another one on its connection, when it was given up. */
export function statusOf(response: ServerResponse): number {
  const isUnsent = hasLeft(response) && response.socket === null && !response.writableFinished;
  return response.headersSent && !isUnsent ? response.statusCode : 499;
}

/** Answers with a body that is there as a whole. Where the program has left, nothing happens. */
export function send(
  { response, requestId }: Pick<Exchange, 'response' | 'requestId'>,
  status: number,
  headers: FlatHeaders,
  body: string,
): void {
  if (hasLeft(response)) return;
  const length = Buffer.byteLength(body);
  // A flat list, set at once: Node writes such a head without checking each header twice, and sends a body of text together with it.
  response.writeHead(status, [
    ...headers,
    'content-length',
    String(length),
    'x-request-id',
    requestId,
    'x-content-type-options',
    'nosniff',
  ]);
  // As many bytes as characters: ASCII, which is written fastest as Latin-1.
  if (length === body.length) response.end(body, 'latin1');
  else response.end(body);
}

/** Answers `value` as JSON. */
export function sendJson(exchange: Exchange, status: number, value: unknown, headers: FlatHeaders = []): void {
  send(exchange, status, ['content-type', 'application/json; charset=utf-8', ...headers], JSON.stringify(value));
}

/** Answers `refusal`. Where an answer has begun, nothing happens. */
export function sendRefusal(exchange: Pick<Exchange, 'response' | 'requestId'>, refusal: Refusal, form: 'problem' | 'oauth'): void {
  const { response } = exchange;
  if (response.headersSent || hasLeft(response)) return;
  const { type, body } = bodyOf(refusal, form);
  const pragma = form === 'oauth' ? ['pragma', 'no-cache'] : [];
  send(
    exchange,
    refusal.status,
    [...Object.entries(refusal.headers).flat(), 'content-type', type, 'cache-control', 'no-store', ...pragma],
    body,
  );
}

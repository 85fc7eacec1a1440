import { LONGEST_REPLAY } from './replay.ts';

/** What is read of a `Request`; one of another `fetch` than the global one has it too. */
export type RequestLike = Pick<Request, 'url' | 'method' | 'headers' | 'body' | 'redirect' | 'integrity' | 'signal'>;

/**
 * What `request` asks for as options of a `fetch`, with `options` over it. Its body is taken out of it: as a whole where it is short, so that it can be sent
 * again, else as a stream.
 * @throws the reason of the signal that ends it, whose body is then cancelled.
 */
export async function requestParts(request: RequestLike, options: RequestInit): Promise<RequestInit> {
  const { method, headers, redirect, integrity } = request;
  // As `fetch` does: what is undefined is not given, and no body is none over that of the request.
  const given = Object.entries(options).filter(([name, value]) => value !== undefined && (name !== 'body' || value !== null));
  const signal = options.signal === undefined ? request.signal : options.signal;
  const body = request.body === null || given.some(([name]) => name === 'body') ? {} : await shortBody(request.body, signal);
  return { method, headers, redirect, integrity, ...body, ...Object.fromEntries(given), signal };
}

/** The whole body where it is short; else a stream of what was read and the rest. */
async function shortBody(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal | null | undefined,
): Promise<RequestInit & { duplex?: 'half' }> {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Ends the read that is waited for, however long its source would take.
  const giveUp = () => void reader.cancel(signal?.reason).catch(() => undefined);
  if (signal?.aborted) giveUp();
  signal?.addEventListener('abort', giveUp);
  try {
    while (length <= LONGEST_REPLAY) {
      const { done, value } = await reader.read();
      signal?.throwIfAborted();
      // Not as bytes: those of a `fetch` of Node.js 20 cannot follow a redirect that keeps the body (307, 308).
      if (done) return { body: new Blob(chunks as Uint8Array<ArrayBuffer>[]) };
      chunks.push(value);
      length += value.byteLength;
    }
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
  const all = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const chunk = chunks.shift() ?? (await reader.read()).value;
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return { body: all, duplex: 'half' };
}

import { describe, expect, it } from 'vitest';
import { readEvents, type ServerEvent } from './event-reader.ts';

function bodyOf(...chunks: string[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(encoder.encode(chunk));
      controller.close();
    },
  });
}

async function eventsOf(...chunks: string[]): Promise<{ events: ServerEvent[]; heard: number }> {
  let heard = 0;
  const events: ServerEvent[] = [];
  for await (const event of readEvents(bodyOf(...chunks), () => {
    heard += 1;
  }))
    events.push(event);
  return { events, heard };
}

describe('a stream of events', () => {
  it('is read event by event, wherever it was cut on its way', async () => {
    const { events } = await eventsOf('event: status\nid: a-1\nda', 'ta: {"n":1}\n', '\nevent: status\nid: a-2\ndata: {"n":2}\n\n');
    expect(events).toEqual([
      { event: 'status', id: 'a-1', data: '{"n":1}' },
      { event: 'status', id: 'a-2', data: '{"n":2}' },
    ]);
  });

  it('hears comments, which are no events', async () => {
    expect(await eventsOf(': still here\n\n', ': still here\n\n')).toEqual({ events: [], heard: 2 });
  });

  it('drops an event that did not come whole', async () => {
    expect((await eventsOf('data: 1\n\ndata: 2\n')).events).toEqual([{ event: 'message', id: '', data: '1' }]);
  });
});

import { onTestFinished } from 'vitest';
import { type ListenAddress, type ListenerOptions, type Listeners, openListeners } from '../src/index.ts';

/** A free port of this machine. */
export const anyPort: ListenAddress = { kind: 'http', host: '127.0.0.1', port: 0 };
export const hello: ListenerOptions['handler'] = (_req, res) => res.end('hello');

/** Answers hello; nothing is expected to fail beside a request. */
export const greeting: ListenerOptions = {
  handler: hello,
  onError: (error) => {
    throw error;
  },
};

/** Opens listeners that answer hello unless told otherwise; they end with the test. */
export async function open(addresses: ListenAddress[], options: Partial<ListenerOptions> = {}): Promise<Listeners> {
  const listeners = await openListeners(addresses, { ...greeting, ...options });
  onTestFinished(() => listeners.close({ graceMs: 0 }));
  return listeners;
}

export function portOf(listeners: Listeners, index = 0): number {
  const address = listeners.addresses[index]!;
  return address.kind === 'unix' ? 0 : address.port;
}

import { formatListenAddress, type ListenAddress } from './listen-address.ts';
import { type Listener, type ListenerOptions, openListener } from './listener.ts';

/** Open listening sockets. */
export interface Listeners {
  /** In the order given, with actual ports. */
  readonly addresses: readonly ListenAddress[];
  /** The addresses as text: `http://127.0.0.1:8400`, `https://localhost:8401`, `unix:/run/app.sock`. */
  readonly urls: readonly string[];
  /**
   * Asks for the certificate of each https address again, for example because its files changed. Open connections keep the certificate they have.
   * @throws {ServiceError} `certificate_invalid` where one cannot be used; that address goes on with the one it has.
   */
  renewCertificates(): Promise<void>;
  /** Takes no more connections, drops idle ones, waits at most `graceMs` (default 10 000) for running requests and ends those that are left. */
  close(options?: { graceMs?: number }): Promise<void>;
}

/**
 * Listens on all `addresses` or, if one fails, on none. `localhost` means 127.0.0.1 and, where the machine has it, ::1 on the same port.
 * @throws {ServiceError} `port_taken`, `socket_taken`, `address_unavailable`, `address_invalid` for a host that others reach where they may not, or
 *   `certificate_invalid` for https without a usable certificate.
 */
export async function openListeners(addresses: readonly ListenAddress[], options: ListenerOptions): Promise<Listeners> {
  const open: Listener[] = [];
  const close = async (graceMs: number): Promise<void> => {
    await Promise.all(open.map((listener) => listener.close(graceMs)));
  };
  try {
    for (const address of addresses) open.push(await openListener(address, options));
  } catch (error) {
    await close(0);
    throw error;
  }
  const actual = open.map((listener) => listener.address);
  return {
    addresses: actual,
    urls: actual.map(formatListenAddress),
    async renewCertificates() {
      for (const listener of open) await listener.renewCertificate();
    },
    close: ({ graceMs = 10_000 } = {}) => close(graceMs),
  };
}

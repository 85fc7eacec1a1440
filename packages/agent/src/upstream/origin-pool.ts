import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import type { Clock } from '@evertoken/client';
import { isCertificateCode } from '@evertoken/client/wire';
import { Connection, type ConnectionOwner } from './connection.ts';
import type { Exchange } from './exchange.ts';
import { Inlet } from './inlet.ts';
import { type UpstreamAnswer, type UpstreamCall, UpstreamError, type UpstreamRequest } from './upstream.ts';
import { nobodyWaits, WaitingLine } from './waiting-line.ts';

export interface PoolOptions {
  /** The trusted CAs; undefined for Node's own. All connections share one, because making it of all public CAs takes 30 ms. */
  readonly secureContext: () => SecureContext | undefined;
  /** How long a connection may take, not counted what {@link lookup} takes. */
  readonly connectTimeoutMs: number;
  readonly lookup: LookupFunction;
  /** How long the API may be silent during an exchange, a program may take nothing of an answer, and a request waits for a connection. */
  readonly timeoutMs: number;
  readonly maxConnections: number;
  readonly clock: Pick<Clock, 'monotonic' | 'setTimer'>;
}

/** A request under way. */
class PooledCall implements UpstreamCall {
  readonly answer: Promise<UpstreamAnswer>;
  isAbandoned = false;
  /** Ends its wait for a connection, or the opening of one. */
  leave: (() => void) | undefined;
  /** The connection that carries it, once there is one. */
  connection: Connection | undefined;
  exchange: Exchange | undefined;

  constructor(run: (call: PooledCall) => Promise<UpstreamAnswer>) {
    this.answer = run(this);
  }

  abandon(): void {
    this.isAbandoned = true;
    this.leave?.();
    if (this.exchange !== undefined) this.connection?.abandon(this.exchange);
  }
}

/** Methods whose requests may be made twice without harm (RFC 9110 §9.2.2). */
const idempotent = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']);

/** The connections to one origin. */
export class OriginPool implements ConnectionOwner {
  readonly #origin: URL;
  readonly #options: PoolOptions;
  readonly #all = new Set<Connection | Socket>();
  readonly #free: Connection[] = [];
  readonly #waiting: WaitingLine;
  #session: Buffer | undefined;
  #isClosed = false;

  constructor(origin: string, options: PoolOptions) {
    this.#origin = new URL(origin);
    this.#options = options;
    this.#waiting = new WaitingLine(options.clock);
  }

  send(request: UpstreamRequest): UpstreamCall {
    return new PooledCall((call) => this.#run(request, call));
  }

  onFree(connection: Connection): void {
    this.#free.push(connection);
    this.#waiting.next();
  }

  onGone(connection: Connection): void {
    const at = this.#free.indexOf(connection);
    if (at >= 0) this.#free.splice(at, 1);
    this.#all.delete(connection);
    this.#waiting.next();
  }

  close(): void {
    this.#isClosed = true;
    for (const connection of this.#all) connection.destroy();
    this.#waiting.all();
  }

  async #run(request: UpstreamRequest, call: PooledCall): Promise<UpstreamAnswer> {
    let isRepeat = false;
    for (;;) {
      // A request that fails on a fresh connection is not made a third time, however many old ones there are: it may be what brings the server down.
      const connection: Connection = (isRepeat ? undefined : this.#takeFree()) ?? (await this.#open(call, { isFresh: isRepeat }));
      if (call.isAbandoned) {
        this.onFree(connection);
        throw nobodyWaits();
      }
      // Closed in the moment between.
      if (!connection.isUsable && connection.isUsed) continue;
      const { isUsed } = connection;
      const exchange: Exchange = connection.send(request);
      call.connection = connection;
      call.exchange = exchange;
      try {
        return await exchange.answer;
      } catch (error) {
        if (call.isAbandoned || !isUsed || !mayRepeat(request, exchange, error)) throw error;
        isRepeat ||= !exchange.isUnwritten;
      }
    }
  }

  #takeFree(): Connection | undefined {
    // The one that was used last, so that the others may end as idle.
    for (let free = this.#free.pop(); free !== undefined; free = this.#free.pop()) if (free.isUsable) return free;
    return undefined;
  }

  /** A new connection; or, unless `isFresh` asks for a new one, one that became free meanwhile. */
  async #open(call: PooledCall, { isFresh }: { isFresh: boolean }): Promise<Connection> {
    const { clock, maxConnections, timeoutMs } = this.#options;
    const deadline = clock.monotonic() + timeoutMs;
    if (this.#all.size >= maxConnections) this.#takeFree()?.destroy();
    while (this.#all.size >= maxConnections && !this.#isClosed) {
      await this.#waiting.wait(Math.max(0, deadline - clock.monotonic()), (leave) => {
        call.leave = leave;
      });
      call.leave = undefined;
      if (call.isAbandoned) {
        this.#waiting.next();
        throw nobodyWaits();
      }
      const free = this.#takeFree();
      if (free !== undefined && !isFresh) return free;
      free?.destroy();
    }
    if (this.#isClosed) throw new UpstreamError('abandoned', 'The agent is stopping.');
    const inlet = new Inlet();
    const socket = this.#connect(inlet);
    this.#all.add(socket);
    // A call that is given up while the connection is being opened must not take up the place of another.
    call.leave = () => socket.destroy();
    try {
      await this.#connected(socket);
    } catch (error) {
      this.#all.delete(socket);
      this.#waiting.next();
      throw call.isAbandoned ? nobodyWaits() : error;
    } finally {
      call.leave = undefined;
    }
    const connection = new Connection(socket, { inlet, host: this.#origin.host, timeoutMs, owner: this });
    this.#all.delete(socket);
    this.#all.add(connection);
    return connection;
  }

  #connect({ onread }: Inlet): Socket {
    const { protocol, hostname, port } = this.#origin;
    const { lookup } = this.#options;
    const host = hostname.replace(/^\[|\]$/g, '');
    if (protocol === 'http:') return connect({ host, port: Number(port || 80), lookup, noDelay: true, onread });
    const secureContext = this.#options.secureContext();
    // Node takes this option for TLS, too; its types do not say so.
    const read: object = { onread };
    const socket = connectTls({
      ...read,
      host,
      port: Number(port || 443),
      lookup,
      ALPNProtocols: ['http/1.1'],
      ...(isIP(host) === 0 && { servername: host }),
      ...(secureContext !== undefined && { secureContext }),
      ...(this.#session !== undefined && { session: this.#session }),
    });
    socket.setNoDelay(true);
    socket.on('session', (session: Buffer) => {
      this.#session = session;
    });
    return socket;
  }

  #connected(socket: Socket): Promise<void> {
    const { origin, protocol } = this.#origin;
    const { connectTimeoutMs } = this.#options;
    return new Promise((resolve, reject) => {
      const settle = (error?: UpstreamError) => {
        socket.setTimeout(0);
        for (const event of ['timeout', 'error', 'close', 'lookup']) socket.removeAllListeners(event);
        if (error === undefined) return resolve();
        // An error that comes later must not end the process as an unhandled one.
        socket.on('error', () => undefined).destroy();
        reject(error);
      };
      socket.setTimeout(connectTimeoutMs, () => settle(new UpstreamError('timeout', `The API at ${origin} cannot be reached in time.`)));
      socket.once('lookup', () => socket.setTimeout(connectTimeoutMs));
      socket.once('close', () => settle(new UpstreamError('unreachable', `The API at ${origin} closed the connection at once.`)));
      socket.once('error', (cause: NodeJS.ErrnoException) => {
        const isUntrusted = isCertificateCode(cause.code ?? '');
        settle(
          new UpstreamError(isUntrusted ? 'untrusted' : 'unreachable', `The API at ${origin} cannot be reached (${cause.code}).`, cause),
        );
      });
      socket.once(protocol === 'http:' ? 'connect' : 'secureConnect', () => settle());
    });
  }
}

/**
 * Whether a request that failed on a used connection may be made again on another: the server had closed it before, or closed it just then and has
 * answered nothing.
 */
function mayRepeat({ method, body }: UpstreamRequest, exchange: Exchange, error: unknown): boolean {
  if (!(error instanceof UpstreamError) || error.code !== 'cut' || exchange.hasBegun) return false;
  if (exchange.isUnwritten) return true;
  return idempotent.has(method) && (body === null || Buffer.isBuffer(body));
}

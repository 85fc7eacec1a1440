import type { Socket } from 'node:net';
import { atTurnEnd } from '@evertoken/service';
import { Exchange, type ExchangeLine } from './exchange.ts';
import type { Inlet } from './inlet.ts';
import { writeRequestHead } from './request-head.ts';
import { UpstreamError, type UpstreamRequest } from './upstream.ts';

/** Idle connections are closed after this, ms, unless the server says how long it keeps them: it could close one while a request is on its way. */
const idleMs = 4_000;
/** Silence is counted in steps of this length, ms. Timers for each exchange and each idle time would be two for each request. */
const silentStepMs = 1_000;
/** How long is listened after something could not be sent, ms. What was said before is there by then. */
const lastWordsMs = 200;
/** How much earlier than the server says an idle connection is closed, ms. */
const idleMarginMs = 1_000;

/** What a connection tells its pool. */
export interface ConnectionOwner {
  /** It may carry the next request. */
  onFree(connection: Connection): void;
  onGone(connection: Connection): void;
}

/** One connection to an API, for one exchange after the other. */
export class Connection {
  /** It has carried an exchange before: the server may have closed it by now. */
  isUsed = false;
  readonly #socket: Socket;
  readonly #host: string;
  readonly #timeoutMs: number;
  readonly #owner: ConnectionOwner;
  readonly #line: ExchangeLine;
  #exchange: Exchange | undefined;
  #onDrain: (() => void) | undefined;
  #hasLeft = false;
  #keepMs = idleMs;
  #stepMs = 0;
  #silentMs = 0;
  #readTimeoutMs = 0;
  /** Why the rest of a request cannot be sent, while what the server has said is still being read. */
  #unsendable: NodeJS.ErrnoException | undefined;

  /**
   * Takes a connected socket, whose bytes come through `inlet`. `timeoutMs` is how long the server may be silent during an exchange whose
   * request names no other time, and also how long the program may take nothing of the answer.
   */
  constructor(
    socket: Socket,
    { inlet, host, timeoutMs, owner }: { inlet: Inlet; host: string; timeoutMs: number; owner: ConnectionOwner },
  ) {
    this.#socket = socket;
    this.#host = host;
    this.#timeoutMs = timeoutMs;
    this.#owner = owner;
    this.#line = { pause: () => socket.pause(), resume: () => socket.resume(), cut: () => this.#leave() };
    this.#waitStep(Math.min(timeoutMs, silentStepMs));
    inlet.onBytes = (bytes) => this.#read(bytes);
    // Node calls it when it cannot write, and would leave unread what a server said before it closed: that it has no use for a body, mostly.
    const destroy = socket.destroy.bind(socket);
    socket.destroy = (error?: Error) => (error !== undefined && this.#hearsOut(error) ? socket : destroy(error));
    socket.on('end', () => {
      this.#exchange?.closed();
      // Our half of the connection may stay open a moment longer, but carries no more requests.
      this.#leave();
    });
    socket.on('error', (cause) => {
      this.#fail(new UpstreamError('cut', 'The connection to the API broke off.', cause));
      this.#leave();
    });
    socket.on('timeout', () => this.#onSilentStep());
    socket.on('drain', () => this.#onDrain?.());
    socket.on('close', () => {
      this.#onDrain?.();
      this.#fail(new UpstreamError('cut', 'The connection to the API was closed.'));
      this.#leave();
    });
    if (inlet.hasMissed) this.#leave();
    // Else its end would not be told.
    else socket.resume();
  }

  /** Whether it may carry a request now. */
  get isUsable(): boolean {
    return !this.#hasLeft && this.#socket.writable;
  }

  /** Sends a request; one at a time. */
  send(request: UpstreamRequest): Exchange {
    const exchange = new Exchange(request.method, this.#line);
    this.#exchange = exchange;
    this.#silentMs = 0;
    this.#readTimeoutMs = request.readTimeoutMs ?? this.#timeoutMs;
    try {
      const head = writeRequestHead(request, this.#host);
      atTurnEnd(() => this.#write(exchange, head, request));
    } catch (error) {
      exchange.fail(error as UpstreamError);
      this.#leave();
    }
    return exchange;
  }

  /** Ends the connection if it still carries `exchange`; it may carry another one by now. */
  abandon(exchange: Exchange): void {
    if (this.#exchange === exchange) this.#leave();
  }

  /** Ends it, whatever is under way. */
  destroy(): void {
    this.#leave();
  }

  #write(exchange: Exchange, head: string, { body, contentLength }: UpstreamRequest): void {
    // Given up, or the server has closed.
    if (this.#exchange !== exchange) return;
    const socket = this.#socket;
    exchange.isSent = body === null || Buffer.isBuffer(body);
    if (Buffer.isBuffer(body)) socket.write(Buffer.concat([Buffer.from(head, 'latin1'), body]));
    else socket.write(head, 'latin1');
    // A write that fails at once has written nothing: the server had closed before.
    exchange.isUnwritten = socket.errored !== null;
    if (!exchange.isSent && !exchange.isUnwritten) void this.#sendStream(exchange, body as AsyncIterable<Buffer>, contentLength);
  }

  async #sendStream(exchange: Exchange, body: AsyncIterable<Buffer>, length: number | undefined): Promise<void> {
    const socket = this.#socket;
    let left = length ?? Number.POSITIVE_INFINITY;
    try {
      for await (const part of body) {
        // Answered before all was sent, or cut off.
        if (this.#exchange !== exchange) return;
        left -= part.length;
        if (left < 0) break;
        this.#silentMs = 0;
        if (length === undefined && part.length > 0) socket.write(`${part.length.toString(16)}\r\n`, 'latin1');
        const mayGoOn = part.length === 0 || socket.write(part);
        if (length === undefined && part.length > 0) socket.write('\r\n', 'latin1');
        if (!mayGoOn && !socket.destroyed) await this.#drained();
      }
      if (this.#exchange !== exchange) return;
      if (length !== undefined && left !== 0) throw new Error('The body is not as long as it says.');
      if (length === undefined) socket.write('0\r\n\r\n', 'latin1');
      exchange.isSent = true;
      // From now on it is the server that is waited for.
      this.#silentMs = 0;
      this.#freeIfDone(exchange);
    } catch (cause) {
      this.#fail(new UpstreamError('abandoned', 'The body of the request ended early.', cause));
      this.#leave();
    }
  }

  /** Waits until more may be written, or nothing can be any more. */
  #drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#onDrain = resolve;
    });
  }

  #read(bytes: Buffer): void {
    const exchange = this.#exchange;
    this.#silentMs = 0;
    // An answer that nobody asked for must not become the answer to the next request.
    if (exchange === undefined || exchange.isUnwritten) {
      this.#fail(new UpstreamError('cut', 'The API answered before it was asked.'));
      return void this.#leave();
    }
    try {
      const surplus = exchange.read(bytes);
      if (surplus.length > 0) this.#leave();
      this.#freeIfDone(exchange);
    } catch (error) {
      this.#fail(error as UpstreamError);
      this.#leave();
    }
  }

  #freeIfDone(exchange: Exchange): void {
    if (!exchange.isWhole || this.#exchange !== exchange) return;
    this.#exchange = undefined;
    const { head } = exchange;
    this.#keepMs = head?.idleMs === undefined ? idleMs : head.idleMs - idleMarginMs;
    if (!exchange.isSent || head?.isKeptAlive !== true || this.#keepMs <= 0) return void this.#leave();
    this.isUsed = true;
    if (this.#keepMs < this.#stepMs) this.#waitStep(this.#keepMs);
    // Reading goes on: so it is seen when the server closes it.
    this.#socket.resume();
    if (this.isUsable) this.#owner.onFree(this);
  }

  #waitStep(ms: number): void {
    this.#stepMs = ms;
    this.#socket.setTimeout(ms);
  }

  /** Whether the connection stays open for the answer although the rest of the request cannot be sent. */
  #hearsOut(error: NodeJS.ErrnoException): boolean {
    const exchange = this.#exchange;
    if (error.syscall !== 'write' || this.#unsendable !== undefined) return false;
    if (exchange === undefined || exchange.isSent || exchange.isUnwritten) return false;
    this.#unsendable = error;
    this.#waitStep(lastWordsMs);
    return true;
  }

  /** For one step nothing was read or written; Node starts the time again with each read and write. */
  #onSilentStep(): void {
    if (this.#unsendable !== undefined && !this.#socket.isPaused()) return void this.#endHearing(this.#unsendable);
    this.#silentMs += this.#stepMs;
    const leftMs = this.#patienceMs - this.#silentMs;
    if (leftMs <= 0) this.#onSilence();
    else this.#waitStep(Math.min(leftMs, silentStepMs));
  }

  /** How long it may be silent as it stands now, ms. */
  get #patienceMs(): number {
    if (this.#exchange === undefined) return this.#keepMs;
    // Before the whole request is sent, and while the answer is not taken, it is not the server that is waited for.
    return this.#exchange.isSent && !this.#socket.isPaused() ? this.#readTimeoutMs : this.#timeoutMs;
  }

  /** After a failed write Node does not tell that the server has ended the connection, which is how some answers end. */
  #endHearing(error: NodeJS.ErrnoException): void {
    // Linux says EPIPE where the server had ended it before it reset it, else ECONNRESET.
    if (error.code === 'EPIPE' && this.#exchange?.head?.framing.kind === 'until-close') this.#exchange.closed();
    this.#socket.destroy(error);
  }

  #onSilence(): void {
    // The program takes nothing of the answer. Without an end to that, it would keep the connection from all others.
    const isUntaken = this.#exchange !== undefined && this.#socket.isPaused();
    this.#fail(
      isUntaken
        ? new UpstreamError('untaken', 'The program took nothing of the answer for too long.')
        : new UpstreamError('silent', 'The API was silent for too long.'),
    );
    this.#leave();
  }

  /** Ends the connection and takes it out of its pool. */
  #leave(): void {
    this.#socket.destroy();
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#owner.onGone(this);
  }

  #fail(error: UpstreamError): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.fail(error);
  }
}

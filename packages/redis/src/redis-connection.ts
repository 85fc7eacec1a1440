import type { Timer } from '@evertoken/client';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { firstWordOf, RedisStoreError } from './redis-store-error.ts';
import { type CheckedOptions, checkTls } from './redis-store-options.ts';
import { type ScriptCommands, scripts } from './scripts.ts';

/** Longest pause between two attempts to connect. */
const RECONNECT_MS = 2_000;
/** A connection on which an answer is owed for so long is given up. */
const SILENCE_MS = 5_000;
/** How often who listens is answered something: nothing else may come for hours, and what stands in between may keep a connection open that leads nowhere. */
const LOOK_EVERY_MS = 30_000;

type Client = (Redis | Cluster) & ScriptCommands;
/** How replies are mapped is said by each client's type. */
type Options = Omit<RedisOptions, 'replyMapping'>;

/** What is done with a channel. */
interface Listening {
  readonly channel: string;
  readonly hear: (message: string) => void;
  /** Nothing was heard for some time. */
  readonly onGap: () => void;
}

/** The connections to Redis: one for commands, and one that listens as soon as somebody watches. Made anew for ever, until closed. */
export class RedisConnection {
  readonly #options: CheckedOptions;
  readonly #client: Client;
  #subscriber: Client | undefined;
  #look: Timer | undefined;
  #wanted: Listening | undefined;
  #isProving = false;
  /** There was a time since `listen` in which nothing could be heard. */
  #hasMissed = false;
  #failure: NodeJS.ErrnoException | undefined;
  #isClosed = false;

  constructor(options: CheckedOptions) {
    this.#options = options;
    this.#client = this.#connect();
    this.#client.on('ready', () => {
      // What kept it from being made is over.
      this.#failure = undefined;
      // Who wanted to listen while Redis was away does so when it is back, though nothing else is asked of it.
      void this.#listenIfProven();
    });
  }

  /** Ends when the connection is ready, or `connectTimeoutMs` have passed. */
  async ready(): Promise<void> {
    const client = this.#client;
    await this.#within(
      this.#options.connectTimeoutMs,
      new Promise<void>((resolve) => {
        if (client.status === 'ready') resolve();
        else client.once('ready', () => resolve());
      }),
    ).catch(() => undefined);
  }

  /**
   * The answer to a command.
   * @throws {RedisStoreError} within `commandTimeoutMs`.
   */
  async ask<T>(command: (client: Client) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new RedisStoreError('closed', 'The store was closed.');
    try {
      const answer = await this.#within(this.#options.commandTimeoutMs, command(this.#client));
      this.#failure = undefined;
      void this.#listenIfProven();
      return answer;
    } catch (error) {
      throw RedisStoreError.from(error, this.#failure);
    }
  }

  /** Calls `hear` with each message of the channel from now on, and `onGap` whenever it hears again after a connection that was cut or could not be had. */
  listen(listening: Listening): void {
    this.#wanted ??= listening;
    void this.#listenIfProven();
  }

  /**
   * Listens to `channel` once, on a connection of its own, and leaves it: what refuses that would only have news come late, and nobody would be told.
   * @throws {RedisStoreError}
   */
  async tryListening(channel: string): Promise<void> {
    const { connectTimeoutMs, commandTimeoutMs } = this.#options;
    const trial = this.#connect();
    try {
      await this.#within(connectTimeoutMs + commandTimeoutMs, trial.subscribe(channel));
    } catch (error) {
      throw RedisStoreError.from(error, this.#failure);
    } finally {
      trial.disconnect();
    }
  }

  /** The keys that begin with `prefix`, on all nodes that hold any, in batches. */
  async *keys(pattern: string): AsyncGenerator<readonly string[]> {
    const client = this.#client;
    for (const node of client instanceof Cluster ? client.nodes('master') : [client as Redis]) {
      let cursor = '0';
      do {
        const [next, keys] = await this.ask(() => node.scan(cursor, 'MATCH', pattern, 'COUNT', 200));
        yield keys;
        cursor = next;
      } while (cursor !== '0');
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#look?.cancel();
    this.#client.disconnect();
    this.#subscriber?.disconnect();
  }

  /** Listens once the other side has proved to be Redis: ioredis breaks off the process where a subscription is answered by nonsense. */
  async #listenIfProven(): Promise<void> {
    const wanted = this.#wanted;
    if (wanted === undefined || this.#subscriber !== undefined || this.#isProving || this.#isClosed) return;
    this.#isProving = true;
    const answer: unknown = await this.#within(this.#options.commandTimeoutMs, this.#client.ping()).catch(() => undefined);
    this.#isProving = false;
    if (answer !== 'PONG') this.#hasMissed = true;
    if (answer !== 'PONG' || this.#isClosed) return;
    const subscriber = this.#connect();
    this.#subscriber = subscriber;
    subscriber.on('message', (_channel: string, message: string) => wanted.hear(message));
    subscriber.on('close', () => {
      this.#hasMissed = true;
    });
    // With each new connection anew.
    subscriber.on('ready', () => {
      void subscriber.subscribe(wanted.channel).then(
        () => {
          if (this.#hasMissed) wanted.onGap();
          this.#hasMissed = false;
        },
        () => undefined,
      );
    });
    // That of a cluster cannot be asked: there the kernel's probes are all.
    if (subscriber instanceof Redis) this.#lookLater(subscriber);
  }

  /** Has an answer owed each while: where it does not come, the connection is given up and made anew. */
  #lookLater(subscriber: Redis): void {
    this.#look = this.#options.clock.setTimer(() => {
      this.#lookLater(subscriber);
      if (subscriber.status === 'ready') void subscriber.ping().catch(() => undefined);
    }, LOOK_EVERY_MS);
  }

  #connect(): Client {
    const client = this.#newClient();
    client.on('error', (error: NodeJS.ErrnoException) => {
      this.#failure = error;
    });
    // Its failure is told as an event.
    void client.connect().catch(() => undefined);
    return client as Client;
  }

  #newClient(): Redis | Cluster {
    const { place, username, password, tls, connectTimeoutMs } = this.#options;
    const retry = (times: number): number => Math.min(RECONNECT_MS, 50 * 2 ** Math.min(times, 10));
    const common: Options = {
      // Spoken by every server and every proxy in between.
      protocol: 2,
      lazyConnect: true,
      disableClientInfo: true,
      connectionName: 'evertoken',
      connectTimeout: Math.max(connectTimeoutMs, 1_000),
      socketTimeout: SILENCE_MS,
      keepAlive: 10_000,
      maxRetriesPerRequest: 1,
      autoResubscribe: false,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      ...(tls !== undefined && { tls }),
      // What was the primary is a replica now: the new one is found by connecting anew.
      reconnectOnError: (error) => firstWordOf(error) === 'READONLY',
    };
    if (place.cluster !== undefined) {
      return new Cluster(
        place.cluster.map(({ host, port = 6379 }) => ({ host, port })),
        {
          scripts: { ...scripts },
          lazyConnect: true,
          clusterRetryStrategy: retry,
          maxRedirections: 5,
          retryDelayOnFailover: 50,
          retryDelayOnClusterDown: 50,
          slotsRefreshTimeout: 1_000,
          redisOptions: common,
        },
      );
    }
    const single: Options = { ...common, scripts: { ...scripts }, retryStrategy: retry };
    if (place.url !== undefined) return new Redis(place.url, single);
    const { name, nodes, ...sentinel } = place.sentinel as NonNullable<typeof place.sentinel>;
    const sentinelTls = checkTls('sentinel.tls', sentinel.tls);
    return new Redis({
      ...single,
      name,
      sentinels: nodes.map(({ host, port = 26379 }) => ({ host, port })),
      sentinelRetryStrategy: retry,
      ...(sentinel.username !== undefined && { sentinelUsername: sentinel.username }),
      ...(sentinel.password !== undefined && { sentinelPassword: sentinel.password }),
      ...(sentinelTls !== undefined && { sentinelTLS: sentinelTls, enableTLSForSentinelMode: true }),
    });
  }

  #within<T>(ms: number, work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const late = new RedisStoreError('timeout', `Redis did not answer within ${ms} ms.`);
      const timer = this.#options.clock.setTimer(() => reject(late), ms);
      work.then(resolve, reject).finally(() => timer.cancel());
    });
  }
}

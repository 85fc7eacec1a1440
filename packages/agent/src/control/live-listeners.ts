import {
  formatListenAddress,
  judgeListenAddress,
  type ListenAddress,
  type ListenerOptions,
  type Listeners,
  openListeners,
} from '@evertoken/service';
import type { AgentConfig } from '../config/agent-config.ts';

/** What an address is for: programs that want tokens, or metrics alone. */
type Purpose = 'programs' | 'metrics';

/** The parts of a config that say where an agent listens, and by which names it is reached there. */
type ListenConfig = Pick<AgentConfig, 'listen' | 'metricsListen' | 'allowRemote' | 'hosts'>;

/** An address as the config has it. */
interface Place {
  readonly purpose: Purpose;
  readonly configured: ListenAddress;
}

/** One of them, and what listens there. */
interface Entry extends Place {
  readonly listeners: Listeners;
}

/** An address that was closed to make room and cannot be had again. */
export interface LostAddress {
  readonly url: string;
  readonly error: unknown;
}

/** The change from the present addresses to others, in steps. */
export interface ListenersChange {
  /** Texts of the addresses that are new, and of those that will be gone. */
  readonly opened: readonly string[];
  readonly closed: readonly string[];
  /** Whether the agent is reached by other names, so that those that stay open want a new certificate of the local CA. */
  readonly isRenamed: boolean;
  /**
   * Opens the new addresses while the present ones stay open. Where a new address needs the port of one that goes, the old one is closed first, once all other
   * addresses are open. A unix socket takes the path of one that goes in one step, so that at no moment nobody listens there.
   * @throws {ServiceError} as `openListeners` does; then call `rollback`.
   */
  open(): Promise<void>;
  /** Makes the new addresses the present ones. Those that go take no more connections and close when their requests have ended, within 10 s. */
  commit(): void;
  /** Closes the new addresses and opens again those that were closed for them. Answers those that cannot be opened again; the next change tries them. */
  rollback(): Promise<readonly LostAddress[]>;
}

/** Listeners whose addresses may change while they run. The listener of an address that stays is never closed. */
export class LiveListeners {
  readonly #options: Omit<ListenerOptions, 'handler' | 'allowRemote' | 'names' | 'takesOver'>;
  readonly #handlers: Readonly<Record<Purpose, ListenerOptions['handler']>>;
  #entries: readonly Entry[] = [];
  #allowRemote = false;
  #hosts: readonly string[] = [];
  readonly #leaving = new Set<Promise<void>>();

  constructor(
    handlers: Readonly<Record<Purpose, ListenerOptions['handler']>>,
    options: Omit<ListenerOptions, 'handler' | 'allowRemote' | 'names' | 'takesOver'>,
  ) {
    this.#handlers = handlers;
    this.#options = options;
  }

  /** Those for programs, in the order of the config, with actual ports. */
  get addresses(): readonly ListenAddress[] {
    return this.#of('programs').flatMap(({ listeners }) => listeners.addresses);
  }

  get urls(): readonly string[] {
    return this.#of('programs').flatMap(({ listeners }) => listeners.urls);
  }

  /** Those for metrics alone. */
  get metricsUrls(): readonly string[] {
    return this.#of('metrics').flatMap(({ listeners }) => listeners.urls);
  }

  /** Opens all of them, or none. @throws {ServiceError} as `openListeners` does. */
  async open(config: ListenConfig): Promise<void> {
    const change = this.change(config);
    try {
      await change.open();
    } catch (error) {
      await change.rollback();
      throw error;
    }
    change.commit();
  }

  /** The change to the addresses of `config`. Nothing happens before its `open` is called. */
  change({ listen, metricsListen, allowRemote, hosts }: ListenConfig): ListenersChange {
    const gone = [...this.#entries];
    const next = [...placesOf('metrics', metricsListen), ...placesOf('programs', listen)].map((place): Place | Entry => {
      const index = gone.findIndex((entry) => isSame(entry, place));
      return gone.splice(index, index === -1 ? 0 : 1)[0] ?? place;
    });
    const wanted = next.filter((place) => !('listeners' in place));
    const inTheWay = gone.filter((entry) => wanted.some((place) => isAtSamePlace(place, entry)));
    const opened: Entry[] = [];
    /** Those in the way that have been closed, or have lost their place. */
    const left: Entry[] = [];
    const hostsBefore = this.#hosts;
    return {
      isRenamed: hosts.join() !== hostsBefore.join(),
      get opened() {
        return opened.flatMap(({ listeners }) => listeners.urls);
      },
      closed: gone.flatMap(({ listeners }) => listeners.urls),
      open: async () => {
        this.#hosts = hosts;
        for (const { configured } of wanted) await judgeListenAddress(configured, { ...this.#options, names: this.#names, allowRemote });
        const formerOf = (place: Place): Entry | undefined => inTheWay.find((entry) => isAtSamePlace(place, entry));
        const leave = (entry: Entry): void => {
          left.push(entry);
          this.#leave(entry.listeners);
        };
        for (const place of wanted) if (formerOf(place) === undefined) opened.push(await this.#open(place, allowRemote));
        // Their ports are free at once; the requests under way end by themselves.
        for (const entry of inTheWay) if (!isSocket(entry)) leave(entry);
        for (const place of wanted) {
          const former = formerOf(place);
          if (former === undefined) continue;
          opened.push(await this.#open(place, allowRemote, { takesOver: isSocket(former) }));
          if (isSocket(former)) leave(former);
        }
      },
      commit: () => {
        this.#allowRemote = allowRemote;
        this.#entries = next.flatMap((place) => ('listeners' in place ? [place] : opened.filter((entry) => isSame(entry, place))));
        for (const entry of gone) if (!inTheWay.includes(entry)) this.#leave(entry.listeners);
      },
      rollback: async () => {
        this.#hosts = hostsBefore;
        // A socket gets its place back in one step too; ports have to be free first.
        const lost = await this.#reopen(left.filter(isSocket), { takesOver: true });
        await Promise.all(opened.map(({ listeners }) => listeners.close({ graceMs: 0 })));
        return [...lost, ...(await this.#reopen(left.filter((entry) => !isSocket(entry))))];
      },
    };
  }

  /** Asks for the certificate of each https address again. @throws {ServiceError} `certificate_invalid` */
  async renewCertificates(): Promise<void> {
    for (const { listeners } of this.#entries) await listeners.renewCertificates();
  }

  /** Takes no more connections and waits, at most `graceMs` (default 10 000), for the requests under way. */
  async close(options: { graceMs?: number } = {}): Promise<void> {
    await Promise.all([...this.#entries.map(({ listeners }) => listeners.close(options)), ...this.#leaving]);
  }

  /** `hosts` as a certificate names them. */
  readonly #names = (): readonly string[] => this.#hosts.map((host) => host.replace(/^\[(.*)\]$/, '$1'));

  #of(wanted: Purpose): readonly Entry[] {
    return this.#entries.filter(({ purpose }) => purpose === wanted);
  }

  async #open({ purpose, configured }: Place, allowRemote: boolean, how: Pick<ListenerOptions, 'takesOver'> = {}): Promise<Entry> {
    const options = { ...this.#options, ...how, handler: this.#handlers[purpose], names: this.#names, allowRemote };
    return { purpose, configured, listeners: await openListeners([configured], options) };
  }

  async #reopen(entries: readonly Entry[], how: Pick<ListenerOptions, 'takesOver'> = {}): Promise<readonly LostAddress[]> {
    const lost: LostAddress[] = [];
    for (const entry of entries) {
      let again: readonly Entry[] = [];
      try {
        again = [await this.#open(entry, this.#allowRemote, how)];
      } catch (error) {
        lost.push({ url: formatListenAddress(entry.configured), error });
      }
      this.#entries = this.#entries.flatMap((one) => (one === entry ? again : [one]));
    }
    return lost;
  }

  #leave(listeners: Listeners): void {
    const leaving = listeners.close().finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }
}

function placesOf(purpose: Purpose, addresses: readonly ListenAddress[]): Place[] {
  return addresses.map((configured) => ({ purpose, configured }));
}

function isSame(one: Place, other: Place): boolean {
  return one.purpose === other.purpose && formatListenAddress(one.configured) === formatListenAddress(other.configured);
}

function isSocket({ configured }: Place): boolean {
  return configured.kind === 'unix';
}

function isAtSamePlace({ configured: one }: Place, { configured: other }: Place): boolean {
  if (one.kind === 'unix' || other.kind === 'unix')
    return one.kind === other.kind && 'path' in one && 'path' in other && one.path === other.path;
  return one.port !== 0 && one.port === other.port;
}

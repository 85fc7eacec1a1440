import { formatListenAddress, type ListenAddress, type ListenerOptions, type Listeners, openListeners } from '@evertoken/service';

/** One address as the config has it, and what listens there. */
interface Entry {
  readonly configured: ListenAddress;
  readonly listeners: Listeners;
}

/** Addresses that have been opened beside those that stand, and wait to take over. */
export interface PreparedListeners {
  /** Texts of the addresses that are new, and of those that will be gone. */
  readonly opened: readonly string[];
  readonly closed: readonly string[];
  /** Goes by the new addresses; those that are gone take no more connections and end when their requests have, within 10 s. */
  commit(): void;
  /** Closes the new ones again. */
  rollback(): Promise<void>;
}

/** Listeners whose addresses may change while they run: one that stays is never closed. */
export class LiveListeners {
  readonly #options: ListenerOptions;
  #entries: readonly Entry[] = [];
  readonly #leaving = new Set<Promise<void>>();

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  /** In the order of the config, with actual ports. */
  get addresses(): readonly ListenAddress[] {
    return this.#entries.flatMap(({ listeners }) => listeners.addresses);
  }

  get urls(): readonly string[] {
    return this.#entries.flatMap(({ listeners }) => listeners.urls);
  }

  /**
   * Opens what of `addresses` is not open yet. Where a new one takes the port or path of one that goes, that one is closed first, and opened again by a
   * rollback.
   * @throws {ServiceError} as `openListeners` does; all stands as it stood then.
   */
  async prepare(addresses: readonly ListenAddress[], { allowRemote }: { allowRemote: boolean }): Promise<PreparedListeners> {
    const options = { ...this.#options, allowRemote };
    const gone = [...this.#entries];
    const next: (Entry | ListenAddress)[] = addresses.map((address) => {
      const index = gone.findIndex(({ configured }) => formatListenAddress(configured) === formatListenAddress(address));
      return index === -1 ? address : (gone.splice(index, 1)[0] ?? address);
    });
    const wanted = next.filter((one): one is ListenAddress => 'kind' in one);
    const inTheWay = gone.filter(({ configured }) => wanted.some((address) => isSamePlace(address, configured)));
    // Their ports and paths are free at once; the requests under way end by themselves.
    for (const { listeners } of inTheWay) this.#leave(listeners);
    const opened: Entry[] = [];
    const rollback = async (): Promise<void> => {
      await Promise.all(opened.map(({ listeners }) => listeners.close({ graceMs: 0 })));
      for (const { configured } of inTheWay) {
        const again = { configured, listeners: await openListeners([configured], options) };
        this.#entries = this.#entries.map((entry) => (entry.configured === configured ? again : entry));
      }
    };
    try {
      for (const configured of wanted) opened.push({ configured, listeners: await openListeners([configured], options) });
    } catch (error) {
      await rollback();
      throw error;
    }
    return {
      opened: opened.flatMap(({ listeners }) => listeners.urls),
      closed: gone.flatMap(({ listeners }) => listeners.urls),
      commit: () => {
        this.#entries = next.flatMap((one) => ('kind' in one ? opened.filter(({ configured }) => configured === one) : [one]));
        for (const entry of gone) if (!inTheWay.includes(entry)) this.#leave(entry.listeners);
      },
      rollback,
    };
  }

  /** Asks for the certificate of each https address again. @throws {ServiceError} `certificate_invalid` */
  async renewCertificates(): Promise<void> {
    for (const { listeners } of this.#entries) await listeners.renewCertificates();
  }

  /** Takes no more connections and waits, at most 10 s, for the requests under way. */
  async close(): Promise<void> {
    await Promise.all([...this.#entries.map(({ listeners }) => listeners.close()), ...this.#leaving]);
  }

  #leave(listeners: Listeners): void {
    const leaving = listeners.close().finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }
}

function isSamePlace(one: ListenAddress, other: ListenAddress): boolean {
  if (one.kind === 'unix' || other.kind === 'unix')
    return one.kind === other.kind && 'path' in one && 'path' in other && one.path === other.path;
  return one.port !== 0 && one.port === other.port;
}
